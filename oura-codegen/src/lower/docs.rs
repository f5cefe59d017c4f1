//! Prose and remarks for the docs of an item, and what a method's docs say first.

use openapiv3::Operation;

use super::oauth_scopes::RUST_SCOPE;
use super::restrictions::{RESTRICTIONS, alternatives};
use crate::document::{Node, Value};
use crate::ir::Docs;
use crate::policy::Policy;

/// Formats that the Rust type already shows.
const TYPED_FORMATS: &[&str] = &[
    "date",
    "date-time",
    "double",
    "float",
    "int32",
    "int64",
    "uint32",
    "uint64",
    "uuid",
    "uuid4",
];

/// The description of a node, and a remark for each of its keywords that a reader of the
/// docs needs.
pub(super) fn of_node(node: Option<&Node>) -> Docs {
    let Some(node) = node else {
        return Docs::default();
    };
    let text = node.get("description").and_then(Node::as_str);
    Docs {
        text: text.unwrap_or_default().trim().to_owned(),
        notes: notes(node),
        source: String::new(),
    }
}

/// The first line of a method's docs: its summary, or what the policy says instead.
pub(super) fn operation_title(policy: &Policy, source: &Operation) -> String {
    let summary = source.summary.as_deref().unwrap_or_default().trim();
    let mut titles = policy.summaries.iter();
    let title = titles.find_map(|(pattern, docs)| title(policy, pattern, docs, summary));
    title.unwrap_or_else(|| summary.to_owned())
}

fn title(policy: &Policy, pattern: &str, docs: &str, summary: &str) -> Option<String> {
    let Some((before, after)) = pattern.split_once("{}") else {
        return (pattern == summary).then(|| docs.to_owned());
    };
    let words = summary.strip_prefix(before)?.strip_suffix(after)?;
    let words = words
        .split_whitespace()
        .map(|word| in_sentence(policy, word));
    let words: Vec<_> = words.collect();
    Some(docs.replace("{}", &words.join(" ")))
}

/// A word of a title as it reads inside a sentence: in lower case, but `SpO2`.
fn in_sentence(policy: &Policy, word: &str) -> String {
    if !word.contains(|c: char| c.is_ascii_digit()) {
        return word.to_lowercase();
    }
    let mut spellings = policy.spellings.iter();
    let spelling = spellings.find(|(_, camel)| *camel == word);
    spelling.map_or(word, |(spelling, _)| spelling).to_owned()
}

/// The docs of a method: what the spec describes, the route with its scope, and the
/// `operationId` last, since it is long and says nothing new.
pub(super) fn of_operation(http_method: &str, template: &str, source: &Operation) -> Docs {
    let summary = source.summary.as_deref().unwrap_or_default().trim();
    let text = source.description.as_deref().unwrap_or_default().trim();
    let scope = source.extensions.get(RUST_SCOPE);
    let scope = scope.and_then(|scope| scope.as_str());
    let scope = scope.map(|scope| format!(", scope `{}`", scope.replace('`', "'")));
    let route = format!("`{} {template}`", http_method.to_uppercase());
    let id = source.operation_id.as_ref();
    Docs {
        text: if text == summary { "" } else { text }.to_owned(),
        notes: vec![format!("{route}{}.", scope.unwrap_or_default())],
        source: id.map_or_else(String::new, |id| format!("Operation `{id}`.")),
    }
}

/// Remarks made from keywords, in a fixed order.
fn notes(node: &Node) -> Vec<String> {
    let mut notes = Vec::new();
    let range = between(bound(node, "minimum"), bound(node, "maximum"));
    push(&mut notes, "Range", range);
    for (label, low, high) in [
        ("Length", "minLength", "maxLength"),
        ("Items", "minItems", "maxItems"),
        ("Properties", "minProperties", "maxProperties"),
    ] {
        push(
            &mut notes,
            label,
            between(shown(node, low), shown(node, high)),
        );
    }
    if let Some(format) = shown(node, "format").filter(|format| !TYPED_FORMATS.contains(&&**format))
    {
        notes.push(format!("Format: `{format}`."));
    }
    for (label, keyword) in [
        ("Multiple of", "multipleOf"),
        ("Pattern", "pattern"),
        ("Default", "default"),
        ("Example", "example"),
    ] {
        let value = shown(node, keyword).map(|value| format!("`{value}`"));
        push(&mut notes, label, value);
    }
    for (keyword, count) in RESTRICTIONS {
        let all = node.get(keyword).and_then(alternatives);
        let all = all.map(|all| format!("{count} `{}` is required.", all.join("`, `")));
        notes.extend(all);
    }
    if is_true(node, "uniqueItems") {
        notes.push("The items are unique.".to_owned());
    }
    if is_true(node, "readOnly") {
        notes.push("Only in responses.".to_owned());
    }
    if is_true(node, "writeOnly") {
        notes.push("Only in requests.".to_owned());
    }
    notes
}

fn push(notes: &mut Vec<String>, label: &str, value: Option<String>) {
    notes.extend(value.map(|value| format!("{label}: {value}.")));
}

fn between(low: Option<String>, high: Option<String>) -> Option<String> {
    match (low, high) {
        (Some(low), Some(high)) => Some(format!("{low} to {high}")),
        (Some(low), None) => Some(format!("at least {low}")),
        (None, Some(high)) => Some(format!("at most {high}")),
        (None, None) => None,
    }
}

fn bound(node: &Node, keyword: &str) -> Option<String> {
    let exclusive = match keyword {
        "minimum" => "exclusiveMinimum",
        _ => "exclusiveMaximum",
    };
    let value = shown(node, keyword)?;
    Some(if is_true(node, exclusive) {
        format!("{value} (excluded)")
    } else {
        value
    })
}

/// A keyword's value as it reads in prose: strings bare, the rest as compact JSON.
fn shown(node: &Node, keyword: &str) -> Option<String> {
    let value = node.get(keyword)?;
    Some(match &value.value {
        Value::String(text) => text.replace('`', "'"),
        _ => value.to_json_value().to_string().replace('`', "'"),
    })
}

fn is_true(node: &Node, keyword: &str) -> bool {
    node.get(keyword)
        .is_some_and(|node| node.value == Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oura::POLICY;

    #[test]
    fn titles_say_what_a_method_does() {
        let title = |policy, summary: &str| {
            let summary = Some(summary.to_owned());
            operation_title(
                policy,
                &Operation {
                    summary,
                    ..Operation::default()
                },
            )
        };
        let cases = [
            (
                "Multiple Daily Spo2 Documents",
                "Lists daily SpO2 documents, one per day; the newest may come late.",
            ),
            ("Multiple Vo2 Max Documents", "Lists VO2 max documents."),
            (
                "Single Sleep Time Document",
                "Gets one sleep time document by its id.",
            ),
            (
                "Renew Webhook Subscription",
                "Renews a webhook subscription before it expires.",
            ),
            (
                "Sandbox - Single Tag Document",
                "Sandbox - Single Tag Document",
            ),
        ];
        for (summary, expected) in cases {
            assert_eq!(title(&POLICY, summary), expected);
        }
        assert_eq!(
            title(&Policy::default(), "Multiple Tag Documents"),
            "Multiple Tag Documents"
        );
    }
}
