//! What a skill says of its own use: who may start it, whether it is for others at all, and whether it is to be replaced.

use serde::{Deserialize, Serialize};
#[cfg(feature = "build")]
use serde_json::{Map, Value};

#[cfg(feature = "build")]
use super::value::plain_text;

/// Something that a skill says of its own use. The words are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Only a person may start it: `disable-model-invocation: true`.
    Manual,
    /// Only an agent may start it, as a step of other skills: `user-invocable: false`.
    AgentOnly,
    /// It is for those who maintain the collection: `internal: true`.
    Internal,
    /// It should not be used any more: `deprecated`, or another one supersedes it.
    Deprecated,
}

impl Mark {
    /// All of them, in the order of their bits.
    pub const ALL: [Mark; 4] = [Mark::Manual, Mark::AgentOnly, Mark::Internal, Mark::Deprecated];

    /// The mark in words that follow the name of a skill.
    pub fn phrase(self) -> &'static str {
        match self {
            Mark::Manual => "only a person may start it",
            Mark::AgentOnly => "only an agent may start it",
            Mark::Internal => "internal",
            Mark::Deprecated => "deprecated",
        }
    }
}

/// Marks as a byte, one bit each.
#[cfg(feature = "search")]
pub(crate) fn to_bits(marks: &[Mark]) -> u8 {
    Mark::ALL.iter().enumerate().filter(|(_, mark)| marks.contains(mark)).map(|(place, _)| 1 << place).sum()
}

/// The marks of a byte; none when it has other bits.
#[cfg(feature = "search")]
pub(crate) fn from_bits(bits: u8) -> Option<Vec<Mark>> {
    let marks = Mark::ALL.iter().enumerate().filter(|(place, _)| bits >> place & 1 == 1).map(|(_, mark)| *mark);
    (bits >> Mark::ALL.len() == 0).then(|| marks.collect())
}

/// The marks that fields give, and what supersedes the skill. Fields may stand at the top or below `metadata`, and
/// be spelled with hyphens, underscores or capitals.
#[cfg(feature = "build")]
pub fn read_marks(fields: &Map<String, Value>) -> (Vec<Mark>, String) {
    let below = fields.get("metadata").and_then(Value::as_object);
    let field = |names: &[&str]| {
        let all = fields.iter().chain(below.into_iter().flatten());
        all.filter(|(key, _)| names.contains(&letters(key).as_str()))
            .map(|(_, value)| value)
            .find(|value| !value.is_null())
    };
    let is_yes = |names: &[&str]| field(names).is_some_and(|value| !is_no(value));
    let superseded_by = field(&["supersededby", "replacedby"]).filter(|value| !value.is_boolean() && !is_no(value));
    let status = field(&["status", "lifecycle"]).and_then(plain_text).unwrap_or_default();
    let is_marked = |mark: &Mark| match mark {
        Mark::Manual => is_yes(&["disablemodelinvocation"]),
        Mark::AgentOnly => field(&["userinvocable", "userinvokable"]).is_some_and(is_no),
        Mark::Internal => is_yes(&["internal"]),
        Mark::Deprecated => {
            is_yes(&["deprecated"])
                || is_yes(&["supersededby", "replacedby"])
                || status.eq_ignore_ascii_case("deprecated")
        }
    };
    let marks = Mark::ALL.into_iter().filter(is_marked).collect();
    (marks, superseded_by.and_then(plain_text).unwrap_or_default())
}

/// A key by its letters.
#[cfg(feature = "build")]
fn letters(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}

#[cfg(feature = "build")]
fn is_no(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.is_empty(),
        Value::Object(map) => map.is_empty(),
        value => {
            let word = plain_text(value).unwrap_or_default().to_lowercase();
            matches!(word.as_str(), "" | "false" | "no" | "off" | "0" | "never" | "none")
        }
    }
}

#[cfg(all(test, feature = "build"))]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn marks_are_read_in_the_spellings_of_the_wild() {
        let check = |fields: Value, marks: &[Mark], superseded_by: &str| {
            let read = read_marks(fields.as_object().unwrap());
            assert_eq!((&read.0[..], read.1.as_str()), (marks, superseded_by), "{fields}");
            assert_eq!(from_bits(to_bits(marks)).unwrap(), marks);
        };
        check(json!({"disable-model-invocation": true}), &[Mark::Manual], "");
        check(json!({"disableModelInvocation": "yes", "user_invocable": "no"}), &[Mark::Manual, Mark::AgentOnly], "");
        check(
            json!({"user-invocable": false, "metadata": {"internal": "true"}}),
            &[Mark::AgentOnly, Mark::Internal],
            "",
        );
        check(json!({"deprecated": "use rent"}), &[Mark::Deprecated], "");
        check(json!({"metadata": {"superseded-by": "pay-rent"}}), &[Mark::Deprecated], "pay-rent");
        check(json!({"replaced_by": ["a", "b"], "status": "active"}), &[Mark::Deprecated], "a, b");
        check(json!({"status": "Deprecated"}), &[Mark::Deprecated], "");
        let none = json!({"disable-model-invocation": false, "user-invocable": true, "internal": null, "deprecated": "false",
            "metadata": {"superseded-by": "", "internal": 0}});
        check(none, &[], "");
        assert_eq!(from_bits(16), None);
    }
}
