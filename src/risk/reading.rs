//! A line as a model reads it. Characters that are not shown are taken out, or spelled out where they spell something; letters
//! that look like ASCII become ASCII. The rules read this, so that no spelling hides a text from them.
//!
//! Honest uses change nothing: flags made of tags, joiners of Persian, Indic scripts and emoji, variants of emoji and
//! ideographs, soft hyphens within words.

use std::borrow::Cow;

/// A line, and what was found in it on the way.
pub struct Reading<'a> {
    /// What a model reads.
    pub text: Cow<'a, str>,
    /// Byte of `text` where characters stood that are not shown and that no writing needs.
    pub unseen: Option<usize>,
    /// Byte of `text` where a word begins that mixes Latin letters with look-alikes of other alphabets.
    pub look_alike: Option<usize>,
}

/// Reads a line.
pub fn read(line: &str) -> Reading<'_> {
    if line.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)) {
        return Reading { text: Cow::Borrowed(line), unseen: None, look_alike: None };
    }
    let chars: Vec<char> = line.chars().collect();
    let (mut text, mut unseen) = (String::with_capacity(line.len()), None);
    let mut place = 0;
    while let Some(&c) = chars.get(place) {
        let n_unseen = chars[place..].iter().take_while(|c| is_unseen(**c)).count();
        if n_unseen > 0 {
            let run = &chars[place..place + n_unseen];
            let before = place.checked_sub(1).map_or(' ', |before| chars[before]);
            let after = chars.get(place + n_unseen).copied().unwrap_or(' ');
            if !is_honest(before, run, after) {
                unseen.get_or_insert(text.len());
            }
            text.push_str(&spelled(run).unwrap_or_default());
            place += n_unseen;
            continue;
        }
        if !is_mark(c) {
            text.push(plain(c));
        }
        place += 1 + if c == FLAG { flag_len(&chars[place + 1..]) } else { 0 };
    }
    Reading { look_alike: look_alike_word(line).and_then(|word| text.find(&word)), text: Cow::Owned(text), unseen }
}

/// Whether a character is not shown: it has no width, is blank, or only changes how others are shown.
pub fn is_unseen(c: char) -> bool {
    // `Default_Ignorable_Code_Point` of Unicode 16, controls, and the marks around annotations.
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
        || (c.is_control() && !matches!(c, '\t' | '\n'))
}

/// Whether a character sets the direction of the text that follows.
pub fn is_bidirectional_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

const FLAG: char = '\u{1f3f4}';
const TEXT_VARIANT: char = '\u{fe0e}';
const EMOJI_VARIANT: char = '\u{fe0f}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';
/// The regions of ISO 3166-1 (2024) whose parts have codes in ISO 3166-2 and flags in use: the United Kingdom's are in Unicode's own list.
const FLAG_REGIONS: [&str; 12] = ["gb", "us", "ca", "es", "fr", "de", "it", "ch", "at", "br", "au", "nl"];

/// How many tags after a black flag make it that of a part of a country: its region, one to three letters or digits, an end.
fn flag_len(after: &[char]) -> usize {
    let tags: Vec<char> = after.iter().map_while(|c| tag(*c)).collect();
    let is_end = after.get(tags.len()) == Some(&'\u{e007f}');
    let code: String = tags.iter().collect();
    let is_region = (3..=5).contains(&code.len()) && FLAG_REGIONS.iter().any(|region| code.starts_with(region));
    if is_end && is_region && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        tags.len() + 1
    } else {
        0
    }
}

/// The ASCII character that a tag stands for.
fn tag(c: char) -> Option<char> {
    matches!(c, '\u{e0020}'..='\u{e007e}').then(|| char::from((c as u32 - 0xe0000) as u8))
}

