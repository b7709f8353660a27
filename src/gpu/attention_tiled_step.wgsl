// Some keys and their values, from the arrays @keys and @values: those from `start` on, of which the row sees `seen`.
        workgroupBarrier();
        for (var i = invocation; i < n_keys * E; i += 64u) {
            tile[i] = @keys[(start + i / E) * G * E + kv + i % E];
        }
        workgroupBarrier();
        for (var key = lane; key < n_keys; key += LANES) {
            var score = LOWEST;
            if (key >= seen.x && key < seen.y) {
                score = 0.0;
                for (var c = 0u; c < E; c++) {
                    score += dot(tile_q[local * E + c], tile[key * E + c]);
                }
            }
            tile_scores[local * KEYS + key] = score;
        }
        workgroupBarrier();
        for (var i = invocation; i < n_keys * E; i += 64u) {
            tile[i] = @values[(start + i / E) * G * E + kv + i % E];
        }
        var new_best = best;
        for (var key = 0u; key < n_keys; key++) {
            new_best = max(new_best, tile_scores[local * KEYS + key]);
        }
        let shrink = exp(best - new_best);
        best = new_best;
        total *= shrink;
        @shrink
        workgroupBarrier();
        for (var key = seen.x; key < min(seen.y, n_keys); key++) {
            let share = exp(tile_scores[local * KEYS + key] - best);
            total += share;
            @add
        }
