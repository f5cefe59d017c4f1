//! The last step: modules, the server and the twin.

use std::collections::BTreeMap;

use super::operations::LoweredOperation;
use super::usage::{SHARED, Usage};
use super::{Lowering, sentence};
use crate::hosts::{Destination, Receiver};
use crate::ir::{Docs, Ident, Module, Server, Twin};

impl<'a> Lowering<'a> {
    /// The server that a client talks to unless told otherwise.
    pub(super) fn lower_server(&self) -> Option<Server> {
        let url = self.server()?.url.clone()?;
        let described = self.openapi.servers.first();
        let description = described.and_then(|server| server.description.clone());
        Some(Server {
            url,
            description: description.unwrap_or_default(),
        })
    }

    /// What the policy made of the spec's first server.
    pub(super) fn server(&self) -> Option<&Destination> {
        let mut all = self.destinations.iter();
        all.find(|one| one.receiver == Receiver::Server)
    }

    /// The view of the twin operations, when there are any.
    pub(super) fn lower_twin(&self, operations: &[LoweredOperation]) -> Option<Twin> {
        let twin = self.policy.twin?;
        let any = operations.iter().any(|lowered| lowered.operation.is_twin);
        any.then(|| Twin {
            accessor: twin.accessor.to_owned(),
            ident: self.names.upper_camel(twin.accessor),
            docs: sentence(twin.docs),
        })
    }

    /// The types that operations reach and the operations, by module.
    pub(super) fn modules(
        &mut self,
        operations: Vec<LoweredOperation>,
        usage: &Usage,
    ) -> Vec<Module> {
        let mut modules: BTreeMap<Ident, Module> = BTreeMap::new();
        for (ident, definition) in std::mem::take(&mut self.types) {
            if let Some(module) = usage.module(&ident) {
                module_of(&mut modules, module).types.push(definition);
            }
        }
        for lowered in operations {
            let module = module_of(&mut modules, &lowered.module);
            if module.docs.text.is_empty() {
                module.docs = self.tag_docs(&lowered);
            }
            module.operations.push(lowered.operation);
        }
        if let Some(shared) = modules.get_mut(SHARED) {
            shared.docs = sentence("Types that several resources use.");
        }
        modules.into_values().collect()
    }

    /// What the document says of the tag of an operation. Twins share a tag that says
    /// nothing of the resource.
    fn tag_docs(&self, lowered: &LoweredOperation) -> Docs {
        if lowered.operation.is_twin {
            return Docs::default();
        }
        let tag = self.openapi.tags.iter();
        let tag = tag.clone().find(|tag| tag.name == lowered.operation.tag);
        sentence(
            tag.and_then(|tag| tag.description.as_deref())
                .unwrap_or_default(),
        )
    }
}

fn module_of<'m>(modules: &'m mut BTreeMap<Ident, Module>, ident: &str) -> &'m mut Module {
    modules.entry(ident.to_owned()).or_insert_with(|| Module {
        ident: ident.to_owned(),
        docs: Docs::default(),
        types: Vec::new(),
        operations: Vec::new(),
    })
}
