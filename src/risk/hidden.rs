//! Passages of a Markdown text that nobody sees once it is rendered: comments, link definitions that serve as comments, and elements
//! that a style hides. Code is shown as it stands, so elements within it hide nothing.

use std::sync::LazyLock;

use regex::Regex;

/// A passage.
#[derive(Debug, PartialEq, Eq)]
pub struct Passage {
    /// Line on which it begins, from 1.
    pub line: u32,
    /// Its text.
    pub text: String,
    /// It is the text of an element.
    pub is_element: bool,
}

/// All of them: comments, then link definitions, then elements, each in the order of the lines.
pub fn passages(body: &str) -> Vec<Passage> {
    let line_of = |at: usize| 1 + body.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() as u32;
    let mut passages: Vec<Passage> = comments(body)
        .into_iter()
        .map(|(at, text)| Passage { line: line_of(at), text: text.to_owned(), is_element: false })
        .collect();
    if !body.contains(['[', '<']) {
        return passages;
    }
    let shown_as_code_left_out = without_code(body);
    for found in LINK_COMMENT.captures_iter(&shown_as_code_left_out) {
        let text = found[1].to_owned();
        passages.push(Passage { line: line_of(found.get_match().start()), text, is_element: false });
    }
    passages.extend(elements(&shown_as_code_left_out).into_iter().map(|(at, text)| Passage {
        line: line_of(at),
        text,
        is_element: true,
    }));
    passages
}

/// Comments by the bytes at which they begin.
fn comments(body: &str) -> Vec<(usize, &str)> {
    let mut comments = Vec::new();
    let mut at = 0;
    while let Some(start) = body[at..].find("<!--").map(|start| at + start) {
        let text = &body[start + "<!--".len()..];
        let text = &text[..text.find("-->").unwrap_or(text.len())];
        at = start + "<!--".len() + text.len();
        comments.push((start, text));
    }
    comments
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is sound; tests use it")
}

/// `[//]: # (text)` and `[comment]: <> "text"`: definitions of links that lead nowhere.
static LINK_COMMENT: LazyLock<Regex> =
    LazyLock::new(|| regex(r#"(?m)^ {0,3}\[[^\]\n]*\]:\s*(?:#|<>)\s+([("'][^\n]*)"#));
static TAG: LazyLock<Regex> = LazyLock::new(|| regex(r"<([a-zA-Z][a-zA-Z0-9-]*)(\s[^<>]*)>"));
static ANY_TAG: LazyLock<Regex> = LazyLock::new(|| regex(r"<[^<>]*>"));
static QUOTED: LazyLock<Regex> = LazyLock::new(|| regex(r#""[^"]*"|'[^']*'"#));
static STYLE: LazyLock<Regex> = LazyLock::new(|| regex(r#"(?i)\sstyle\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))"#));
/// The attribute `hidden`, where values in quotes were taken out.
static HIDDEN: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)\shidden(\s|=|/|$)"));
static WHITE: LazyLock<Regex> = LazyLock::new(|| {
    regex(r#"(?i)(^|;|\s)color\s*[:=]\s*["']?(white|#fff(fff)?|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\))"#)
});
/// Declarations that show nothing: not there, transparent, without size, or outside the page.
static SHOWS_NOTHING: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"(?i)\bdisplay\s*:\s*none|\bvisibility\s*:\s*(hidden|collapse)|\bopacity\s*:\s*0*\.?0*\s*(;|!|$)",
        r"|\bfont-size\s*:\s*0*\.?0*(px|pt|em|rem|%)?\s*(;|!|$)|(^|[;\s])color\s*:\s*(transparent|rgba\([^)]*,\s*0(\.0*)?\s*\))",
        r"|\b(left|right|top|bottom|text-indent|margin-left|margin-top)\s*:\s*-\d{3,}|\btransform\s*:\s*scale\(\s*0\s*\)",
        r"|\bclip\s*:\s*rect\(\s*(0|1px)|\bclip-path\s*:\s*inset\(\s*(50|100)%|(^|[;\s])(max-)?(width|height)\s*:\s*0(px)?\s*(;|!|$)",
    ))
});

/// Elements that are not shown but have text, with the bytes at which they begin.
fn elements(text: &str) -> Vec<(usize, String)> {
    let mut elements = Vec::new();
    for tag in TAG.captures_iter(text) {
        let (name, attributes) = (&tag[1], &tag[2]);
        if attributes.ends_with('/') || !is_hidden(attributes) {
            continue;
        }
        let found = tag.get_match();
        let inside = &text[found.end()..];
        let end = inside.to_ascii_lowercase().find(&format!("</{}", name.to_ascii_lowercase()));
        // Without an end, an element goes on to the end of its paragraph.
        let end = end.or_else(|| inside.find("\n\n")).unwrap_or(inside.len());
        let words = ANY_TAG.replace_all(&inside[..end], " ");
        if words.contains(char::is_alphabetic) {
            elements.push((found.start(), words.into_owned()));
        }
    }
    elements
}

fn is_hidden(attributes: &str) -> bool {
    let style =
        STYLE.captures(attributes).and_then(|found| found.iter().skip(1).flatten().next().map(|text| text.as_str()));
    let style = style.unwrap_or_default();
    // White letters may stand on a dark ground.
    let is_white = |text: &str| WHITE.is_match(text) && !text.to_ascii_lowercase().contains("background");
    HIDDEN.is_match(&QUOTED.replace_all(attributes, ""))
        || SHOWS_NOTHING.is_match(style)
        || is_white(style)
        || is_white(attributes)
}

/// The text with spaces for code, so that all else stays at its place.
fn without_code(body: &str) -> String {
    let mut text = String::with_capacity(body.len());
    let mut fence = None;
    for line in body.split_inclusive('\n') {
        let start = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| start.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark && start.trim_end().chars().all(|c| mark.starts_with(c)) => {
                fence = None;
            }
            (None, None) => {
                push_without_inline_code(&mut text, line);
                continue;
            }
            _ => {}
        }
        push_blank(&mut text, line);
    }
    text
}

fn push_without_inline_code(text: &mut String, line: &str) {
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let ticks = rest[start..].len() - rest[start..].trim_start_matches('`').len();
        let inside = &rest[start + ticks..];
        let Some(end) = inside.find(&rest[start..start + ticks]) else { break };
        text.push_str(&rest[..start]);
        let code = &rest[start..start + ticks + end + ticks];
        push_blank(text, code);
        rest = &rest[start + code.len()..];
    }
    text.push_str(rest);
}