/// Whether writing needs these unseen characters between those two. Bidirectional controls have a rule of their own, and
/// other controls are remains of a wrong encoding.
fn is_honest(before: char, run: &[char], after: char) -> bool {
    let near = |is: fn(char) -> bool| is(before) || is(after);
    let splits_ascii = plain(before).is_ascii_alphabetic() && plain(after).is_ascii_alphabetic();
    let is_counted = |c: &char| !is_bidirectional_control(*c) && !c.is_control();
    match run.iter().filter(|c| is_counted(c)).collect::<Vec<_>>()[..] {
        [] => true,
        [&EMOJI_VARIANT, &ZERO_WIDTH_JOINER] => !before.is_ascii() && !after.is_ascii(),
        // Editors double the variant of an emoji, and hands a joiner.
        [c] | [c, _] if run.iter().all(|other| other == c || !is_counted(other)) => match *c {
            '\u{ad}' => true,
            '\u{34f}' | '\u{61c}' | '\u{200c}'..='\u{200f}' | '\u{feff}' => !splits_ascii,
            TEXT_VARIANT | EMOJI_VARIANT => !before.is_ascii_alphabetic(),
            '\u{fe00}'..='\u{fe0d}' => has_variants(before),
            '\u{e0100}'..='\u{e01ef}' => is_ideograph(before),
            '\u{180b}'..='\u{180f}' => near(|c| matches!(c, '\u{1800}'..='\u{18af}')),
            '\u{200b}' => near(has_unspaced_words),
            '\u{17b4}' | '\u{17b5}' => near(|c| matches!(c, '\u{1780}'..='\u{17ff}')),
            '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => near(is_hangul),
            _ => false,
        },
        _ => false,
    }
}

/// Scripts whose words are told apart by spaces of no width: Thai, Lao, Tibetan, Myanmar, Khmer, and their neighbours.
fn has_unspaced_words(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{1950}'..='\u{1aaf}' | '\u{a9e0}'..='\u{a9ff}' | '\u{aa60}'..='\u{aadf}')
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7ff}' | '\u{ffa0}'..='\u{ffdc}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The blocks of `StandardizedVariants.txt`, Unicode 16, apart from emoji.
fn has_variants(c: char) -> bool {
    is_ideograph(c)
        || matches!(c, '\u{1000}'..='\u{109f}' | '\u{2200}'..='\u{22ff}' | '\u{2a00}'..='\u{2aff}' | '\u{3000}'..='\u{303f}'
            | '\u{a840}'..='\u{a87f}' | '\u{aa60}'..='\u{aa7f}' | '\u{ff00}'..='\u{ffef}' | '\u{13000}'..='\u{1345f}')
}

/// What a run of unseen characters spells: tags are ASCII; variation selectors carry bytes, or halves of bytes, in either order.
fn spelled(run: &[char]) -> Option<String> {
    let tags: String = run.iter().filter_map(|c| tag(*c)).collect();
    if !tags.is_empty() {
        return Some(format!(" {tags} "));
    }
    let selectors: Vec<u8> = run
        .iter()
        .filter_map(|c| match *c {
            '\u{fe00}'..='\u{fe0f}' => Some((*c as u32 - 0xfe00) as u8),
            '\u{e0100}'..='\u{e01ef}' => Some((*c as u32 - 0xe0100 + 16) as u8),
            _ => None,
        })
        .collect();
    let halves = |join: fn(u8, u8) -> u8| -> Vec<u8> {
        let is_half = selectors.iter().all(|half| *half < 16);
        if is_half { selectors.chunks_exact(2).map(|pair| join(pair[0], pair[1])).collect() } else { Vec::new() }
    };
    let ways = [selectors.clone(), halves(|high, low| high << 4 | low), halves(|low, high| high << 4 | low)];
    let texts = ways.into_iter().filter_map(|bytes| String::from_utf8(bytes).ok());
    let is_text = |text: &String| text.len() > 1 && text.chars().all(|c| !c.is_control() || c == '\n');
    texts.into_iter().find(is_text).map(|text| format!(" {} ", text.replace('\n', " ")))
}

/// Marks above and below letters.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// The ASCII character that one stands for, or looks like; others as they are.
fn plain(c: char) -> char {
    let letter = |first: char, places: u32| char::from(first as u8 + places as u8);
    let from = |start: u32| c as u32 - start;
    match c {
        '\0'..='\u{7f}' => c,
        '\u{a0}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200a}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{2800}'
        | '\u{3000}' => ' ',
        '\u{2010}' | '\u{2011}' | '\u{2212}' => '-',
        // Full width, circled, squared, mathematical.
        '\u{ff01}'..='\u{ff5e}' => letter('!', from(0xff01)),
        '\u{24b6}'..='\u{24cf}' => letter('A', from(0x24b6)),
        '\u{24d0}'..='\u{24e9}' => letter('a', from(0x24d0)),
        '\u{1f130}'..='\u{1f149}' => letter('A', from(0x1f130)),
        '\u{1f150}'..='\u{1f169}' => letter('A', from(0x1f150)),
        '\u{1f170}'..='\u{1f189}' => letter('A', from(0x1f170)),
        '\u{1d400}'..='\u{1d6a3}' => match from(0x1d400) % 52 {
            place @ 0..26 => letter('A', place),
            place => letter('a', place - 26),
        },
        '\u{1d7ce}'..='\u{1d7ff}' => letter('0', from(0x1d7ce) % 10),
        c => look_alike(c).unwrap_or(c),
    }
}

