//! Look-ups by name for rendering.

use std::collections::BTreeMap;

use crate::ir;

/// The types by their names.
pub(super) struct Index<'a> {
    pub(super) api: &'a ir::Api,
    /// Each type with the module that it is in.
    pub(super) types: BTreeMap<&'a str, (&'a ir::Module, &'a ir::TypeDef)>,
}

impl<'a> Index<'a> {
    pub(super) fn new(api: &'a ir::Api) -> Self {
        let types_of = |module: &'a ir::Module| {
            module
                .types
                .iter()
                .map(move |def| (def.ident.as_str(), (module, def)))
        };
        let types = api.modules.iter().flat_map(types_of).collect();
        Self { api, types }
    }
}
