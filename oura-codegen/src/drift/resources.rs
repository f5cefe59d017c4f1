//! Notes which resources are added and removed. They follow from operations and from the values
//! that events name their data by.
//!
//! Input: what both specs mean, and the changes. Output: a note on the change that adds or
//! removes a resource, and the name of the resource there.

use super::change::{Change, Kind};
use crate::ir::{Documents, Ident, Resource};
use crate::lower::Lowered;

/// Notes new and removed resources on the changes of their operations or values.
pub(super) fn note_resources(old: &Lowered, new: &Lowered, changes: &mut [Change]) {
    let (olds, news) = (&old.api.documents, &new.api.documents);
    note(changes, olds, only_in(olds, news), "is removed with it");
    note(changes, news, only_in(news, olds), "is added with it");
}

/// Those that the other side does not have.
fn only_in<'d>(one: &'d Documents, other: &Documents) -> Vec<&'d Resource> {
    let others = other.resources.iter();
    let known: Vec<&Ident> = others.map(|resource| &resource.ident).collect();
    let all = one.resources.iter();
    all.filter(|resource| !known.contains(&&resource.ident))
        .collect()
}

fn note(changes: &mut [Change], all: &Documents, resources: Vec<&Resource>, what: &str) {
    for resource in resources {
        let mut changes = changes.iter_mut();
        let Some(change) = changes.find(|change| decides(change, all, resource)) else {
            continue;
        };
        let ident = &resource.ident;
        let text = format!("`Resource::{ident}` {what}.");
        change.note = Some(match change.note.take() {
            None => text,
            Some(note) => format!("{note} {text}"),
        });
        change.documents.push(ident.clone());
    }
}

/// Whether a change adds or removes such a resource: a change of one of its operations, of the
/// value that names it, or of the enum of all such values.
fn decides(change: &Change, all: &Documents, resource: &Resource) -> bool {
    let is_enum = all.data_type.as_ref() == Some(&change.part_of);
    let list = resource.list.as_ref().map(|list| &list.access);
    let mut accesses = resource.get.iter().chain(list);
    let is_access = accesses.any(|access| access.route == change.part_of);
    match change.kind {
        Kind::EnumValueAdded | Kind::EnumValueRemoved => {
            let value = change.before.as_ref().or(change.after.as_ref());
            is_enum && value == Some(&resource.wire_name)
        }
        Kind::SchemaAdded | Kind::SchemaRemoved | Kind::SchemaReached | Kind::SchemaUnreached => {
            is_enum
        }
        Kind::OperationAdded
        | Kind::OperationRemoved
        | Kind::ParameterAdded
        | Kind::ParameterRemoved
        | Kind::ParameterRequired => is_access,
        _ => false,
    }
}
