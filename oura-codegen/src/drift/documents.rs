//! The documents that webhook events lead to: they follow from operations and from the
//! values that events name their data by, and so come and go with those.
//!
//! Input: what both documents mean, and the changes. Output: a note on the change that
//! brings such a document or takes it away, and its name there.

use super::{Change, Kind};
use crate::ir::{Documents, Ident, WebhookDocument};
use crate::lower::Lowered;

/// Tells of documents where their operations or values come and go.
pub(super) fn tell_documents(old: &Lowered, new: &Lowered, changes: &mut [Change]) {
    let (olds, news) = (&old.api.documents, &new.api.documents);
    tell(changes, only_in(olds, news), "goes with it");
    tell(changes, only_in(news, olds), "comes with it");
}

/// Those that the other side does not have, with the enum that names them.
fn only_in<'d>(
    one: &'d Option<Documents>,
    other: &Option<Documents>,
) -> Vec<(&'d Ident, &'d WebhookDocument)> {
    let others = other.iter().flat_map(|other| &other.documents);
    let known: Vec<&Ident> = others.map(|document| &document.ident).collect();
    let all = one.iter().flat_map(|one| {
        let documents = one.documents.iter();
        documents.map(|document| (&one.data_type, document))
    });
    all.filter(|(_, document)| !known.contains(&&document.ident))
        .collect()
}

fn tell(changes: &mut [Change], documents: Vec<(&Ident, &WebhookDocument)>, what: &str) {
    for (data_type, document) in documents {
        let mut changes = changes.iter_mut();
        let Some(change) = changes.find(|change| decides(change, data_type, document)) else {
            continue;
        };
        let ident = &document.ident;
        let told = format!("`webhook::Document::{ident}` {what}.");
        change.note = Some(match change.note.take() {
            None => told,
            Some(note) => format!("{note} {told}"),
        });
        change.documents.push(ident.clone());
    }
}

/// Whether a change decides that there is such a document: one of its operation, of the value
/// that names it, or of the enum of all such values.
fn decides(change: &Change, data_type: &Ident, document: &WebhookDocument) -> bool {
    let head = change.subject.split(' ').next();
    match change.kind {
        Kind::EnumValueAdded | Kind::EnumValueRemoved => {
            let value = change.before.as_ref().or(change.after.as_ref());
            head == Some(data_type) && value == Some(&document.wire_name)
        }
        Kind::SchemaAdded | Kind::SchemaRemoved | Kind::SchemaReached | Kind::SchemaUnreached => {
            head == Some(data_type)
        }
        Kind::OperationAdded
        | Kind::OperationRemoved
        | Kind::ParameterAdded
        | Kind::ParameterRemoved
        | Kind::ParameterRequired => head == Some(&document.route),
        _ => false,
    }
}
