//! States the facts of schemas.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::words::{aspect_of, items, member_text, members, text};
use super::{FactBuilder, Statements};
use crate::document::Node;
use crate::facts::{Branch, Discriminator, Subject, SubjectKind, Topic};
use crate::lower::components::display;
use crate::lower::names::RUST_NAMES;
use crate::lower::parts::is_merged;
use crate::lower::references::component_key;
use crate::lower::restrictions::{RESTRICTIONS, alternatives};
use crate::lower::series::{RUST_CODES, RUST_SERIES};

impl Statements<'_, '_> {
    pub(super) fn schema(&mut self, subject: &Arc<Subject>, node: &Node) {
        self.numbered(subject, node);
        if is_merged(node) {
            return self.merged(subject, node);
        }
        for (keyword, member) in members(Some(node)) {
            self.schema_keyword(subject, node, keyword, member);
        }
    }

    pub(super) fn schema_keyword(
        &mut self,
        subject: &Arc<Subject>,
        schema: &Node,
        keyword: &str,
        member: &Node,
    ) {
        match keyword {
            "$ref" => self.referred_type(subject, member),
            "required" => self.required_elsewhere(subject, schema, member),
            "properties" => self.properties(subject, schema, member),
            "items" => {
                let part = Subject::inside(subject, SubjectKind::Items, &member.origin, 0);
                self.schema(&part, member);
            }
            "additionalProperties" if member.as_object().is_some() => {
                let part = Subject::inside(subject, SubjectKind::Values, &member.origin, 0);
                self.schema(&part, member);
            }
            // One part means that part.
            "allOf" => items(Some(member))
                .iter()
                .for_each(|part| self.schema(subject, part)),
            "anyOf" | "oneOf" => self.branches(subject, keyword, member),
            "enum" => self.values(subject, member),
            "discriminator" => {
                let topic = Topic::Discriminator(discriminator(member));
                let fact = FactBuilder::new(topic, keyword, text(member), &member.origin);
                self.push(subject, fact);
            }
            _ if let Some(value) = restriction(keyword, member) => {
                let aspect = format!("requires {}", aspect_of(&keyword[2..]));
                let fact = FactBuilder::new(Topic::Bound, aspect, value, &member.origin);
                self.push(subject, fact);
            }
            RUST_NAMES => self.value_names(subject, member),
            RUST_SERIES => self.series(subject, member),
            RUST_CODES => self.codes(subject, member),
            _ => self.keyword(subject, keyword, member),
        }
    }

    fn referred_type(&mut self, subject: &Arc<Subject>, reference: &Node) {
        let name = self.reference(reference);
        let key = reference
            .as_str()
            .and_then(component_key)
            .unwrap_or_default();
        // The argument of a generic type is not a reference to one schema.
        let key = match self.parameter == Some(key.as_str()) {
            true => String::new(),
            false => key,
        };
        let fact = FactBuilder::new(Topic::Reference(key), "type", name, &reference.origin);
        self.push(subject, fact);
    }

    fn properties(&mut self, subject: &Arc<Subject>, schema: &Node, properties: &Node) {
        let required: BTreeSet<&str> = items(schema.get("required"))
            .iter()
            .filter_map(Node::as_str)
            .collect();
        for (position, property) in members(Some(properties)).enumerate() {
            let is_required = required.contains(property.0);
            self.property((subject, schema), property, position, is_required);
        }
    }

    pub(super) fn property(
        &mut self,
        (subject, schema): (&Arc<Subject>, &Node),
        (name, property): (&str, &Node),
        position: usize,
        is_required: bool,
    ) {
        let kind = SubjectKind::Property(name.to_owned());
        let subject = Subject::inside(subject, kind, &property.origin, position);
        let is_required = is_required.to_string();
        let fact = FactBuilder::new(Topic::Required, "required", is_required, &property.origin);
        self.push(&subject, fact.at(position));
        if self.sends_null(schema, name) {
            let yes = true.to_string();
            let fact = FactBuilder::new(Topic::SendsNull, "sends_null", yes, &property.origin);
            self.push(&subject, fact);
        }
        self.schema(&subject, property);
    }

    /// Whether a PATCH can send a property of a schema as null.
    fn sends_null(&self, schema: &Node, name: &str) -> bool {
        self.null_senders.get(&schema.origin).is_some_and(|sender| {
            let mut fields = sender.fields.iter();
            fields.any(|field| field.null_setter.is_some() && field.wire_name == name)
        })
    }

    /// Required properties that the schema does not define.
    fn required_elsewhere(&mut self, subject: &Arc<Subject>, schema: &Node, required: &Node) {
        for name in items(Some(required)).iter().filter_map(Node::as_str) {
            let own = schema.get("properties").and_then(|own| own.get(name));
            if own.is_none() {
                self.requires(subject, name, required);
            }
        }
    }

    pub(super) fn requires(&mut self, subject: &Arc<Subject>, name: &str, list: &Node) {
        let fact = FactBuilder::about(Topic::Required, "requires", name, &list.origin);
        self.push(subject, fact);
    }

