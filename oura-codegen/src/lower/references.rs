//! References to components.

use std::sync::Arc;

use indexmap::IndexMap;
use openapiv3::ReferenceOr;

use crate::pointer::{Pointer, Token, escape, unescape};

const SCHEMA_PREFIX: &str = "#/components/schemas/";

/// The key of the component schema that a reference names, unescaped.
pub(super) fn component_key(reference: &str) -> Option<String> {
    unescape(reference.strip_prefix(SCHEMA_PREFIX)?)
}

/// The reference to the component schema of a key.
pub(super) fn reference_to(key: &str) -> String {
    format!("{SCHEMA_PREFIX}{}", escape(key))
}

/// The place of a component schema.
pub(super) fn schema_place(key: &str) -> Pointer {
    Pointer::root().keys(&["components", "schemas", key])
}

/// The key of the component schema in which a place is.
pub(super) fn component_at(at: &Pointer) -> Option<Arc<str>> {
    match &at.tokens()[..] {
        [
            Token::Key(components),
            Token::Key(schemas),
            Token::Key(key),
            ..,
        ] => {
            let is_schema = &**components == "components" && &**schemas == "schemas";
            is_schema.then(|| Arc::clone(key))
        }
        _ => None,
    }
}

/// What a reference to a section of the components leads to, through further references, and
/// its place.
pub(super) fn follow<'a, T>(
    section: &'a IndexMap<String, ReferenceOr<T>>,
    name: &str,
    reference: &str,
) -> Option<(&'a T, Pointer)> {
    let prefix = format!("#/components/{name}/");
    let mut key = unescape(reference.strip_prefix(&prefix)?)?;
    for _ in 0..=section.len() {
        match section.get(&key)? {
            ReferenceOr::Item(item) => {
                return Some((item, Pointer::root().keys(&["components", name, &key])));
            }
            ReferenceOr::Reference { reference } => {
                key = unescape(reference.strip_prefix(&prefix)?)?;
            }
        }
    }
    None
}
