//! The scripts that lie beside a `SKILL.md`: all of `scripts/`, and what the instructions name elsewhere in the folder.

/// A file that an agent may run, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Script {
    /// Path within the folder of the skill, with `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// Most scripts of a skill that are read.
#[cfg(feature = "build")]
pub const SCRIPTS_MAX: usize = 256;
/// Largest part of a script that is read, in bytes.
#[cfg(feature = "build")]
pub const SCRIPT_MAX_BYTES: usize = 1 << 20;

/// Endings of files that something runs.
#[cfg(feature = "build")]
const ENDINGS: [&str; 24] = [
    "bash", "bat", "cjs", "cmd", "fish", "go", "js", "jsx", "ksh", "lua", "mjs", "php", "pl", "ps1", "psm1", "py", "r",
    "rb", "rs", "sh", "swift", "ts", "tsx", "zsh",
];

#[cfg(feature = "build")]
impl Script {
    /// A file as a script; none when it is no text.
    pub fn new(path: &str, bytes: &[u8]) -> Option<Script> {
        let bytes = &bytes[..bytes.len().min(SCRIPT_MAX_BYTES)];
        let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        (!bytes.contains(&0)).then(|| Script { path: path.to_owned(), text })
    }
}

/// Whether a file, by its path within the folder, is a script of a skill with these instructions.
#[cfg(feature = "build")]
pub fn is_script(path: &str, body: &str) -> bool {
    if path.starts_with("scripts/") {
        return true;
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    match ending {
        Some(ending) if ENDINGS.contains(&ending.as_str()) => names(body, path),
        // A program without an ending is named by its place.
        None => names(body, &format!("./{path}")),
        Some(_) => false,
    }
}

/// Whether a text names a path, and not only a longer one.
#[cfg(feature = "build")]
fn names(text: &str, path: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.match_indices(path).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + path.len()..]);
        !before.ends_with(|c| is_part(c) || c == '.') && !after.starts_with(is_part)
    })
}

#[cfg(all(test, feature = "build"))]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_told_from_other_files() {
        let body = "Run `python tools/fetch.py`, then ./install and `bash set-up.sh`. Read notes.md.";
        for path in ["scripts/a.py", "scripts/deep/b", "tools/fetch.py", "install", "set-up.sh"] {
            assert!(is_script(path, body), "{path}");
        }
        for path in ["fetch.py.bak", "etch.py", "up.sh", "notes.md", "LICENSE", "tools/other.py", "myscripts/a.py"] {
            assert!(!is_script(path, body), "{path}");
        }
        assert_eq!(Script::new("a", b"\x7fELF\0"), None);
        assert_eq!(Script::new("a", b"x\r\ny").unwrap().text, "x\ny");
    }
}
