//! Schemas that keywords combine: an `allOf` is a conjunction, and what is beside a union applies
//! to each of its branches. A simpler schema with the same meaning replaces the combination, so
//! that types and facts do not depend on how a spec wrote it.

use super::conversion::{ANNOTATIONS, Conversion, is_annotation};
use super::fragment::REF;
use super::keywords::{SCHEMA, aside_name};
use super::references::type_of;
use super::tree::{distinct, elements, list};
use crate::document::{Members, Node, Number, Value};

/// The keywords of unions.
const UNIONS: [&str; 2] = ["oneOf", "anyOf"];

/// The keywords of an object beside a union that apply to each branch.
const BASE: &[&str] = &["allOf", "properties", "required", "additionalProperties"];

impl Conversion<'_> {
    /// Simplifies the combinations of a schema whose parts are simple.
    pub(super) fn combine(&mut self) {
        for key in UNIONS {
            self.merge_values(key);
            self.set_restriction_aside(key);
        }
        self.fold_parts();
        self.lift_union();
        self.drop_known_type();
        for key in UNIONS {
            self.distribute(key);
        }
    }

    /// Branches of one value each become one enum. The descriptions of the values are kept aside.
    fn merge_values(&mut self, key: &str) {
        let branches = self.members.get(key).map_or(&[][..], elements);
        let first = branches.iter().find_map(single_value);
        let Some((type_name, _)) = first else {
            return;
        };
        let type_name = type_name.clone();
        let is_value = |branch: &&Node| {
            single_value(branch).is_some_and(|(name, _)| name.value == type_name.value)
        };
        let (values, mut others): (Vec<_>, Vec<_>) = branches.iter().partition(is_value);
        if values.len() < 2 && !others.is_empty() {
            return;
        }
        let origin = values[0].origin.clone();
        let all = values.iter().filter_map(|branch| single_value(branch));
        let all = Node::new(distinct(all.map(|(_, value)| value)), origin.clone());
        let said = values.into_iter().cloned().collect::<Vec<_>>();
        let merged = Members::from_iter([
            ("type".to_owned(), type_name),
            ("enum".to_owned(), all),
            ("x-oneOf".to_owned(), Node::new(said, origin.clone())),
        ]);
        let merged = Node::new(merged, origin);
        let mut branches: Vec<Node> = others.drain(..).cloned().collect();
        let Some(union) = self.take(key) else {
            return;
        };
        if !branches.is_empty() {
            branches.push(merged);
            return self.set(key, Node::new(branches, union.origin));
        }
        let own = self.members.get("type");
        if own.is_some_and(|own| Some(&own.value) == merged.get("type").map(|ty| &ty.value)) {
            self.take("type");
        }
        self.merge(merged, &union.origin);
    }

    /// Sets a union aside whose branches only require properties: they restrict values and name no
    /// type.
    fn set_restriction_aside(&mut self, key: &str) {
        let branches = self.members.get(key).map_or(&[][..], elements);
        if !branches.is_empty()
            && branches.iter().all(is_restriction)
            && let Some(union) = self.take(key)
        {
            self.set_aside(key, union);
        }
    }

    /// Moves the keywords of a part into the schema itself, if the part says nothing about the
    /// contents of a value or is the only one.
    fn fold_parts(&mut self) {
        let Some(all_of) = self.take("allOf") else {
            return;
        };
        let mut parts = Vec::new();
        for part in elements(&all_of) {
            if !(is_plain(part) && self.absorb(part)) {
                parts.push(part.clone());
            }
        }
        if let [only] = &parts[..]
            && only.get(REF).is_none()
            && self.absorb(only)
        {
            parts.clear();
        }
        if !parts.is_empty() {
            self.set("allOf", Node::new(parts, all_of.origin));
        }
    }

    /// Adds the keywords of a schema, unless the two schemas contradict each other.
    fn absorb(&mut self, schema: &Node) -> bool {
        let inner = schema.as_object().cloned().unwrap_or_default();
        let clashes = |key: &String, node: &Node| {
            let own = self.members.get(key).filter(|_| !is_annotation(key));
            own.is_some_and(|own| *own != *node && key != "required" && tighter(key).is_none())
        };
        // Which properties are additional depends on the properties beside the keyword.
        let both = |one: &str, other: &str| {
            self.members.contains_key(one) && inner.contains_key(other) && !inner.contains_key(one)
        };
        if inner.iter().any(|(key, node)| clashes(key, node))
            // It names the part and not the schema.
            || inner.contains_key("x-rust-name")
            || both("properties", "additionalProperties")
            || both("additionalProperties", "properties")
        {
            return false;
        }
        for (key, node) in inner {
            match self.members.get_mut(&key).map(|own| &mut own.value) {
                None => self.set(&key, node),
                Some(Value::Array(names)) if key == "required" => {
                    names.extend(elements(&node).iter().cloned());
                }
                Some(own) if key == "nullable" => *own = Value::Bool(true),
                // The schema's own description comes first; the other one is kept aside.
                Some(own) if ANNOTATIONS.contains(&key.as_str()) => {
                    if *own != node.value {
                        self.members.entry(aside_name(&key)).or_insert(node);
                    }
                }
                Some(Value::Number(own)) => {
                    if let (Some(is_tighter), Value::Number(other)) = (tighter(&key), node.value)
                        && is_tighter(&other, own)
                    {
                        *own = other;
                    }
                }
                Some(_) => {}
            }
        }
        true
    }

    /// Makes a union that is a part of an `allOf` a union of combinations with the other parts.
    fn lift_union(&mut self) {
        if UNIONS.iter().any(|key| self.members.contains_key(*key)) {
            return;
        }
        let parts = self.members.get("allOf").map_or(&[][..], elements);
        let is_union = |part: &&Node| {
            UNIONS.iter().any(|key| part.get(key).is_some()) && part.get(REF).is_none()
        };
        let mut unions = parts.iter().enumerate().filter(|(_, part)| is_union(part));
        if let (Some((index, union)), None) = (unions.next(), unions.next()) {
            let union = union.clone();
            if self.absorb(&union)
                && let Some(Value::Array(parts)) =
                    self.members.get_mut("allOf").map(|parts| &mut parts.value)
            {
                parts.remove(index);
            }
        }
    }

    /// Drops a type that all branches of a union have, or a part of an `allOf`: it adds nothing.
    fn drop_known_type(&mut self) {
        let Some(own) = self.members.get("type").cloned() else {
            return;
        };
        let root = self.root;
        let is_own = |part: &Node| {
            let found = type_of(root, part);
            found == own.as_str() || found == Some("integer") && own.as_str() == Some("number")
        };
        let parts = self.members.get("allOf").map_or(&[][..], elements);
        let mut is_known = parts.iter().any(is_own);
        for key in UNIONS {
            let Some(Value::Array(branches)) =
                self.members.get_mut(key).map(|union| &mut union.value)
            else {
                continue;
            };
            for branch in branches.iter_mut() {
                let says_type = [REF, "type", "allOf", "oneOf", "anyOf"];
                let has_none = says_type.iter().all(|key| branch.get(key).is_none())
                    && type_of(root, branch).is_none_or(|name| Some(name) == own.as_str());
                if let Some(branch) = branch.as_object_mut().filter(|_| has_none) {
                    branch.insert("type".to_owned(), own.clone());
                }
            }
            is_known |= branches.iter().all(is_own);
        }
        if is_known {
            self.take("type");
        }
    }

    /// Copies what is beside a union into each branch.
    fn distribute(&mut self, key: &str) {
        let Some(union) = self.members.get(key).cloned() else {
            return;
        };
        let base = BASE.iter().filter_map(|key| {
            let node = self.members.get(*key)?;
            let says_little = *key == "additionalProperties" && node.as_bool().is_some();
            (!says_little).then(|| ((*key).to_owned(), node.clone()))
        });
        let base: Members = base.collect();
        let mut branches = elements(&union).to_vec();
        let beside = self.beside_union();
        let size: usize = beside
            .iter()
            .map(|name| self.members[name].walk().count())
            .sum();
        if !self.root.copies.allow(size * branches.len()) {
            let message = format!("what is beside `{key}` is too large for so many branches");
            let help = "describe fewer branches, or less beside them, in the overlay";
            return self.fail(&union.origin, message, help);
        }
        for branch in &mut branches {
            self.share(branch);
            if !base.is_empty() && self.may_be_object(branch) {
                *branch = extended(&base, branch);
            }
        }
        for name in beside {
            if let Some(node) = self.take(&name).filter(|_| !base.contains_key(&name)) {
                self.set_aside(&name, node);
            }
        }
        self.set(key, Node::new(branches, union.origin));
    }

    /// The names of the keywords beside a union that apply to its branches.
    fn beside_union(&self) -> Vec<String> {
        let beside = self.members.keys().filter(|name| {
            SCHEMA
                .keyword(name)
                .is_some_and(|keyword| !keyword.types.is_empty())
                || BASE.contains(&name.as_str())
        });
        beside.cloned().collect()
    }

    /// Gives a branch that is written in place the constraints of its type.
    fn share(&self, branch: &mut Node) {
        let Some(name) = branch.get("type").and_then(Node::as_str).map(str::to_owned) else {
            return;
        };
        let Some(branch) = branch.as_object_mut() else {
            return;
        };
        for (key, node) in &self.members {
            let types = SCHEMA.keyword(key).map_or(&[][..], |keyword| keyword.types);
            if types.contains(&name.as_str())
                && !BASE.contains(&key.as_str())
                && !branch.contains_key(key)
            {
                branch.insert(key.clone(), node.clone());
            }
        }
    }

    fn may_be_object(&self, branch: &Node) -> bool {
        type_of(self.root, branch).is_none_or(|name| name == "object")
    }
}

