//! Names that another document gives.
//!
//! Two documents are compared by names. Where one of them calls the same thing otherwise, it
//! is lowered under the names of the other, so that what both say stands side by side.

use std::collections::BTreeMap;

use crate::ir::Ident;

/// Names that stand above those of the document and the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GivenNames {
    /// Rust names of component schemas, by key.
    pub(crate) schemas: BTreeMap<String, Ident>,
    /// Rust names of generic types, by their own.
    pub(crate) generics: BTreeMap<Ident, Ident>,
    /// Names of security schemes, by their own.
    pub(crate) schemes: BTreeMap<String, String>,
    /// Names of operations, by HTTP method and path template.
    pub(crate) operations: BTreeMap<(String, String), GivenOperation>,
}

/// The names of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GivenOperation {
    pub(crate) method: Ident,
    pub(crate) route: Ident,
    /// The template whose parameters name those of the path.
    pub(crate) path_template: String,
}

impl GivenNames {
    /// The name of a security scheme.
    pub(super) fn scheme<'n>(&'n self, name: &'n str) -> &'n str {
        self.schemes.get(name).map_or(name, String::as_str)
    }

    /// The names of an operation.
    pub(super) fn operation(&self, method: &str, template: &str) -> Option<&GivenOperation> {
        if self.operations.is_empty() {
            return None;
        }
        let key = (method.to_uppercase(), template.to_owned());
        self.operations.get(&key)
    }
}
