//! Values of front matter and of rows as text.

use serde_json::Value;

/// A scalar as text; lists are joined with commas, but for sentences, and maps are no text.
pub fn plain_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Array(values) => Some(values.iter().filter_map(plain_text).reduce(join).unwrap_or_default()),
        Value::Null | Value::Object(_) => None,
    }
}

fn join(before: String, next: String) -> String {
    let between = if before.ends_with(['.', '!', '?', ';', ':', ',']) { " " } else { ", " };
    before + between + &next
}
