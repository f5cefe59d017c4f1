//! Claims identifiers in a scope, and resolves collisions.
//!
//! Invariant: no two things of a scope have the same name. Two names that become the same
//! identifier are an error that names both places, or are numbered.

use std::collections::{BTreeMap, BTreeSet};

use super::context::{Context, NumberedName};
use super::names::{RUST_NAMES, Rename, unescaped};
use crate::error::Error;
use crate::ir::Ident;
use crate::pointer::{Origin, Pointer};
use crate::policy::Collisions;

/// A request for an identifier in a scope.
pub(super) struct Claim<'c> {
    /// The identifier that it gets when nothing else has it.
    pub(super) ident: Ident,
    /// Its name in messages.
    pub(super) wire_name: &'c str,
    pub(super) at: &'c Origin,
    pub(super) rename: Rename,
}

/// Names of one scope and where each was first used.
#[derive(Default)]
pub(super) struct Scope {
    taken: BTreeMap<Ident, (String, Origin)>,
    /// Names that the help of errors has proposed.
    proposed: BTreeSet<Ident>,
    /// The last number of each name: all lower numbers are taken.
    numbers: BTreeMap<Ident, usize>,
}

impl Scope {
    /// Claims an identifier and returns it. One that is taken gets a number, which is also an error
    /// unless the policy numbers collisions.
    pub(super) fn claim(&mut self, cx: &Context<'_>, claim: Claim<'_>) -> Ident {
        self.claim_by(cx, claim, str::to_owned)
    }

    /// Like [`Scope::claim`], where two identifiers collide when `key` makes the same of both.
    pub(super) fn claim_by(
        &mut self,
        cx: &Context<'_>,
        claim: Claim<'_>,
        key: impl Fn(&str) -> String,
    ) -> Ident {
        let owner = (claim.wire_name.to_owned(), claim.at.clone());
        let Some(first) = self.taken.get(&key(&claim.ident)) else {
            self.taken.insert(key(&claim.ident), owner);
            return claim.ident;
        };
        let (number, numbered) = self.numbered(&claim.ident, &key);
        self.numbers.insert(claim.ident.clone(), number);
        match cx.policy.collisions {
            Collisions::Refused => {
                cx.push(collision(cx, &claim, first, &numbered));
                self.proposed.insert(key(&numbered));
            }
            Collisions::Numbered => {
                let name = NumberedName {
                    rename: claim.rename,
                    wire_name: claim.wire_name.to_owned(),
                    ident: numbered.clone(),
                };
                cx.keep_numbered(claim.at, name);
                self.taken.insert(key(&numbered), owner);
            }
        }
        numbered
    }

    /// An identifier for what the spec does not name, with a number where the spec uses the name.
    pub(super) fn free(&self, ident: &str) -> Ident {
        match self.taken.contains_key(ident) {
            true => self.numbered(ident, &str::to_owned).1,
            false => ident.to_owned(),
        }
    }

    /// The first of `name_2`, `name_3` and so on, or `Name2` and `Name3`, that is free, and its
    /// number.
    fn numbered(&self, ident: &str, key: &impl Fn(&str) -> String) -> (usize, Ident) {
        let name = unescaped(ident);
        let is_camel = name.starts_with(char::is_uppercase);
        let gap = match is_camel && !name.ends_with(|c: char| c.is_ascii_digit()) {
            true => "",
            false => "_",
        };
        let mut number = self.numbers.get(ident).map_or(2, |last| last + 1);
        loop {
            let numbered = format!("{name}{gap}{number}");
            let key = key(&numbered);
            if !self.taken.contains_key(&key) && !self.proposed.contains(&key) {
                return (number, numbered);
            }
            number += 1;
        }
    }
}

fn collision(
    cx: &Context<'_>,
    claim: &Claim<'_>,
    (other, place): &(String, Origin),
    free: &str,
) -> Error {
    let Claim {
        ident,
        wire_name,
        at,
        ..
    } = claim;
    let message = format!("`{wire_name}` and `{other}` both become `{ident}` in Rust");
    let error = Error::at(at, message).other(place);
    error.help(claim.help(cx, free))
}

impl Claim<'_> {
    /// The action of an overlay that resolves a collision.
    fn help(&self, cx: &Context<'_>, free: &str) -> String {
        let pointer = &self.at.pointer;
        let value = serde_json::Value::from(self.wire_name);
        let enumeration = pointer.parent().and_then(Pointer::parent);
        let (target, update) = match self.rename {
            Rename::Otherwise(words) => return words.to_owned(),
            Rename::Extension(extension) => (pointer, format!("{{{extension}: {free}}}")),
            Rename::Value => (
                enumeration.unwrap_or(pointer),
                format!("{{{RUST_NAMES}: {{{value}: {free}}}}}"),
            ),
        };
        if self.at.file != cx.document.root.origin.file {
            return format!("make the action that adds it set `{update}`");
        }
        let target = serde_json::Value::from(target.to_json_path());
        format!(
            "name one of them by an action of the overlay: - {{target: {target}, x-evidence: Two \
             names are the same in Rust., update: {update}}}; `--names numbered` numbers all such names"
        )
    }
}
