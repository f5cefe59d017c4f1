//! The words of facts: which keyword says what, and how values read on one line.

use crate::document::{Node, Value};
use crate::facts::Topic;
use crate::lower::names::{RUST_NAME, RUST_TYPE};
use crate::lower::overrides::NameOverrides;

/// The topics of keywords that are stated by their value. Keywords that are missing belong to a
/// section with its own keywords.
const TOPICS: &[(Topic, &[&str])] = &[
    (
        Topic::Prose,
        &[
            "description",
            "summary",
            "example",
            "examples",
            "externalDocs",
        ],
    ),
    (Topic::Type, &["type"]),
    (Topic::Format, &["format"]),
    (Topic::Nullable, &["nullable"]),
    (Topic::Shape, &["additionalProperties"]),
    (
        Topic::Bound,
        &[
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "minLength",
            "maxLength",
            "pattern",
            "minItems",
            "maxItems",
            "uniqueItems",
            "minProperties",
            "maxProperties",
        ],
    ),
    (Topic::Default, &["default"]),
    (Topic::Deprecated, &["deprecated"]),
    (Topic::Access, &["readOnly", "writeOnly"]),
    (
        Topic::Style,
        &["style", "explode", "allowReserved", "allowEmptyValue"],
    ),
    (Topic::Encoding, &["encoding"]),
    (Topic::Links, &["links"]),
    (Topic::OperationId, &["operationId"]),
    (Topic::Tags, &["tags"]),
];

/// The topic of a keyword.
pub(super) fn topic_of(keyword: &str) -> Topic {
    if keyword == RUST_NAME || keyword == RUST_TYPE {
        return Topic::RustName;
    }
    if keyword.starts_with("x-") {
        return Topic::Extension;
    }
    if keyword == "security" {
        return Topic::Security(Vec::new());
    }
    let mut topics = TOPICS.iter();
    let topic = topics.find(|(_, keywords)| keywords.contains(&keyword));
    topic.map_or(Topic::Detail, |(topic, _)| topic.clone())
}

/// `minLength` as `min_length`; extensions as they are.
pub(super) fn aspect_of(keyword: &str) -> String {
    if keyword.starts_with("x-") {
        return keyword.to_owned();
    }
    heck::ToSnakeCase::to_snake_case(keyword)
}

/// A value as a fact shows it: strings bare on one line, the rest as compact JSON with sorted
/// members.
pub(super) fn text(node: &Node) -> String {
    match &node.value {
        Value::String(text) if !text.contains('\n') => text.clone(),
        // `1.0` and `1` are one number.
        Value::Number(number) => match number.as_integer() {
            Some(whole) => whole.to_string(),
            None => node.to_json_value().to_string(),
        },
        _ => node.to_json_value().to_string(),
    }
}

/// Security alternatives in one line, in their order, since the first that a client can meet
/// is the one it takes: `A + B | C(scope)`.
pub(super) fn alternatives(security: &Node, overrides: &NameOverrides) -> String {
    let all: Vec<String> = items(Some(security))
        .iter()
        .map(|alternative| {
            let schemes = members(Some(alternative)).map(|(name, scopes)| {
                let name = overrides.scheme(name);
                let scopes: Vec<String> = items(Some(scopes)).iter().map(text).collect();
                match scopes.is_empty() {
                    true => name.to_owned(),
                    false => format!("{name}({})", scopes.join(", ")),
                }
            });
            let mut schemes: Vec<String> = schemes.collect();
            schemes.sort();
            match schemes.is_empty() {
                true => "none".to_owned(),
                false => schemes.join(" + "),
            }
        })
        .collect();
    match all.is_empty() {
        true => "none".to_owned(),
        false => all.join(" | "),
    }
}

/// Security alternatives, each with its schemes and, behind a colon, their scopes.
pub(super) fn credentials(security: &Node, overrides: &NameOverrides) -> Vec<Vec<String>> {
    let demands = |alternative| {
        let schemes = members(Some(alternative));
        let demands = schemes.flat_map(|(name, scopes): (&str, &Node)| {
            let name = overrides.scheme(name);
            let scopes = items(Some(scopes)).iter();
            let scopes = scopes.map(move |scope| format!("{name}:{}", text(scope)));
            std::iter::once(name.to_owned()).chain(scopes)
        });
        demands.collect()
    };
    items(Some(security)).iter().map(demands).collect()
}

/// The members of an object.
pub(super) fn members(node: Option<&Node>) -> impl Iterator<Item = (&str, &Node)> + Clone {
    let object = node.and_then(Node::as_object);
    object
        .into_iter()
        .flatten()
        .map(|(key, member)| (key.as_str(), member))
}

/// The elements of an array.
pub(super) fn items(node: Option<&Node>) -> &[Node] {
    node.and_then(Node::as_array).unwrap_or_default()
}

/// The text of a member; empty where there is none.
pub(super) fn member_text(node: &Node, key: &str) -> String {
    node.get(key).map(text).unwrap_or_default()
}
