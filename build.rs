//! Writes the table that `src/terms/fold.rs` folds text by: what becomes of each character.
//!
//! A table made for this purpose takes 8 KB of a download; those of a library for all normal forms take 50.

use std::{env, fs, path::Path};

use unicode_normalization::char::{canonical_combining_class, decompose_compatible, is_combining_mark};

/// Letters that keyboards lack or mix up and that Unicode does not take apart: what people write for them.
const LETTERS: [(char, &str); 13] = [
    ('ø', "o"),
    ('ł', "l"),
    ('đ', "d"),
    ('ð', "d"),
    ('ħ', "h"),
    ('ŧ', "t"),
    ('æ', "ae"),
    ('œ', "oe"),
    ('þ', "th"),
    ('\u{640}', ""), // An Arabic stroke that only makes words longer.
    ('ى', "ي"),
    ('ی', "ي"),
    ('ک', "ك"),
];

/// The zeros of scripts with digits of their own: Arabic, Persian, Devanagari, Bengali, Thai.
const ZEROS: [u32; 5] = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let entries: Vec<(char, String)> = ('\u{80}'..='\u{2ffff}').filter_map(|c| Some((c, entry(c)?))).collect();
    let mut table = Vec::new();
    write_varint(&mut table, entries.len() as u32);
    let mut previous = 0;
    for (c, _) in &entries {
        write_varint(&mut table, *c as u32 - previous);
        previous = *c as u32;
    }
    for (_, folded) in &entries {
        write_varint(&mut table, folded.chars().count() as u32);
    }
    let mut previous = 0;
    for c in entries.iter().flat_map(|(_, folded)| folded.chars()) {
        let step = c as i32 - previous;
        write_varint(&mut table, (step << 1 ^ step >> 31) as u32);
        previous = c as i32;
    }
    let out = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join("fold.bin");
    fs::write(out, miniz_oxide::deflate::compress_to_vec(&table, 10)).expect("the folder is there");
}

/// What a character becomes, unless it stays, or only its case changes. Marks that are kept have an entry too, since they
/// belong to words and not all are alphabetic. Hangul syllables stay whole.
fn entry(c: char) -> Option<String> {
    let is_full_width = ('\u{ff01}'..='\u{ff5e}').contains(&c);
    let is_mark = is_combining_mark(c);
    if !(c.is_alphanumeric() || is_mark || is_full_width || is_ignorable(c)) || ('가'..='힣').contains(&c) {
        return None;
    }
    let folded = folded(c);
    let is_same = folded.chars().eq(c.to_lowercase());
    (!is_same || is_mark && !c.is_alphanumeric()).then_some(folded)
}

/// Compatibility decomposition, case folding, no marks that people leave out.
fn folded(c: char) -> String {
    if is_ignorable(c) {
        return String::new();
    }
    if let Some(zero) = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&(c as u32))) {
        return (c as u32 - zero).to_string();
    }
    // Full case folding is lower, upper and lower case again: "ẞ" becomes "ß", "SS" and "ss".
    let lower = decomposed(c).to_lowercase();
    let cased: String = lower.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    let mut folded = String::new();
    for c in cased.chars().flat_map(|c| decomposed(c).chars().collect::<Vec<_>>()) {
        match LETTERS.iter().find(|(letter, _)| *letter == c) {
            Some((_, written)) => folded.push_str(written),
            None => folded.push(c),
        }
    }
    folded
}

fn decomposed(c: char) -> String {
    let mut parts = String::new();
    decompose_compatible(c, |part| {
        if !is_optional(part) {
            parts.push(part);
        }
    });
    parts
}

/// Marks that people leave out: accents, points of Hebrew and Arabic, nukta. By their combining class; what is left are voiced
/// kana (8), viramas (9), and vowels and tones of Thai, Lao, Tibetan and Telugu (84 to 132).
fn is_optional(c: char) -> bool {
    matches!(canonical_combining_class(c), 1..=7 | 10..=36 | 200..) || matches!(c, '\u{20d0}'..='\u{20ff}')
}

/// Characters that show nothing: joiners, soft hyphens, directions, variation selectors.
fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

fn write_varint(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
