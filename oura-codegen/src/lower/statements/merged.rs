//! States an `allOf` of several parts: the facts, like the struct that lowering makes of it, have
//! the properties of all parts.

use std::collections::HashSet;
use std::ptr;
use std::sync::Arc;

use indexmap::IndexMap;

use super::words::{items, members};
use super::{FactBuilder, Statements};
use crate::document::{Document, Node};
use crate::facts::{Subject, SubjectKind, Topic};
use crate::lower::narrower::{Narrower, narrower};
use crate::lower::parts::{is_merged, parts, reference};
use crate::lower::references::schema_place;
use crate::lower::series::RUST_SERIES;

/// How deep merged schemas are stated inside each other with the properties of their parts.
const DEPTH: usize = 4;

/// How many of them are stated that way inside the outermost one.
const MERGES: usize = 1_000;

/// The parts of an `allOf`, merged.
#[derive(Default)]
struct Merged<'n> {
    /// The properties in the order in which the parts name them.
    properties: IndexMap<&'n str, &'n Node>,
    /// The names that some part requires, each with the list that does.
    required: IndexMap<&'n str, &'n Node>,
    /// The schema of the properties without a name.
    additional: Option<&'n Node>,
    /// What else the schema and the parts that are written in place say, each with its holder.
    rest: Vec<(&'n str, &'n Node, &'n Node)>,
    /// The type of the first part that names one.
    ty: Option<&'n Node>,
}

/// Whether a schema is added with its parts or without.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Whole,
    Own,
}

impl Statements<'_, '_> {
    /// States a schema that is only a part of others, without what it has from its own parts: the
    /// types that are made of it state all of that.
    pub(super) fn part(&mut self, subject: &Arc<Subject>, node: &Node) {
        if !is_merged(node) {
            return self.schema(subject, node);
        }
        self.numbered(subject, node);
        let merged = Merged::in_place(self.decided.cx.document, node);
        self.object(subject, node, merged);
    }

    /// States the merged schema as one object. Its parts may have properties that are merged too
    /// and lead back to it: beyond the limits, each states only what it has itself.
    pub(super) fn merged(&mut self, subject: &Arc<Subject>, node: &Node) {
        let cx = self.decided.cx;
        if self.merging.is_empty() {
            self.merges_left = MERGES;
        }
        let is_within = self.merging.len() < DEPTH && self.merges_left > 0;
        let is_back = self.merging.contains(&ptr::from_ref(node));
        if !is_within || is_back || cx.has_inherited_too_many() {
            return self.object(subject, node, Merged::in_place(cx.document, node));
        }
        self.merges_left -= 1;
        self.merging.push(node);
        self.object(subject, node, Merged::of(cx.document, node));
        self.merging.pop();
    }

    fn object(&mut self, subject: &Arc<Subject>, node: &Node, merged: Merged<'_>) {
        let origin = merged.ty.map_or(&node.origin, |ty| &ty.origin);
        let fact = FactBuilder::new(Topic::Type, "type", "object".to_owned(), origin);
        self.push(subject, fact);
        for (position, (name, property)) in merged.properties.iter().enumerate() {
            let is_required = merged.required.contains_key(name);
            self.property((subject, node), (*name, *property), position, is_required);
        }
        for (name, list) in &merged.required {
            if !merged.properties.contains_key(name) {
                self.requires(subject, name, list);
            }
        }
        if let Some(additional) = merged.additional {
            let part = Subject::inside(subject, SubjectKind::Values, &additional.origin, 0);
            self.schema(&part, additional);
        }
        for (keyword, member, holder) in merged.rest {
            self.schema_keyword(subject, holder, keyword, member);
        }
    }
}

impl<'n> Merged<'n> {
    /// What a schema and its parts say.
    fn of(document: &'n Document, node: &'n Node) -> Self {
        Self::collect(document, node, |key| document.get(&schema_place(key)))
    }

    /// What a schema and those of its parts say that are written in place.
    fn in_place(document: &'n Document, node: &'n Node) -> Self {
        Self::collect(document, node, |_| None)
    }

    fn collect(
        document: &'n Document,
        node: &'n Node,
        target: impl Fn(&str) -> Option<&'n Node>,
    ) -> Self {
        let mut merged = Self::default();
        // The keywords of a schema itself come behind those of its parts.
        let mut open = vec![(node, true, Step::Whole)];
        let mut seen = HashSet::new();
        while let Some((node, is_own, step)) = open.pop() {
            // Normalization has refused parts that contain themselves.
            if step == Step::Whole && !seen.insert(ptr::from_ref(node)) {
                continue;
            }
            let parts = parts(node);
            if let Some(key) = reference(node) {
                open.extend(target(&key).map(|target| (target, false, Step::Whole)));
            } else if step == Step::Whole && !parts.is_empty() {
                open.push((node, is_own, Step::Own));
                let parts = parts.iter().rev();
                open.extend(parts.map(|part| (part, is_own, Step::Whole)));
            } else {
                merged.add(document, node, is_own);
            }
        }
        merged
    }

    /// Adds what a part says without its own parts, `is_own` when it is written in place. What
    /// else a component says beside its properties is stated at the component.
    fn add(&mut self, document: &'n Document, node: &'n Node, is_own: bool) {
        for (keyword, member) in members(Some(node)) {
            match keyword {
                "allOf" => {}
                "type" => self.ty = self.ty.or(Some(member)),
                "properties" => self.properties(document, member),
                "required" => {
                    for name in items(Some(member)).iter().filter_map(Node::as_str) {
                        self.required.entry(name).or_insert(member);
                    }
                }
                "additionalProperties" if member.as_object().is_some() => {
                    self.additional = Some(member);
                }
                // The struct has the method of the series, whichever part marks it.
                _ if is_own || keyword == RUST_SERIES => self.rest.push((keyword, member, node)),
                _ => {}
            }
        }
    }

    /// Adds properties. Of several definitions of a property, the narrowest counts.
    fn properties(&mut self, document: &Document, properties: &'n Node) {
        for (name, property) in members(Some(properties)) {
            let known = self.properties.entry(name).or_insert(property);
            if narrower(document, known, property) == Some(Narrower::Second) {
                *known = property;
            }
        }
    }
}