/// The Latin letter that a letter of another alphabet, or of phonetics, looks like: those of `confusables.txt` (UTS #39, version 16)
/// that fonts draw alike.
fn look_alike(c: char) -> Option<char> {
    Some(match c {
        'а' | 'ɑ' | 'α' | 'ᴀ' => 'a',
        'ʙ' | 'Ь' => 'b',
        'с' | 'ϲ' | 'ᴄ' => 'c',
        'ԁ' | 'ᴅ' => 'd',
        'е' | 'ҽ' | 'ᴇ' | '℮' => 'e',
        'ɡ' | 'ց' | 'ɢ' | 'ℊ' => 'g',
        'һ' | 'հ' | 'ʜ' | 'ℎ' => 'h',
        'і' | 'ı' | 'ι' | 'ɩ' | 'ɪ' | 'ℹ' => 'i',
        'ј' | 'ϳ' | 'ᴊ' => 'j',
        'к' | 'κ' | 'ᴋ' => 'k',
        'ӏ' | 'ʟ' | 'ⅼ' | 'ℓ' => 'l',
        'ᴍ' | 'ⅿ' => 'm',
        'ո' | 'ɴ' => 'n',
        'о' | 'ο' | 'օ' | 'ᴏ' | 'σ' | 'ℴ' => 'o',
        'р' | 'ρ' | 'ᴘ' => 'p',
        'ԛ' => 'q',
        'ʀ' => 'r',
        'ѕ' | 'ꜱ' => 's',
        'τ' | 'ᴛ' => 't',
        'υ' | 'ս' | 'ᴜ' => 'u',
        'ν' | 'ѵ' | 'ᴠ' | 'ⅴ' => 'v',
        'ѡ' | 'ԝ' | 'ա' | 'ᴡ' => 'w',
        'х' | 'χ' | 'ⅹ' => 'x',
        'у' | 'γ' | 'ү' | 'ʏ' => 'y',
        'ᴢ' => 'z',
        'А' | 'Α' | 'Ꭺ' => 'A',
        'В' | 'Β' | 'Ᏼ' => 'B',
        'С' | 'Ϲ' | 'Ꮯ' | 'Ⅽ' => 'C',
        'Ꭰ' | 'Ⅾ' => 'D',
        'Е' | 'Ε' | 'Ꭼ' => 'E',
        'Ԍ' | 'Ꮐ' => 'G',
        'Н' | 'Η' | 'Ꮋ' => 'H',
        'І' | 'Ι' | 'Ӏ' | 'Ⅰ' => 'I',
        'Ј' | 'Ꭻ' => 'J',
        'К' | 'Κ' | 'Ꮶ' => 'K',
        'Ꮮ' | 'Ⅼ' => 'L',
        'М' | 'Μ' | 'Ꮇ' | 'Ⅿ' => 'M',
        'Ν' => 'N',
        'О' | 'Ο' | 'Օ' => 'O',
        'Р' | 'Ρ' | 'Ꮲ' => 'P',
        'Ԛ' => 'Q',
        'Ꮢ' => 'R',
        'Ѕ' | 'Տ' | 'Ꮪ' => 'S',
        'Т' | 'Τ' | 'Ꭲ' => 'T',
        'Ս' => 'U',
        'Ꮩ' | 'Ⅴ' => 'V',
        'Ԝ' | 'Ꮃ' => 'W',
        'Х' | 'Χ' | 'Ⅹ' => 'X',
        'Υ' | 'Ү' => 'Y',
        'Ζ' | 'Ꮓ' => 'Z',
        _ => return None,
    })
}

