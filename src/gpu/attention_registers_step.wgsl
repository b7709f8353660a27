// One key and its value, from the arrays @keys and @values.
        let at = key * G * E + kv;
        var score = 0.0;
        for (var c = 0u; c < E; c++) {
            score += dot(query[c], @keys[at + c]);
        }
        if (score > best) {
            let shrink = exp(best - score);
            best = score;
            total *= shrink;
            for (var c = 0u; c < E; c++) {
                sum[c] *= shrink;
            }
        }
        let share = exp(score - best);
        total += share;
        for (var c = 0u; c < E; c++) {
            sum[c] += share * @values[at + c];
        }
