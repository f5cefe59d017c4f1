//! A spec for programs that serve it, without text for readers.

use super::fragment::REF;
use super::keywords::{DOCUMENT, INFO, OURS, ObjectKind, RESPONSE, Shape};
use crate::document::{Document, Members, Node, Value, is_prose};

/// The parts that decide which requests and responses are valid: no descriptions, titles or
/// samples, and only those extensions that the generator reads.
#[must_use]
pub fn without_prose(document: &Document) -> Document {
    let mut root = stripped(Shape::Object(&DOCUMENT), &document.root);
    if let Some(members) = root.as_object_mut() {
        members.shift_remove("tags");
        // The program that serves the spec is the server; the spec's server may be a placeholder.
        members.shift_remove("servers");
    }
    Document { root }
}

fn stripped(shape: Shape, node: &Node) -> Node {
    let below = |key: &str, child| stripped(shape.below(node, key).unwrap_or(Shape::Any), child);
    let value = match (&node.value, shape.kind()) {
        (Value::Object(members), None) => {
            let members = members.iter();
            let members = members.map(|(key, child)| (key.clone(), below(key, child)));
            Value::Object(members.collect())
        }
        (Value::Object(members), Some(kind)) => {
            let kept = members.iter().filter(|(key, _)| is_kept(kind, key));
            let kept = kept.map(|(key, child)| match key.as_str() {
                "scopes" => (key.clone(), names_only(child)),
                _ => (key.clone(), below(key, child)),
            });
            let mut kept: Members = kept.collect();
            if std::ptr::eq(kind, &RESPONSE) && !kept.contains_key(REF) {
                // A response must have one.
                let description = Node::new("", node.origin.clone());
                kept.shift_insert(0, "description".to_owned(), description);
            }
            Value::Object(kept)
        }
        (Value::Array(items), _) => {
            let items = items.iter().enumerate();
            let items = items.map(|(index, item)| below(&index.to_string(), item));
            Value::Array(items.collect())
        }
        (scalar, _) => scalar.clone(),
    };
    Node::new(value, node.origin.clone())
}

fn is_kept(kind: &ObjectKind, key: &str) -> bool {
    match key.starts_with("x-") {
        true => key.starts_with(OURS),
        false if std::ptr::eq(kind, &INFO) => matches!(key, "title" | "version"),
        false => !is_prose(key),
    }
}

/// Scopes by their names, without descriptions.
fn names_only(node: &Node) -> Node {
    let mut names = node.clone();
    let scopes = names.as_object_mut().into_iter();
    for description in scopes.flat_map(Members::values_mut) {
        description.value = "".into();
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse_document;

    #[test]
    fn prose_is_removed_and_names_that_look_like_prose_stay() {
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
        let text = without_prose(&document).to_json();
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
