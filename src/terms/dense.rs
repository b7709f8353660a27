//! Scripts without spaces: Chinese, Japanese, Thai, Lao, Khmer, Burmese and others; and Korean, which bends its words.
//!
//! A run of such text gives all pairs of neighbouring units, where a unit is a letter with its marks. That takes no dictionary,
//! so an index and a query agree whatever made them, and a word of two units or more is found inside any run.

/// Characters of these scripts.
pub(super) fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' | '\u{a9e0}'..='\u{a9ff}' | '\u{aa60}'..='\u{aa7f}' // Burmese
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{1950}'..='\u{19df}' | '\u{1a20}'..='\u{1aaf}' | '\u{aa80}'..='\u{aadf}' // Tai scripts
        | '\u{1b00}'..='\u{1b7f}' | '\u{a980}'..='\u{a9df}' // Balinese, Javanese
        | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3035}' | '\u{303b}' // Marks that repeat ideographs, numerals
        | '\u{3040}'..='\u{30ff}' | '\u{3100}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}' // Kana, Bopomofo
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' // Ideographs
        | '\u{a000}'..='\u{a4cf}' // Yi
        | '\u{ac00}'..='\u{d7af}') // Hangul
}

/// Calls `emit` with the pairs of a run; a run of one unit is itself a term.
pub(super) fn pairs(run: &str, emit: &mut impl FnMut(&str)) {
    let starts = unit_starts(run);
    if starts.len() == 1 {
        emit(run);
    }
    let ends = starts.iter().skip(2).copied().chain([run.len()]);
    for (start, end) in starts.iter().zip(ends).take(starts.len() - 1) {
        emit(&run[*start..end]);
    }
}

/// Whether a term is one unit of such a script.
pub fn is_one_letter(term: &str) -> bool {
    term.starts_with(is_dense) && unit_starts(term).len() == 1
}

/// Where the units of a run start. Vowels that Thai and Lao write before a consonant, and signs that stack two, join what
/// comes next.
fn unit_starts(run: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut joins = false;
    for (place, c) in run.char_indices() {
        if place == 0 || !(joins || is_dependent(c)) {
            starts.push(place);
        }
        joins = matches!(c, '\u{e40}'..='\u{e44}' | '\u{ec0}'..='\u{ec4}' | '\u{1039}' | '\u{17d2}');
    }
    starts
}

/// Marks and vowels that stand with the letter before.
fn is_dependent(c: char) -> bool {
    matches!(c,
        '\u{e30}'..='\u{e3a}' | '\u{e45}' | '\u{e47}'..='\u{e4e}' | '\u{eb0}'..='\u{ebc}' | '\u{ec8}'..='\u{ece}'
        | '\u{102b}'..='\u{103e}' | '\u{1056}'..='\u{1059}' | '\u{1062}'..='\u{1064}' | '\u{1067}'..='\u{106d}'
        | '\u{1071}'..='\u{1074}' | '\u{1082}'..='\u{108d}' | '\u{17b4}'..='\u{17d3}' | '\u{17dd}'
        | '\u{1a55}'..='\u{1a7f}' | '\u{1b34}'..='\u{1b44}' | '\u{a9b3}'..='\u{a9c0}' | '\u{aab0}'..='\u{aabf}'
        | '\u{3099}' | '\u{309a}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_letters_with_their_marks() {
        let check = |run: &str, expected: &[&str]| {
            let mut starts = unit_starts(run);
            starts.push(run.len());
            let units: Vec<&str> = starts.windows(2).map(|ends| &run[ends[0]..ends[1]]).collect();
            assert_eq!(units, expected);
        };
        check("รถไฟ", &["ร", "ถ", "ไฟ"]);
        check("ตั๋วปลา", &["ตั๋", "ว", "ป", "ลา"]);
        check("ປຶ້ມເກົ່າ", &["ປຶ້", "ມ", "ເກົ່າ"]);
        check("ភ្នំពេញ", &["ភ្នំ", "ពេ", "ញ"]);
        check("မန္တလေး", &["မ", "န္တ", "လေး"]);
        check("テ\u{3099}ータ", &["テ\u{3099}", "ー", "タ"]);
        check("수영", &["수", "영"]);
    }
}
