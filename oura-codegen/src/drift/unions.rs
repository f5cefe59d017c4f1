//! Unions, whose members are added and removed one by one: each is a variant in Rust.
//!
//! Input: both sides. Output: whether a place holds one union on both sides, and which of its
//! members only one side has.

use std::collections::BTreeSet;

use super::pairing::Sides;
use super::sides::{Indexed, named};
use crate::facts::{Discriminator, Fact, Subject, SubjectKind, Topic};
use crate::ir::TypeKind;

/// The property that chooses, and each member with the values that choose it, sorted.
type Choice = (String, Vec<(String, String)>);

impl<'a> Sides<'_, 'a> {
    /// Whether a subject is the same union, an enum in Rust, on both sides.
    pub(super) fn is_union(&self, name: &str) -> bool {
        let union = |side: &Indexed<'_>| -> Option<String> {
            let ty = side.rust_type(side.subject(name)?)?;
            let definition = side.definition(named(&ty)?)?;
            let is_union = matches!(definition.kind, TypeKind::Union(_));
            is_union.then(|| definition.ident.clone())
        };
        let old = union(self.old);
        old.is_some() && old == union(self.new)
    }

    /// The member of a union that a branch is, when only one side has it.
    pub(super) fn member_of_one_side(
        &self,
        holder: &Subject,
        branch: &Subject,
    ) -> Option<(Option<&'a Fact>, Option<&'a Fact>)> {
        let SubjectKind::Branch(label) = &branch.kind else {
            return None;
        };
        if !self.is_union(&holder.name) {
            return None;
        }
        let member = |side: &Indexed<'a>| {
            let mut branches = branches(side, &holder.name);
            branches.find(|fact| fact.object() == label)
        };
        let (old, new) = (member(self.old), member(self.new));
        (old.is_some() != new.is_some()).then_some((old, new))
    }

    /// Whether a subject has other branches on the other side.
    pub(super) fn branches_differ(&self, name: &str) -> bool {
        self.branch_ids(self.old, name) != self.branch_ids(self.new, name)
    }

    /// Whether the other side has the same branch under another label.
    pub(super) fn has_branch(
        &self,
        fact: &Fact,
        (own, other): (&Indexed<'_>, &Indexed<'_>),
    ) -> bool {
        let id = self.branch_id(own, fact);
        self.branch_ids(other, &fact.key.subject).contains(&id)
    }

    /// The branches of a subject, under the names of the new spec.
    fn branch_ids(&self, side: &Indexed<'_>, name: &str) -> BTreeSet<String> {
        branches(side, name)
            .map(|fact| self.branch_id(side, fact))
            .collect()
    }

    /// The identity of a branch: the schema that it refers to, else its label. Whether `anyOf` or
    /// `oneOf` lists it makes no difference.
    fn branch_id(&self, side: &Indexed<'_>, fact: &Fact) -> String {
        match fact.topic.reference() {
            Some(key) if std::ptr::eq(side, self.old) => self.translated(key),
            Some(key) => format!("$ref {key}"),
            None => fact.object().to_owned(),
        }
    }

    /// The name of an old key in the new spec.
    fn translated(&self, key: &str) -> String {
        let matching = self.matching;
        let new = matching.schemas.get(key).or(matching.merged.get(key));
        format!("$ref {}", new.map_or(key, String::as_str))
    }

    /// Whether two discriminators choose the members that both sides have by the same values.
    /// Added and removed members are reported separately.
    pub(super) fn same_choice(&self, old: &Fact, new: &Fact) -> bool {
        let both = self.choices(old, new);
        old.value == new.value || both.is_some_and(|(old, new)| old == new)
    }

    /// Whether each value that chose a member that both sides have still chooses it.
    pub(super) fn keeps_choice(&self, old: &Fact, new: &Fact) -> bool {
        self.choices(old, new).is_some_and(|(old, new)| {
            let is_kept = |choice| new.1.contains(choice);
            old.0 == new.0 && old.1.iter().all(is_kept)
        })
    }

    /// The choices of two discriminators, limited to the members that both sides have.
    fn choices(&self, old: &Fact, new: &Fact) -> Option<(Choice, Choice)> {
        let name = &new.key.subject;
        let old_ids = self.branch_ids(self.old, name);
        let new_ids = self.branch_ids(self.new, name);
        let is_common = |(id, _): &(String, String)| old_ids.contains(id) && new_ids.contains(id);
        let choice = |side: &Indexed<'_>, fact: &Fact| {
            let (property, mut tags) = self.tags(side, fact)?;
            tags.retain(is_common);
            Some((property, tags))
        };
        Some((choice(self.old, old)?, choice(self.new, new)?))
    }

    /// The property and the values that a discriminator chooses by.
    fn tags(&self, side: &Indexed<'_>, fact: &Fact) -> Option<Choice> {
        let Topic::Discriminator(Discriminator { property, tags }) = &fact.topic else {
            return None;
        };
        let mut chosen = Vec::new();
        for fact in branches(side, &fact.key.subject) {
            let Some(key) = fact.topic.reference() else {
                continue;
            };
            let id = self.branch_id(side, fact);
            let own = tags.iter().filter(|(_, target)| target == key);
            let mut own: Vec<_> = own.map(|(tag, _)| (id.clone(), tag.clone())).collect();
            if own.is_empty() {
                own.push((id, key.to_owned()));
            }
            chosen.append(&mut own);
        }
        chosen.sort();
        Some((property.clone(), chosen))
    }
}

/// The branches of a subject.
fn branches<'a>(side: &Indexed<'a>, name: &str) -> impl Iterator<Item = &'a Fact> {
    let facts = side.facts_of(name).iter();
    facts.filter(|fact| matches!(fact.topic, Topic::Branch(_)))
}
