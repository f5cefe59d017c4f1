//! `document.json`: the corrected spec for programs that serve it, without its prose.
//!
//! Input: the normalized tree. Output: OpenAPI 3.0.3 as indented JSON. Invariant: what decides
//! which requests and responses are valid is kept; descriptions, titles and samples are not,
//! and of the extensions only those that the generator reads itself.

use super::file::{File, json_file};
use crate::document::{Document, Members, Node, Value, is_prose};

/// Members of an object of OpenAPI whose keys are names that the spec chose.
const NAMED: &[&str] = &[
    "content",
    "encoding",
    "headers",
    "mapping",
    "parameters",
    "paths",
    "patternProperties",
    "properties",
    "requestBodies",
    "responses",
    "schemas",
    "scopes",
    "securitySchemes",
];

/// Members whose values are data: nothing in them is prose.
const DATA: &[&str] = &["default", "enum", "required", "security"];

/// What an object of the tree is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// An object of OpenAPI, whose keys are keywords.
    Keywords,
    /// A map whose keys are names.
    Names,
    /// Responses by status, each of which must have a description.
    Responses,
    /// The description of the whole spec.
    Info,
}

/// Prints the corrected spec without its prose.
pub(super) fn document_file(document: &Document) -> File {
    let members = document.root.as_object();
    let members = members.map(|members| kept_members(members, Role::Keywords));
    let mut members = members.unwrap_or_default();
    members.shift_remove("tags");
    // Whoever serves it is the server; the spec's may be a placeholder.
    members.shift_remove("servers");
    json_file("document", members)
}

fn without_prose(node: &Node, role: Role) -> Node {
    let value = match &node.value {
        Value::Object(members) => Value::Object(kept_members(members, role)),
        Value::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| without_prose(item, Role::Keywords))
                .collect(),
        ),
        other => other.clone(),
    };
    Node::new(value, node.origin.clone())
}

fn kept_members(members: &Members, role: Role) -> Members {
    let mut kept = Members::default();
    for (key, node) in members {
        let node = match role {
            Role::Names | Role::Responses => without_prose(node, Role::Keywords),
            Role::Info if !["title", "version"].contains(&key.as_str()) => continue,
            Role::Info => node.clone(),
            Role::Keywords => match keyword(key, node) {
                Some(node) => node,
                None => continue,
            },
        };
        kept.insert(key.clone(), node);
    }
    if role == Role::Responses {
        for response in kept.values_mut() {
            let description = Node::new("", response.origin.clone());
            if let Some(members) = response.as_object_mut().filter(|r| !r.contains_key("$ref")) {
                members.shift_insert(0, "description".to_owned(), description);
            }
        }
    }
    kept
}

/// The value of a keyword, unless it is prose.
fn keyword(key: &str, node: &Node) -> Option<Node> {
    let is_extension = key.starts_with("x-") && !key.starts_with("x-rust-");
    if is_prose(key) || is_extension {
        return None;
    }
    Some(match key {
        _ if DATA.contains(&key) || key.starts_with("x-rust-") => node.clone(),
        "info" => without_prose(node, Role::Info),
        "responses" => without_prose(node, Role::Responses),
        "scopes" => names_only(node),
        _ if NAMED.contains(&key) => without_prose(node, Role::Names),
        _ => without_prose(node, Role::Keywords),
    })
}

/// Scopes by their names, without what they are for.
fn names_only(node: &Node) -> Node {
    let mut names = node.clone();
    for description in names
        .as_object_mut()
        .into_iter()
        .flat_map(Members::values_mut)
    {
        description.value = "".into();
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse_document;

    #[test]
    fn prose_goes_and_names_that_look_like_prose_stay() {
        let text = "
openapi: 3.0.3
info: {title: T, version: '1', description: gone}
tags: [{name: gone}]
paths:
  /a:
    get:
      tags: [kept]
      summary: gone
      x-rust-scope: daily
      x-owner: gone
      responses: {'200': {description: gone}, '404': {$ref: '#/components/responses/E'}}
components:
  schemas:
    A:
      title: gone
      properties:
        title: {type: string, description: gone, enum: [description, title]}
        example: {type: object, default: {summary: kept}, example: gone}
  securitySchemes:
    O: {type: oauth2, flows: {authorizationCode: {scopes: {daily: gone}}}}
";
        let document = parse_document("a.yaml", text).unwrap();
        let text = document_file(&document).text;
        assert!(!text.contains("gone"), "{text}");
        let printed: serde_json::Value = serde_json::from_str(&text).unwrap();
        let get = &printed["paths"]["/a"]["get"];
        assert_eq!(get["tags"][0], "kept");
        assert_eq!(get["x-rust-scope"], "daily");
        assert_eq!(get["responses"]["200"]["description"], "");
        assert_eq!(
            get["responses"]["404"]["description"],
            serde_json::Value::Null
        );
        let properties = &printed["components"]["schemas"]["A"]["properties"];
        assert_eq!(properties["title"]["enum"][0], "description");
        assert_eq!(properties["example"]["default"]["summary"], "kept");
        let schemes = &printed["components"]["securitySchemes"];
        let scopes = &schemes["O"]["flows"]["authorizationCode"]["scopes"];
        assert_eq!(scopes["daily"], "");
    }
}
