//! The documents that webhook events lead to.
//!
//! Input: the enum that events name their data by, and all operations. Output: for each of
//! its values the operation that gives such a document by its id. Invariant: a value leads
//! to one operation or, where the document has none, to nothing.

use super::Lowering;
use super::operations::LoweredOperation;
use super::usage::Usage;
use crate::error::Error;
use crate::ir::{BodyType, Documents, Ident, Operation, Type, TypeKind, WebhookDocument};

impl Lowering<'_> {
    /// The documents of the policy's enum, when the document has that and uses it.
    pub(super) fn lower_documents(
        &mut self,
        operations: &[LoweredOperation],
        usage: &Usage,
    ) -> Option<Documents> {
        let data_type = self.policy.event_data?;
        usage.module(data_type)?;
        let TypeKind::StringEnum(values) = &self.types.get(data_type)?.kind else {
            return None;
        };
        let values = values.variants.clone();
        let documents = values.iter().filter_map(|value| {
            let operation = self.find_by_id(&value.wire_name, operations)?;
            let document = self.document_type(operation)?;
            Some(WebhookDocument {
                wire_name: value.wire_name.clone(),
                ident: value.ident.clone(),
                ty: document,
                route: operation.route.clone(),
                path_template: operation.path_template.clone(),
            })
        });
        Some(Documents {
            documents: documents.collect(),
            data_type: data_type.to_owned(),
        })
    }

    /// The operation that gives a document of a resource by its id. Paths and data types
    /// spell a resource in different case.
    fn find_by_id<'o>(
        &mut self,
        resource: &str,
        operations: &'o [LoweredOperation],
    ) -> Option<&'o Operation> {
        let operations = operations.iter().map(|lowered| &lowered.operation);
        let mut found = operations.filter(|operation| {
            by_id(operation).is_some_and(|name| name.eq_ignore_ascii_case(resource))
        });
        let operation = found.next()?;
        for other in found {
            let message = format!(
                "events of `{resource}` lead to two operations: `{}` and `{}`",
                operation.path_template, other.path_template
            );
            let error = Error::at(&other.origin, message)
                .other(&operation.origin)
                .help("remove one of them with an overlay action");
            self.errors.push(error);
        }
        Some(operation)
    }

    fn document_type(&mut self, operation: &Operation) -> Option<Ident> {
        if let BodyType::Json(Type::Named(ident)) = &operation.success {
            return Some(ident.clone());
        }
        let message = format!(
            "events lead to `{}`, which does not answer with one type of its own",
            operation.path_template
        );
        let error =
            Error::at(&operation.origin, message).help("correct its answer with an overlay action");
        self.errors.push(error);
        None
    }
}

/// The resource of an operation that gives a document by nothing but its id.
fn by_id(operation: &Operation) -> Option<&str> {
    let (rest, last) = operation.path_template.rsplit_once('/')?;
    let (_, resource) = rest.rsplit_once('/')?;
    let is_by_id = operation.http_method == "GET"
        && !operation.is_twin
        && operation.arguments.len() == 1
        && last.starts_with('{');
    is_by_id.then_some(resource)
}
