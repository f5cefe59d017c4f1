//! Finds the changes of the spec that cause an error of the compiler.
//!
//! Input: the compiler's message, and the review. Output: the ids of the breaking changes whose old
//! names are in the message. Names are compared without case and underscores, because Rust and the
//! spec write variants, methods and properties in different ways.

use oura_codegen::drift::{Change, Kind};

use crate::drift::cross_check::{plain, words_of};
use crate::drift::review::{Review, Section};

/// The ids of the breaking changes that may cause an error with this message.
pub fn causes<'r>(message: &str, review: &'r Review) -> Vec<&'r str> {
    let said = words_of(message);
    let about = |names: fn(&Change) -> Vec<Vec<String>>| -> Vec<&'r str> {
        let entries = review.section(Section::Source);
        let entries = entries.filter(|entry| {
            let mut names = names(&entry.change).into_iter();
            names.any(|names| are_said(&names, &said))
        });
        entries.map(|entry| entry.change.id.as_str()).collect()
    };
    let exact = about(old_names);
    match exact.is_empty() {
        true => about(enum_names),
        false => exact,
    }
}

/// Whether all names are in a message, which may name the enum of a type's fields instead of the
/// type.
fn are_said(names: &[String], said: &[String]) -> bool {
    let is_said = |name: &String| said.contains(name) || said.contains(&format!("{name}field"));
    !names.is_empty() && names.iter().all(is_said)
}

/// The names that code which uses the old item contains. One of the alternatives is enough.
fn old_names(change: &Change) -> Vec<Vec<String>> {
    const CONNECTING: [&str; 4] = ["query", "path", "header", "body"];
    let before = change.before.as_deref().unwrap_or_default();
    let mut subject = words_of(&change.subject);
    subject.retain(|name| !CONNECTING.contains(&name.as_str()));
    let mut names = match change.kind {
        Kind::EnumValueRemoved => {
            subject.push(plain(before));
            vec![subject]
        }
        // `PublicWorkout (Workout)`: the key and the Rust name.
        Kind::SchemaRenamed => words_of(before)
            .into_iter()
            .map(|name| vec![name])
            .collect(),
        Kind::OperationRenamed | Kind::ParameterRenamed => vec![words_of(before)],
        _ => vec![subject],
    };
    // A resource is removed with its operations: `Resource::Tag`, `Document::Tag`.
    for resource in &change.documents {
        let holders = ["resource", "document"];
        names.extend(holders.map(|holder| vec![holder.to_owned(), plain(resource)]));
    }
    names
}

/// The enum of a removed value, because the value's Rust name may be spelt differently.
fn enum_names(change: &Change) -> Vec<Vec<String>> {
    match change.kind {
        Kind::EnumValueRemoved => vec![words_of(&change.subject)],
        _ => Vec::new(),
    }
}
