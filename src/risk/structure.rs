//! What no regular expression for a line can see: characters that are not shown, text that is encoded, and what is
//! missing.

use crate::skill::{DESCRIPTION_MAX_CHARS, NAME_MAX_CHARS, Skill};

/// Shortest run of encoded text that is noted, in characters. A SHA-512 in hexadecimal has 128.
const ENCODED_MIN_CHARS: usize = 160;

/// Something seen.
pub struct Sight<'a> {
    /// Id of the rule.
    pub rule: &'static str,
    /// Line of the body from 1; 0 is the front matter.
    pub line: u32,
    /// The text that shows it.
    pub text: &'a str,
    /// Byte of `text` where it begins.
    pub start: usize,
}

/// All sights of a skill, each rule's in the order of the lines.
pub fn find(skill: &Skill) -> Vec<Sight<'_>> {
    let mut sights = Vec::new();
    let mut see = |rule, line, text, start: Option<usize>| {
        sights.extend(start.map(|start| Sight { rule, line, text, start }));
    };
    see("broad-tools", 0, &skill.allowed_tools, broad_tool(&skill.allowed_tools));
    see("license-missing", 0, "", skill.license.trim().is_empty().then_some(0));
    see("outside-specification", 0, &skill.name, (!is_specified_name(&skill.name)).then_some(0));
    let is_long = skill.description.chars().count() > DESCRIPTION_MAX_CHARS;
    see("outside-specification", 0, &skill.description, is_long.then_some(0));
    let lines = skill.body.lines().zip(1..).map(|(line, number)| (number, line));
    for (number, line) in std::iter::once((0, skill.description.as_str())).chain(lines) {
        see("invisible-characters", number, line, invisible(line));
        see("bidirectional-controls", number, line, line.find(is_bidirectional_control));
        see("encoded-text", number, line, encoded(line));
    }
    sights
}

/// The comments of a Markdown text with the lines on which they begin.
pub fn comments(body: &str) -> impl Iterator<Item = (u32, &str)> {
    let mut at = 0;
    let mut line = 1;
    std::iter::from_fn(move || {
        let start = at + body[at..].find("<!--")?;
        line += count_lines(&body[at..start]);
        let text = &body[start + "<!--".len()..];
        let text = &text[..text.find("-->").unwrap_or(text.len())];
        let first_line = line;
        at = start + "<!--".len() + text.len();
        line += count_lines(text);
        Some((first_line, text))
    })
}

/// Whether a character is not shown, or changes the order in which others are.
pub fn is_unseen(c: char) -> bool {
    is_bidirectional_control(c) || is_zero_width(c) || matches!(c, '\u{200c}'..='\u{200f}' | '\u{feff}')
}

fn count_lines(text: &str) -> u32 {
    text.bytes().filter(|byte| *byte == b'\n').count() as u32
}

/// Where a list of tools has the shell without limits, or everything.
fn broad_tool(allowed_tools: &str) -> Option<usize> {
    // Commas and spaces separate tools, except within the parentheses of one.
    let mut depth = 0;
    let separates = |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth <= 0 && (c == ',' || c.is_whitespace())
    };
    allowed_tools
        .split(separates)
        .find(|tool| {
            let tool = tool.trim_matches(['"', '\'', '[', ']']).to_lowercase();
            matches!(tool.as_str(), "*" | "all" | "bash" | "shell" | "bash(*)" | "bash(*:*)" | "bash(:*)" | "shell(*)")
        })
        .and_then(|tool| allowed_tools.find(tool))
}

fn is_specified_name(name: &str) -> bool {
    let allowed = |c: char| c == '-' || c.is_numeric() || (c.is_alphabetic() && !c.is_uppercase());
    (1..=NAME_MAX_CHARS).contains(&name.chars().count()) && name.chars().all(allowed)
}

/// Characters of no width that no writing system needs, and the tags that can spell whole sentences unseen.
fn is_zero_width(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{180e}' | '\u{2060}'..='\u{2064}' | '\u{e0000}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}')
}

fn is_bidirectional_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Where a line has characters of no width. The joiners of Persian, Indic scripts and emoji are taken as such only
/// between two ASCII letters, where they join nothing; the tags of a flag (U+1F3F4) are part of it.
fn invisible(line: &str) -> Option<usize> {
    let mut before = ' ';
    let mut in_flag = false;
    let mut joined_at = None;
    for (at, c) in line.char_indices() {
        in_flag = c == '\u{1f3f4}' || (in_flag && matches!(c, '\u{e0000}'..='\u{e007f}'));
        if is_zero_width(c) && !in_flag {
            return Some(at);
        }
        if c.is_ascii_alphabetic() && joined_at.is_some() {
            return joined_at;
        }
        joined_at = (matches!(c, '\u{200c}' | '\u{200d}') && before.is_ascii_alphabetic()).then_some(at);
        before = c;
    }
    None
}

