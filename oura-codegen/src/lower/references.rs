//! References to components.

use indexmap::IndexMap;
use openapiv3::ReferenceOr;

use crate::pointer::Pointer;

const SCHEMA_PREFIX: &str = "#/components/schemas/";

/// The key of the component schema that a reference names, unescaped.
pub(super) fn component_key(reference: &str) -> Option<String> {
    reference.strip_prefix(SCHEMA_PREFIX).map(unescaped)
}

/// The place of a component schema.
pub(super) fn schema_place(key: &str) -> Pointer {
    Pointer::root().keys(&["components", "schemas", key])
}

/// What a reference to a section of the components leads to, through further references, and
/// its place.
pub(super) fn follow<'a, T>(
    section: &'a IndexMap<String, ReferenceOr<T>>,
    name: &str,
    reference: &str,
) -> Option<(&'a T, Pointer)> {
    let prefix = format!("#/components/{name}/");
    let mut key = unescaped(reference.strip_prefix(&prefix)?);
    for _ in 0..=section.len() {
        match section.get(&key)? {
            ReferenceOr::Item(item) => {
                return Some((item, Pointer::root().keys(&["components", name, &key])));
            }
            ReferenceOr::Reference { reference } => {
                key = unescaped(reference.strip_prefix(&prefix)?);
            }
        }
    }
    None
}

fn unescaped(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}
