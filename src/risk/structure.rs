//! What no regular expression for a line can see: characters that are not shown, text that is encoded, and what is
//! missing.

use super::reading::{Reading, is_bidirectional_control};
use crate::skill::{DESCRIPTION_MAX_CHARS, NAME_MAX_CHARS, Skill};

/// Shortest run of encoded text that is noted, in characters. A SHA-512 in hexadecimal has 128.
const ENCODED_MIN_CHARS: usize = 160;

/// Something seen.
pub struct Sight<'a> {
    /// Id of the rule.
    pub rule: &'static str,
    /// The text that shows it.
    pub text: &'a str,
    /// Byte of `text` where it begins.
    pub start: usize,
}

/// What the front matter as a whole shows.
pub fn of_front_matter(skill: &Skill) -> Vec<Sight<'_>> {
    let is_long = skill.description.chars().count() > DESCRIPTION_MAX_CHARS;
    let sights = [
        ("broad-tools", skill.allowed_tools.as_str(), broad_tool(&skill.allowed_tools)),
        ("license-missing", "", skill.license.trim().is_empty().then_some(0)),
        ("outside-specification", &skill.name, (!is_specified_name(&skill.name)).then_some(0)),
        ("outside-specification", &skill.description, is_long.then_some(0)),
    ];
    sights.into_iter().filter_map(|(rule, text, start)| Some(Sight { rule, text, start: start? })).collect()
}

/// What a line shows.
pub fn of_line<'a>(line: &'a str, reading: &'a Reading<'_>) -> Vec<Sight<'a>> {
    let read: &str = &reading.text;
    let sights = [
        ("invisible-characters", read, reading.unseen),
        ("bidirectional-controls", line, line.find(is_bidirectional_control)),
        ("look-alike-letters", read, reading.look_alike),
        ("encoded-text", read, encoded(read)),
    ];
    sights.into_iter().filter_map(|(rule, text, start)| Some(Sight { rule, text, start: start? })).collect()
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
    fn what_is_missing_is_seen() {
        let check = |skill: Skill, rules: &[&str]| {
            assert_eq!(of_front_matter(&skill).iter().map(|sight| sight.rule).collect::<Vec<_>>(), rules, "{skill:?}");
        };
        let sound = Skill { name: "a-name".to_owned(), license: "MIT".to_owned(), ..Skill::default() };
        check(sound.clone(), &[]);
        check(Skill { license: " ".to_owned(), ..sound.clone() }, &["license-missing"]);
        check(Skill { name: "A Name".to_owned(), ..sound.clone() }, &["outside-specification"]);
        check(Skill { description: "a ".repeat(600), ..sound.clone() }, &["outside-specification"]);
        check(Skill { allowed_tools: "Bash".to_owned(), ..sound }, &["broad-tools"]);
    }
}
