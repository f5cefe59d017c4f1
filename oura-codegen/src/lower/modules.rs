//! The last step: modules, the server and the twin.

use std::collections::BTreeMap;

use super::context::Context;
use super::operations::LoweredOperation;
use super::shared;
use super::types::Types;
use super::usage::{SHARED, Usage};
use crate::hosts::{Destination, Receiver};
use crate::ir::{Docs, Ident, Module, Operation, Server, Twin};

/// The server that a client uses by default.
pub(super) fn lower_server(cx: &Context<'_>, destinations: &[Destination]) -> Option<Server> {
    let url = server(destinations)?.url.clone()?;
    let described = cx.openapi.servers.first();
    let description = described.and_then(|server| server.description.clone());
    Some(Server {
        url,
        description: description.unwrap_or_default(),
    })
}

/// The destination that is the spec's first server, as the policy judged it.
pub(super) fn server(destinations: &[Destination]) -> Option<&Destination> {
    let mut all = destinations.iter();
    all.find(|one| one.receiver == Receiver::Server)
}

/// The view of the twin operations, when there are any.
pub(super) fn lower_twin(cx: &Context<'_>, operations: &[LoweredOperation]) -> Option<Twin> {
    let twin = cx.policy.twin?;
    let any = operations.iter().any(|lowered| lowered.operation.is_twin);
    any.then(|| Twin {
        accessor: twin.accessor.to_owned(),
        ident: cx.names.upper_camel(twin.accessor),
        docs: Docs::sentence(twin.docs),
        mirrors: shared::mirrors(operations),
    })
}

/// The types that operations reach and the operations, by module.
pub(super) fn lower_modules(
    cx: &Context<'_>,
    types: Types,
    mut operations: Vec<LoweredOperation>,
    usage: &Usage,
) -> Vec<Module> {
    let mut modules: BTreeMap<Ident, Module> = BTreeMap::new();
    for (ident, definition) in types {
        if let Some(module) = usage.module(&ident) {
            module_of(&mut modules, module).types.push(definition);
        }
    }
    operations.sort_by(|one, other| one.operation.route.cmp(&other.operation.route));
    for lowered in operations {
        let module = module_of(&mut modules, &lowered.module);
        if module.docs.text.is_empty() {
            module.docs = tag_docs(cx, &lowered.operation);
        }
        module.operations.push(lowered.operation);
    }
    if let Some(shared) = modules.get_mut(SHARED) {
        shared.docs = Docs::sentence("Types that several resources use.");
    }
    modules.into_values().collect()
}

/// The description of the tag of an operation. Twins share a tag that does not describe the
/// resource.
fn tag_docs(cx: &Context<'_>, operation: &Operation) -> Docs {
    if operation.is_twin {
        return Docs::default();
    }
    let tag = cx.openapi.tags.iter().find(|tag| tag.name == operation.tag);
    let description = tag.and_then(|tag| tag.description.as_deref());
    Docs::sentence(description.unwrap_or_default())
}

fn module_of<'m>(modules: &'m mut BTreeMap<Ident, Module>, ident: &str) -> &'m mut Module {
    modules.entry(ident.to_owned()).or_insert_with(|| Module {
        ident: ident.to_owned(),
        docs: Docs::default(),
        types: Vec::new(),
        operations: Vec::new(),
    })
}