    fn branches(&mut self, subject: &Arc<Subject>, keyword: &str, branches: &Node) {
        let verb = match keyword {
            "anyOf" => "any_of",
            _ => "one_of",
        };
        let branches = items(Some(branches));
        if let [only] = branches {
            return self.schema(subject, only);
        }
        for (position, branch) in branches.iter().enumerate() {
            let label = self.label(branch);
            let topic = Topic::Branch(described(branch));
            let fact = FactBuilder::about(topic, verb, label.as_str(), &branch.origin);
            self.push(subject, fact.at(position));
            let kind = SubjectKind::Branch(label);
            let part = Subject::inside(subject, kind, &branch.origin, position);
            self.numbered(&part, branch);
            for (keyword, member) in members(Some(branch)) {
                match keyword {
                    "$ref" => {}
                    "type" | "format" if !has_title(branch) => {}
                    "allOf" if is_one_reference(member) => {}
                    _ => self.schema_keyword(&part, branch, keyword, member),
                }
            }
        }
    }

    /// The label of a branch: what it refers to, else its title, which names its variant, else its
    /// type and format.
    fn label(&self, branch: &Node) -> String {
        if let Some(reference) = branch.get("$ref") {
            return self.reference(reference);
        }
        if let Some(title) = branch.get("title").and_then(Node::as_str)
            && !title.is_empty()
        {
            return title.to_owned();
        }
        if let Some([only]) = branch.get("allOf").and_then(Node::as_array) {
            return self.label(only);
        }
        let ty = branch.get("type").map(text);
        let format = branch.get("format").map(text);
        match (ty, format) {
            (Some(ty), Some(format)) => format!("{ty}({format})"),
            (Some(ty), None) => ty,
            (None, _) => "any".to_owned(),
        }
    }

    fn values(&mut self, subject: &Arc<Subject>, values: &Node) {
        for (position, value) in items(Some(values)).iter().enumerate() {
            let fact = FactBuilder::about(Topic::Value, "value", text(value), &values.origin);
            self.push(subject, fact.at(position));
            self.numbered(subject, value);
        }
    }

    /// The Rust names that an overlay gives to values.
    fn value_names(&mut self, subject: &Arc<Subject>, names: &Node) {
        for (value, name) in members(Some(names)) {
            let fact = FactBuilder::about(Topic::RustName, RUST_NAMES, value, &name.origin);
            let value = text(name);
            self.push(subject, FactBuilder { value, ..fact });
        }
    }

    fn series(&mut self, subject: &Arc<Subject>, mark: &Node) {
        let part = |key| member_text(mark, key);
        let value = format!(
            "{} every {} from {}",
            part("items"),
            part("every"),
            part("start")
        );
        let fact = FactBuilder::new(Topic::Series, "series", value, &mark.origin);
        self.push(subject, fact);
    }

    fn codes(&mut self, subject: &Arc<Subject>, mark: &Node) {
        let part = |key| member_text(mark, key);
        let codes = members(mark.get("codes"));
        let codes = codes.map(|(code, name)| format!("{code} {}", text(name)));
        // The order of members has no meaning.
        let codes: BTreeSet<String> = codes.collect();
        let codes: Vec<String> = codes.into_iter().collect();
        let value = format!(
            "{} every {} from {}: {}",
            part("name"),
            part("every"),
            part("start"),
            codes.join(", ")
        );
        let fact = FactBuilder::new(Topic::Series, "codes", value, &mark.origin);
        self.push(subject, fact);
    }

    /// The Rust name of what a `$ref` names.
    pub(super) fn reference(&self, reference: &Node) -> String {
        let reference = reference.as_str().unwrap_or_default();
        let Some(key) = component_key(reference) else {
            return reference.to_owned();
        };
        if self.parameter == Some(key.as_str()) {
            return "T".to_owned();
        }
        display(self.decided.components, &key)
    }
}

/// The alternatives of a restriction, in an order that means nothing.
fn restriction(keyword: &str, member: &Node) -> Option<String> {
    let is_one = RESTRICTIONS.iter().any(|(name, _)| *name == keyword);
    let mut all = alternatives(member).filter(|_| is_one)?;
    all.sort();
    Some(all.join(" | "))
}

/// What a discriminator says.
fn discriminator(node: &Node) -> Discriminator {
    let tags = members(node.get("mapping")).filter_map(|(tag, target)| {
        let target = target.as_str()?;
        let key = component_key(target).unwrap_or_else(|| target.to_owned());
        Some((tag.to_owned(), key))
    });
    Discriminator {
        property: member_text(node, "propertyName"),
        tags: tags.collect(),
    }
}

/// What a branch is: the component that it refers to, with or without words beside it, or its
/// own type.
fn described(branch: &Node) -> Branch {
    let node = match branch.get("allOf").and_then(Node::as_array) {
        Some([only]) if branch.get("$ref").is_none() && only.get("$ref").is_some() => only,
        _ => branch,
    };
    Branch {
        key: node
            .get("$ref")
            .and_then(Node::as_str)
            .and_then(component_key),
        ty: branch.get("type").map(text),
        format: branch.get("format").map(text),
    }
}

/// Whether the label of a branch is its title, without its type.
fn has_title(branch: &Node) -> bool {
    let title = branch.get("title").and_then(Node::as_str);
    title.is_some_and(|title| !title.is_empty())
}

fn is_one_reference(parts: &Node) -> bool {
    matches!(parts.as_array(), Some([part]) if part.get("$ref").is_some())
}
