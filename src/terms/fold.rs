//! Text as people may also write it: lower case, without accents, width, ligatures or points, in one normal form.
//!
//! The table is made by `build.rs`; it has the characters for which lower case is not enough. A few scripts keep marks,
//! because theirs are vowels and tones; Hangul is composed to syllables and all other text decomposed.

use std::{borrow::Cow, sync::LazyLock};

use crate::format::Reader;

static TABLE: LazyLock<Table> = LazyLock::new(Table::read);

/// Folds text, so that two ways to write the same words are the same bytes.
///
/// ```
/// # use skillrouter::terms::fold;
/// assert_eq!(fold("Ｏ\u{308}ffentlicher"), fold("offentlicher"));
/// assert_eq!(fold("STRASSE"), fold("Straße"));
/// ```
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match TABLE.find(c) {
            _ if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            Some(known) => known.chars().for_each(|c| push(&mut folded, c)),
            None => c.to_lowercase().for_each(|c| push(&mut folded, c)),
        }
    }
    Cow::Owned(folded)
}

/// Whether a character of folded text belongs to a word: letters, digits, and the marks that folding keeps.
pub fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || !c.is_ascii() && TABLE.find(c).is_some_and(|known| known.chars().eq([c]))
}

/// Appends a character; a letter of Hangul joins the one before to a syllable, as in Unicode 3.12.
fn push(text: &mut String, c: char) {
    const SYLLABLES: u32 = 0xac00;
    let joined = text.chars().next_back().and_then(|last| match (last as u32, c as u32) {
        (l @ 0x1100..0x1113, v @ 0x1161..0x1176) => Some(SYLLABLES + ((l - 0x1100) * 21 + v - 0x1161) * 28),
        (lv @ SYLLABLES..0xd7a4, t @ 0x11a8..0x11c3) if (lv - SYLLABLES).is_multiple_of(28) => Some(lv + t - 0x11a7),
        _ => None,
    });
    if joined.is_some() {
        text.pop();
    }
    text.push(joined.and_then(char::from_u32).unwrap_or(c));
}

/// What becomes of characters.
struct Table {
    /// Sorted, each with the end of its text; it starts where that of the one before ends.
    entries: Vec<(char, u32)>,
    text: String,
}

impl Table {
    fn read() -> Table {
        let bytes = include_bytes!(concat!(env!("OUT_DIR"), "/fold.bin"));
        let bytes = miniz_oxide::inflate::decompress_to_vec(bytes).expect("build.rs packed it");
        let mut reader = Reader::new("fold.bin", &bytes);
        let mut next = || reader.varint().expect("build.rs wrote it") as u32;
        let char = |value: u32| char::from_u32(value).expect("build.rs read it from a character");
        let n = next();
        let mut c = 0;
        let chars: Vec<char> = (0..n)
            .map(|_| {
                c += next();
                char(c)
            })
            .collect();
        let lengths: Vec<u32> = (0..n).map(|_| next()).collect();
        let mut table = Table { entries: Vec::with_capacity(chars.len()), text: String::new() };
        let mut part = 0;
        for (c, length) in chars.into_iter().zip(lengths) {
            for _ in 0..length {
                let step = next();
                part = (part as i32 + ((step >> 1) as i32 ^ -((step & 1) as i32))) as u32;
                table.text.push(char(part));
            }
            table.entries.push((c, table.text.len() as u32));
        }
        table
    }

    fn find(&self, c: char) -> Option<&str> {
        let place = self.entries.binary_search_by_key(&c, |entry| entry.0).ok()?;
        let start = if place == 0 { 0 } else { self.entries[place - 1].1 };
        Some(&self.text[start as usize..self.entries[place].1 as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_to_write_a_word_are_one() {
        let ways: [&[&str]; 16] = [
            &["offentlicher", "öffentlicher", "o\u{308}ffentlicher", "ÖFFENTLICHER"],
            &["strasse", "Straße", "STRASSE", "STRAẞE"],
            &["istanbul", "İstanbul", "ISTANBUL", "ıstanbul", "I\u{307}stanbul"],
            &["οδος", "ΟΔΟΣ", "οδός", "ὁδός"],
            &["dat ve tau hoa", "đặt vé tàu hỏa", "đặt vé tàu hỏa"],
            &["lodz", "Łódź"],
            &["pdf", "ＰＤＦ", "ｐｄｆ", "𝐏𝐃𝐅"],
            &["c++ #1", "Ｃ＋＋ ＃１"],
            &["データ", "ﾃﾞｰﾀ", "テ\u{3099}ータ"],
            &["한국어", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}\u{110b}\u{1165}"],
            &["يحسب", "يَحسُب", "يحـسب", "ﻳﺤﺴﺐ"],
            &["می\u{200c}خواهم", "ميخواهم"],
            &["שלום", "שָׁלוֹם"],
            &["еще", "ЕЩЁ", "еще\u{308}"],
            &["filet co-op", "ﬁlet co\u{ad}-op"],
            &["हिन्दी १२", "हिन्दी 12"],
        ];
        for ways in ways {
            for way in ways {
                assert_eq!(fold(way), fold(ways[0]), "{way}");
            }
        }
        assert_eq!(fold("Straße ÅNGSTRÖM Đạt"), "strasse angstrom dat");
    }

    #[test]
    fn marks_that_are_vowels_and_tones_stay() {
        for (one, other) in [("か", "が"), ("ตัว", "ตั๋ว"), ("कि", "की"), ("ක", "ක්")] {
            assert_ne!(fold(one), fold(other));
        }
        assert!(fold("ตั๋ว हिन्दी").chars().all(|c| c == ' ' || is_of_word(c)));
        assert!(!fold("a™ b½ – «»、。๏").chars().any(|c| "™–«»、。๏⁄".contains(c) && is_of_word(c)));
    }

    #[test]
    fn folded_text_stays_as_it_is() {
        for c in '\u{0}'..='\u{2ffff}' {
            let folded = fold(c.encode_utf8(&mut [0; 4])).into_owned();
            assert_eq!(fold(&folded), folded, "{c} {:x}", c as u32);
        }
    }
}
