//! Small changes to bytes, texts and JSON, the kinds that break parsers: numbers at the ends of their ranges, parts that are
//! missing, doubled or elsewhere, and nesting.

use serde_json::{Value, json};

/// SplitMix64 (Steele, Lea and Flood 2014).
pub struct Random(u64);

impl Random {
    /// The numbers of one round.
    pub fn new(seed: u64, target: &str, round: u64) -> Random {
        let name = target.bytes().fold(0u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ name.rotate_left(32) ^ round << 1);
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// From 0 to `n` less one.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// True in one of `n` cases.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    pub fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Small more often than large.
    fn length(&mut self, max: usize) -> usize {
        let bits = self.below(usize::BITS as usize - max.leading_zeros() as usize + 1);
        self.below((1 << bits).min(max + 1))
    }
}

/// Numbers at the ends of ranges, as they lie in files.
const NUMBERS: [u64; 12] =
    [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 40, u64::MAX];

/// Changes some bytes.
pub fn bytes(random: &mut Random, sound: &[u8]) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    for _ in 0..1 + random.below(4) {
        change_bytes(random, &mut bytes);
    }
    bytes
}

fn change_bytes(random: &mut Random, bytes: &mut Vec<u8>) {
    // Heads say how long everything else is, so half of the changes are there.
    let reach = if random.one_in(2) { bytes.len().min(64) } else { bytes.len() };
    let place = random.below(reach);
    let end = place + random.length(bytes.len() - place);
    match random.below(9) {
        _ if bytes.is_empty() => bytes.push(random.next() as u8),
        0 => bytes[place] ^= 1 << random.below(8),
        1 => bytes[place] = random.next() as u8,
        2 => {
            let number = random.of(&NUMBERS).to_le_bytes();
            let n = (*random.of(&[1, 2, 4, 8])).min(bytes.len() - place);
            bytes[place..place + n].copy_from_slice(&number[..n]);
        }
        3 => drop(bytes.drain(place..end)),
        4 => bytes.truncate(place),
        5 => {
            let copy = bytes[place..end].to_vec();
            let at = random.below(bytes.len());
            bytes.splice(at..at, copy);
        }
        6 => {
            // A number of as many bytes as it likes.
            let n = random.below(12);
            bytes.splice(place..place, std::iter::repeat_n(0xff, n).chain([random.next() as u8]));
        }
        7 => {
            let n = random.length(1000);
            bytes.splice(place..place, (0..n).map(|_| random.next() as u8));
        }
        _ => {
            let other = random.below(bytes.len());
            bytes.swap(place, other);
        }
    }
}

/// Changes a text: words of its language come, go and are repeated, and sometimes bytes.
pub fn text(random: &mut Random, sound: &str, words: &[&str]) -> Vec<u8> {
    let mut text = sound.as_bytes().to_vec();
    for _ in 0..1 + random.below(6) {
        let place = random.below(text.len() + 1);
        match random.below(5) {
            0 => change_bytes(random, &mut text),
            1 => {
                // Deep nesting, long lines, many lines.
                let n = random.length(20_000);
                let word = random.of(words).as_bytes();
                text.splice(place..place, word.repeat(n.min(200_000 / word.len().max(1))));
            }
            2 => {
                let end = place + random.length(text.len() - place);
                text.drain(place..end);
            }
            _ => drop(text.splice(place..place, random.of(words).bytes())),
        }
    }
    text
}

/// Changes some places of a JSON object, which stays one.
pub fn json(random: &mut Random, sound: &Value) -> Value {
    let mut value = sound.clone();
    for _ in 0..1 + random.below(3) {
        change_json(random, &mut value, 0);
    }
    value
}

fn change_json(random: &mut Random, value: &mut Value, depth: usize) {
    let goes_down = depth == 0 || !random.one_in(4);
    match value {
        Value::Object(map) if !map.is_empty() && goes_down => {
            let key = map.keys().nth(random.below(map.len())).expect("it has so many").clone();
            match random.below(8) {
                0 => drop(map.remove(&key)),
                1 => {
                    let copy = map[&key].clone();
                    let other = map.keys().nth(random.below(map.len())).expect("it has so many").clone();
                    map.insert(other, copy);
                }
                _ => change_json(random, &mut map[&key], depth + 1),
            }
        }
        Value::Array(items) if !items.is_empty() && goes_down => {
            let place = random.below(items.len());
            match random.below(8) {
                0 => drop(items.remove(place)),
                1 => items.truncate(place),
                2 => {
                    let copy = items[place].clone();
                    items.extend(std::iter::repeat_n(copy, 1 + random.below(300)));
                }
                3 => {
                    let other = random.below(items.len());
                    items.swap(place, other);
                }
                _ => change_json(random, &mut items[place], depth + 1),
            }
        }
        Value::Number(number) if random.one_in(2) => {
            let number = number.as_f64().unwrap_or_default();
            let changed = *random.of(&[number + 1.0, number - 1.0, number * 2.0, number * 8.0, number / 2.0, -number]);
            *value =
                if changed.fract() == 0.0 && changed.abs() < 1e15 { json!(changed as i64) } else { json!(changed) };
        }
        Value::String(text) if random.one_in(2) => {
            let changed = bytes(random, text.as_bytes());
            *text = String::from_utf8_lossy(&changed).into_owned();
        }
        _ => *value = odd_value(random),
    }
}

fn odd_value(random: &mut Random) -> Value {
    let nested = |n: usize| (0..n).fold(json!([]), |inner, _| json!([inner]));
    match random.below(12) {
        0 => Value::Null,
        1 => json!(random.one_in(2)),
        2 => json!(-1),
        3 => json!(random.of(&[0.5, -0.0, 1e308, -1e308, 1e-320])),
        4 => json!(i64::MIN),
        5 => json!(""),
        6 => json!("é".repeat(random.length(50_000))),
        7 => json!([]),
        8 => json!({}),
        9 => nested(random.below(100)),
        _ => json!(random.of(&[0, 1, 2, 7, 8, 1 << 15, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 40, 1 << 53, u64::MAX])),
    }
}