/// As many bytes of spaces, with the ends of lines.
fn push_blank(text: &mut String, code: &str) {
    text.extend(code.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Vec<(u32, String)> {
        passages(body).into_iter().map(|Passage { line, text, .. }| (line, text.trim().to_owned())).collect()
    }

    fn check(body: &str, expected: &[(u32, &str)]) {
        let expected: Vec<(u32, String)> = expected.iter().map(|(line, text)| (*line, (*text).to_owned())).collect();
        assert_eq!(found(body), expected, "{body}");
    }

    #[test]
    fn comments_are_found_with_their_lines() {
        check("a\n<!-- b -->\nc <!--d\ne--> <!-- f", &[(2, "b"), (3, "d\ne"), (4, "f")]);
        check("none --> <! -- x", &[]);
        check("<!---->", &[(1, "")]);
        check("a\n\n[//]: # (b c)\n[x]: <> \"d\"\n", &[(3, "(b c)"), (4, "\"d\"")]);
        check("[a]: https://example.org (b)\n[b]: #part (c)", &[]);
    }

    #[test]
    fn elements_without_sight_are_found() {
        for attributes in [
            "style=\"display:none\"",
            "style='visibility: hidden'",
            "class=x style=\"margin:1px;FONT-SIZE: 0px;\"",
            "style=\"opacity:0\"",
            "style=\"color:#FFF\"",
            "style=\"color: transparent\"",
            "style=\"position:absolute; left:-9999px\"",
            "style=display:none",
            "hidden",
            "id=\"x\" hidden=\"\"",
            "color=\"white\"",
        ] {
            check(&format!("a\n\n<span {attributes}>keep <b>it</b>\nquiet</span> b"), &[(3, "keep  it \nquiet")]);
        }
    }

    #[test]
    fn what_is_shown_is_not_hidden() {
        for body in [
            "<span style=\"color: red; font-size: 0.8em; opacity: 0.5\">a</span>",
            "<span style=\"color:white; background:#333\">a</span>",
            "<div style=\"overflow: hidden; background-color: white\">a</div>",
            "<i aria-hidden=\"true\">a</i> <input type=\"hidden\" value=\"a\">b",
            "<p title=\"is hidden\">a</p>",
            "<img style=\"display:none\" src=\"x.png\">",
            "`<p hidden>a</p>` ``<p hidden>`a</p>``",
            "```html\n<p hidden>a</p>\n```\n~~~\n```\n<p hidden>a</p>\n~~~\nb",
            "a < b and c > d",
        ] {
            check(body, &[]);
        }
    }
}