/// The first word, as it is read, that has Latin letters and look-alikes from Cyrillic, Armenian or Cherokee, and no other letter of
/// these: nobody writes so by hand. Greek letters stand beside Latin ones in formulas.
fn look_alike_word(line: &str) -> Option<String> {
    let is_foreign = |c: char| matches!(c, '\u{400}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}');
    let is_mixed = |word: &&str| {
        word.chars().filter(char::is_ascii_alphabetic).count() > 1
            && word.chars().any(is_foreign)
            && word.chars().all(|c| c.is_ascii_alphanumeric() || (is_foreign(c) && look_alike(c).is_some()))
    };
    let mut words = line.split(|c: char| !c.is_alphanumeric() && !is_unseen(c));
    words.find(is_mixed).map(|word| word.chars().map(plain).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(text: &str) -> String {
        text.chars().map(|c| char::from_u32(0xe0000 + c as u32).unwrap()).collect()
    }

    fn check(line: &str, expected: &str) {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words(&read(line).text), expected, "{line}");
    }

    #[test]
    fn what_is_hidden_is_read() {
        check("ig\u{200b}nore all pre\u{200d}vious", "ignore all previous");
        check("ig\u{ad}nore\u{a0}all", "ignore all");
        check("іgnоrе аll рrеviоus", "ignore all previous");
        check("ｉｇｎｏｒｅ 𝐢𝐠𝗻𝘰𝓇𝑒 ⓘⓖⓝⓞⓡⓔ", "ignore ignore ignore");
        check("i\u{301}gnore", "ignore");
        check("cu\u{202e}\u{2060}rl\nx\u{1b}y", "curl xy");
        check(&format!("\u{1f3f4}{}", tags("ignore all")), "\u{1f3f4} ignore all");
        check(&format!("a {} b", tags("hide")), "a hide b");
        let bytes: String =
            "hide it".bytes().map(|byte| char::from_u32(0xe0100 + u32::from(byte) - 16).unwrap()).collect();
        check(&format!("a{bytes}"), "a hide it");
        let half = |half: u8| char::from_u32(0xfe00 + u32::from(half)).unwrap();
        let low_first: String = "hide".bytes().flat_map(|byte| [half(byte & 15), half(byte >> 4)]).collect();
        let high_first: String = "hide".bytes().flat_map(|byte| [half(byte >> 4), half(byte & 15)]).collect();
        check(&format!("a{low_first}"), "a hide");
        check(&format!("a{high_first}"), "a hide");
    }

    #[test]
    fn what_no_writing_needs_is_seen() {
        let chained = format!("\u{1f3f4}{}\u{e007f}\u{1f3f4}{}\u{e007f}", tags("ignor"), tags("eall"));
        let long_flag = format!("\u{1f3f4}{}\u{e007f}", tags("gbengland"));
        for line in [
            "pay\u{200b}pal",
            "ad\u{200d}min",
            "pay\u{200e}pal",
            "a\u{fe00}b",
            "a\u{fe0f}b\u{fe0e}",
            ".\u{fe09}\u{fe04}",
            "x\u{2062}y",
            "\u{3164}",
            "0\u{200b}\u{200c}\u{200b}\u{200c}1",
            "😀\u{e0101}",
            "end \u{e0041}",
            &chained,
            &long_flag,
        ] {
            assert!(read(line).unseen.is_some(), "{line:?}");
        }
    }

    #[test]
    fn honest_writing_is_not() {
        let flags: Vec<String> = ["gbeng", "gbsct", "gbwls", "ustx", "esct"]
            .map(|code| format!("\u{1f3f4}{}\u{e007f} flag", tags(code)))
            .into();
        let others = [
            "👩\u{200d}💻 ❤\u{fe0f}\u{200d}🔥 🏳\u{fe0f}\u{200d}🌈 👨\u{200d}👩\u{200d}👧 1\u{fe0f}\u{20e3} ☎\u{fe0e} ⚠\u{fe0f}\u{fe0f}",
            "می\u{200c}خواهم نمایش می\u{200c}دهد",
            "क्\u{200d}ष",
            "a\u{200d} b",
            "สวัสดี\u{200b}ครับ",
            "葛\u{e0100}飾区",
            "∩\u{fe00}",
            "Donau\u{ad}dampf\u{ad}schiff",
            "שלום\u{200f}, abc",
            "\u{feff}# Title",
            "## \u{fe0f} Title",
            "col\tcol",
            "â\u{94}\u{9c}â\u{94}\u{80} SKILL.md",
        ];
        for line in flags.iter().map(String::as_str).chain(others) {
            assert_eq!(read(line).unseen, None, "{line:?}");
        }
    }

    #[test]
    fn words_of_two_alphabets_are_seen() {
        assert_eq!(read("go to pаypаl.com").look_alike, Some("go to ".len()));
        assert_eq!(read("see іgnоrе").look_alike, Some("see ".len()));
        for line in ["Ключ API-ключа", "10 µm, λx, Δt", "сору", "Cкачать", "naïve café", "größe", "USB-С", "Мб"]
        {
            assert_eq!(read(line).look_alike, None, "{line}");
        }
    }
}