/// The type and the value of a branch that is one value with annotations.
fn single_value(branch: &Node) -> Option<(&Node, &Node)> {
    let members = branch.as_object()?;
    let is_known = |key: &String| key == "type" || key == "enum" || is_annotation(key);
    let ty = members.get("type")?;
    match members.get("enum").map(elements)? {
        [value] if members.keys().all(is_known) => {
            matches!(ty.as_str(), Some("string" | "integer")).then_some((ty, value))
        }
        _ => None,
    }
}

/// Whether a schema says only which properties are required.
fn is_restriction(schema: &Node) -> bool {
    let requires = |members: &Members| {
        members.contains_key("required")
            && members.iter().all(|(key, node)| match key.as_str() {
                "type" => node.as_str() == Some("object"),
                "required" => true,
                _ => is_annotation(key),
            })
    };
    schema
        .as_object()
        .is_some_and(|members| match members.get("not") {
            Some(not)
                if members
                    .keys()
                    .all(|key| key == "not" || key == "required" || is_annotation(key)) =>
            {
                not.as_object().is_some_and(requires)
                    || UNIONS.iter().any(|key| {
                        let branches = list(not, key);
                        !branches.is_empty() && branches.iter().all(is_restriction)
                    })
            }
            _ => requires(members),
        })
}