/// Where a line has a long run of base64 or hexadecimal. Pictures, fonts and sounds in data addresses are no secret.
fn encoded(line: &str) -> Option<usize> {
    let is_encoded = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let mut start = 0;
    for run in line.as_bytes().split(|byte| !is_encoded(*byte)) {
        // Words run together, or a row of one character, are no code.
        let mixed = run.iter().any(u8::is_ascii_digit) && run.iter().any(u8::is_ascii_alphabetic);
        if run.len() >= ENCODED_MIN_CHARS && mixed && !is_media(&line[..start]) {
            return Some(start);
        }
        start += run.len() + 1;
    }
    None
}

/// Whether what stands before encoded text says that it is a picture, a font or a sound.
fn is_media(before: &str) -> bool {
    let kind = before.rfind("data:").map_or("", |at| &before[at + "data:".len()..]);
    kind.ends_with(";base64,") && ["image/", "font/", "audio/", "video/"].iter().any(|media| kind.starts_with(media))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_broad_when_the_shell_has_no_limits() {
        for tools in ["Bash", "Read, Bash", "Read Bash(*)", "*", "[\"Bash\", \"Read\"]", "Bash(git log:*) Bash(*:*)"] {
            assert!(broad_tool(tools).is_some(), "{tools}");
        }
        for tools in ["", "Read, Grep", "Bash(git status:*), Read", "Bash(npm run *)", "mcp__x__bash_run"] {
            assert!(broad_tool(tools).is_none(), "{tools}");
        }
    }

    #[test]
    fn characters_that_are_not_shown_are_seen() {
        assert_eq!(invisible("pay\u{200b}pal"), Some(3));
        assert_eq!(invisible("ad\u{200d}min"), Some(2));
        assert!(invisible("read \u{e0041}\u{e0042}").is_some());
        // Emoji that are joined, a flag of tags, Persian and Hindi.
        for line in [
            "👩\u{200d}💻",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "a\u{200d} b",
        ] {
            assert_eq!(invisible(line), None, "{line}");
        }
        assert!("a\u{202e}b".contains(is_bidirectional_control) && !"שלום, abc".contains(is_bidirectional_control));
    }

    #[test]
    fn encoded_text_is_seen_and_pictures_are_not() {
        let blob = "aGVsbG8gd29ybGQ1".repeat(12);
        assert_eq!(encoded(&format!("run {blob}")), Some(4));
        assert_eq!(encoded(&format!("naïve — {}", "9f8e".repeat(60))), Some("naïve — ".len()));
        assert_eq!(encoded(&format!("![](data:image/png;base64,{blob})")), None);
        assert_eq!(encoded(&format!("data:image/png and then {blob}")), Some("data:image/png and then ".len()));
        for line in ["9f8e".repeat(32), "=".repeat(400), "word".repeat(90), "é".repeat(200)] {
            assert_eq!(encoded(&line), None, "{line}");
        }
    }

    #[test]
    fn comments_are_found_with_their_lines() {
        let found = |body| comments(body).collect::<Vec<_>>();
        assert_eq!(found("a\n<!-- b -->\nc <!--d\ne--> <!-- f"), [(2, " b "), (3, "d\ne"), (4, " f")]);
        assert_eq!(found("none --> <! -- x"), []);
        assert_eq!(found("<!---->"), [(1, "")]);
    }

    #[test]
    fn what_is_missing_is_seen() {
        let check = |skill: Skill, rules: &[&str]| {
            assert_eq!(find(&skill).iter().map(|sight| sight.rule).collect::<Vec<_>>(), rules, "{skill:?}");
        };
        let sound = Skill { name: "a-name".to_owned(), license: "MIT".to_owned(), ..Skill::default() };
        check(sound.clone(), &[]);
        check(Skill { license: " ".to_owned(), ..sound.clone() }, &["license-missing"]);
        check(Skill { name: "A Name".to_owned(), ..sound.clone() }, &["outside-specification"]);
        check(Skill { description: "a ".repeat(600), ..sound.clone() }, &["outside-specification"]);
        check(Skill { allowed_tools: "Bash".to_owned(), ..sound }, &["broad-tools"]);
    }
}
