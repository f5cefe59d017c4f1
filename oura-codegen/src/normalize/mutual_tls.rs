//! Schemes of mutual TLS, which OpenAPI 3.0 does not have. The certificate of a client belongs
//! to its transport, so that it is not part of any request.

use super::keywords::MUTUAL_TLS;
use crate::document::{Members, Node, Value};

/// Removes schemes of mutual TLS and their requirements from a spec. The schemes are kept as an
/// extension of the components.
pub(super) fn drop_mutual_tls(root: &mut Node) {
    let is_mutual = |node: &Node| node.get("type").and_then(Node::as_str) == Some(MUTUAL_TLS);
    let Some(components) = root.get_mut("components") else {
        return;
    };
    let schemes = components.get_mut("securitySchemes");
    let Some(schemes) = schemes.and_then(Node::as_object_mut) else {
        return;
    };
    let mut dropped = Members::default();
    for (name, scheme) in std::mem::take(schemes) {
        match is_mutual(&scheme) {
            true => dropped.insert(name, scheme),
            false => schemes.insert(name, scheme),
        };
    }
    if dropped.is_empty() {
        return;
    }
    drop_requirements(root, &dropped);
    let origin = root.origin.clone();
    if let Some(components) = root.get_mut("components").and_then(Node::as_object_mut) {
        components.insert("x-mutualTLS".to_owned(), Node::new(dropped, origin));
    }
}

/// Removes schemes from all requirements: of the spec and of its operations.
fn drop_requirements(root: &mut Node, dropped: &Members) {
    let drop_from = |owner: &mut Node| {
        let requirements = owner.get_mut("security").map(|node| &mut node.value);
        let Some(Value::Array(requirements)) = requirements else {
            return;
        };
        for requirement in requirements.iter_mut().filter_map(Node::as_object_mut) {
            requirement.retain(|name, _| !dropped.contains_key(name));
        }
    };
    drop_from(root);
    let paths = root.get_mut("paths").and_then(Node::as_object_mut);
    for item in paths.into_iter().flat_map(|paths| paths.values_mut()) {
        let operations = item.as_object_mut().into_iter();
        operations
            .flat_map(|item| item.values_mut())
            .for_each(drop_from);
    }
}