/// A comparison of two bounds of a kind: whether the first allows less.
fn tighter(key: &str) -> Option<fn(&Number, &Number) -> bool> {
    match key {
        "minimum" | "minLength" | "minItems" | "minProperties" => Some(|one, other| one > other),
        "maximum" | "maxLength" | "maxItems" | "maxProperties" => Some(|one, other| one < other),
        _ => None,
    }
}

/// Whether a part is written in place and says nothing about the contents of a value.
fn is_plain(part: &Node) -> bool {
    let is_scalar = |node: &Node| !matches!(node.as_str(), Some("object" | "array"));
    part.as_object().is_some_and(|members| {
        members.iter().all(|(key, node)| {
            if key == "type" {
                return is_scalar(node);
            }
            let types = SCHEMA.keyword(key).map_or(&[][..], |keyword| keyword.types);
            let is_bound = !types.is_empty() && !BASE.contains(&key.as_str()) && key != "items";
            is_annotation(key) || is_bound
        })
    })
}

/// A branch with the keywords of the schema around the union. It keeps its own annotations.
fn extended(base: &Members, branch: &Node) -> Node {
    let origin = &branch.origin;
    let mut words = Members::default();
    let mut branch = branch.clone();
    if let Some(members) = branch.as_object_mut() {
        for key in ["title", "x-rust-name"] {
            if let Some(word) = members.shift_remove(key) {
                words.insert(key.to_owned(), word);
            }
        }
    }
    let mut own = base.clone();
    own.insert("type".to_owned(), Node::new("object", origin.clone()));
    let mut parts = Vec::new();
    if let Some(all_of) = own.shift_remove("allOf") {
        parts.extend(elements(&all_of).iter().cloned());
    }
    if own.len() > 1 {
        parts.push(Node::new(own, origin.clone()));
    }
    parts.push(branch);
    words.insert("allOf".to_owned(), Node::new(parts, origin.clone()));
    Node::new(words, origin.clone())
}
