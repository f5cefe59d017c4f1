//! Overrides of names, for the comparison of two specs.
//!
//! Two specs are compared by names. Where they have two names for the same thing, one of them is
//! lowered with the name of the other.

use std::collections::BTreeMap;

use crate::ir::Ident;

/// Names that replace those of the spec and the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameOverrides {
    /// Rust names of component schemas, by key.
    pub(crate) schemas: BTreeMap<String, Ident>,
    /// Rust names of generic types, by the Rust name that they replace.
    pub(crate) generics: BTreeMap<Ident, Ident>,
    /// Names of security schemes, by the name that they replace.
    pub(crate) schemes: BTreeMap<String, String>,
    /// Names of operations, by HTTP method and path template.
    pub(crate) operations: BTreeMap<(String, String), OperationNames>,
}

/// The names of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OperationNames {
    pub(crate) method: Ident,
    pub(crate) route: Ident,
    /// The template whose parameters name those of the path.
    pub(crate) path_template: String,
}

impl NameOverrides {
    /// The name of a security scheme.
    pub(super) fn scheme<'n>(&'n self, name: &'n str) -> &'n str {
        self.schemes.get(name).map_or(name, String::as_str)
    }

    /// The names of an operation.
    pub(super) fn operation(&self, method: &str, template: &str) -> Option<&OperationNames> {
        if self.operations.is_empty() {
            return None;
        }
        let key = (method.to_uppercase(), template.to_owned());
        self.operations.get(&key)
    }
}
