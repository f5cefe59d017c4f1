//! States the facts: a walk over the normalized tree that says each thing once.
//!
//! Input: the normalized document and the Rust names. Output: facts with unique keys.
//! Invariant: a keyword that means something is stated; prose, tags and extensions are
//! stated for drift alone; titles, code samples and the names that we give are not facts.

use std::collections::BTreeSet;

use super::Lowering;
use super::components::{Class, Component, component_key};
use super::operations::LoweredOperation;
use super::parameters::FIELD_SELECTION;
use super::usage::{SHARED, Usage};
use crate::document::{Node, Value};
use crate::facts::{Fact, FactKey};
use crate::ir::{Location, TypeKind};
use crate::pointer::{Origin, Pointer};

const ROUTES: &str = "routes";
const SECURITY: &str = "security";
const SERVERS: &str = "servers";

/// Keywords of prose: facts that the surface omits.
const PROSE: &[&str] = &[
    "description",
    "summary",
    "example",
    "examples",
    "externalDocs",
];

/// Keywords that are no facts: presentation, and what the walk reads itself.
const SILENT: &[&str] = &["title", "x-codeSamples"];

impl<'a> Lowering<'a> {
    /// All facts, sorted by key.
    pub(super) fn state_facts(&self, operations: &[LoweredOperation], usage: &Usage) -> Vec<Fact> {
        let mut statements = Statements {
            lowering: self,
            facts: Vec::new(),
            keys: BTreeSet::new(),
            section: SHARED.to_owned(),
            parameter: None,
        };
        statements.document();
        for component in self.components.values() {
            statements.component(component, usage);
        }
        for generic in &self.generics {
            statements.section = section_of(usage.module(&generic.ident));
            statements.parameter = Some(generic.parameter);
            if let Some(node) = self.document.get(&self.components[generic.model].at) {
                statements.schema(&generic.ident, node);
            }
            statements.parameter = None;
        }
        statements.bodies(usage);
        for operation in operations {
            statements.operation(operation);
        }
        let mut facts = statements.facts;
        facts.sort_by(|one, other| one.key.cmp(&other.key));
        facts
    }
}

struct Statements<'l, 'a> {
    lowering: &'l Lowering<'a>,
    facts: Vec<Fact>,
    keys: BTreeSet<FactKey>,
    /// The snapshot that the next facts belong to.
    section: String,
    /// The component that reads as `T`.
    parameter: Option<&'a str>,
}

impl Statements<'_, '_> {
    fn document(&mut self) {
        let root = &self.lowering.document.root;
        self.section = SERVERS.to_owned();
        self.servers("servers", root);
        for (keyword, node) in members(root.get("info")) {
            self.keyword("info", keyword, node, false);
        }
        for tag in items(root.get("tags")) {
            let name = tag.get("name").and_then(Node::as_str).unwrap_or_default();
            for (keyword, node) in members(Some(tag)) {
                self.keyword(&format!("tag {name}"), keyword, node, false);
            }
        }
        self.section = SECURITY.to_owned();
        if let Some(security) = root.get("security") {
            self.say(
                "document",
                "security",
                alternatives(security),
                &security.origin,
            );
        }
        let components = root.get("components");
        for (name, scheme) in members(components.and_then(|node| node.get("securitySchemes"))) {
            self.scheme(name, scheme);
        }
    }

    /// The first server is the default; the others are named by their URL.
    fn servers(&mut self, subject: &str, holder: &Node) {
        for (position, server) in items(holder.get("servers")).iter().enumerate() {
            let url = server.get("url").map(text).unwrap_or_default();
            let own = match position {
                0 => {
                    self.say(subject, "url", url, &server.origin);
                    subject.to_owned()
                }
                _ => {
                    self.say(
                        subject,
                        &format!("also {url}"),
                        String::new(),
                        &server.origin,
                    );
                    format!("{subject} {url}")
                }
            };
            for (keyword, node) in members(Some(server)) {
                if keyword != "url" {
                    self.keyword(&own, keyword, node, keyword == "variables");
                }
            }
        }
    }

    fn scheme(&mut self, name: &str, scheme: &Node) {
        for (keyword, node) in members(Some(scheme)) {
            if keyword != "flows" {
                self.keyword(name, keyword, node, true);
                continue;
            }
            for (flow, node) in members(Some(node)) {
                let subject = format!("{name}.{flow}");
                for (keyword, node) in members(Some(node)) {
                    if keyword != "scopes" {
                        self.keyword(&subject, keyword, node, true);
                        continue;
                    }
                    for (scope, description) in members(Some(node)) {
                        let aspect = format!("scope {scope}");
                        self.say(&subject, &aspect, String::new(), &description.origin);
                        let subject = format!("{subject} {aspect}");
                        self.keyword(&subject, "description", description, false);
                    }
                }
            }
        }
    }

    fn component(&mut self, component: &Component<'_>, usage: &Usage) {
        let lowering = self.lowering;
        let Some(node) = lowering.document.get(&component.at) else {
            return;
        };
        let subject = display(lowering, component.key);
        match &component.class {
            Class::Instance { argument, .. } => {
                let ident = &lowering.components[argument].ident;
                self.section = section_of(usage.module(ident));
                self.say(&subject, "schema", component.key.to_owned(), &node.origin);
                self.prose_below(&subject, node);
            }
            Class::Type | Class::Alias | Class::Dictionary => {
                self.section = section_of(usage.module(&component.ident));
                self.say(&subject, "schema", component.key.to_owned(), &node.origin);
                self.schema(&subject, node);
            }
        }
    }

    /// Facts of an instance that its generic does not state: prose and extensions.
    fn prose_below(&mut self, subject: &str, node: &Node) {
        for (keyword, member) in members(Some(node)) {
            if PROSE.contains(&keyword) || keyword.starts_with("x-") {
                self.keyword(subject, keyword, member, false);
            }
        }
        for (name, property) in members(node.get("properties")) {
            self.prose_below(&format!("{subject}.{name}"), property);
        }
    }

    fn schema(&mut self, subject: &str, node: &Node) {
        for (keyword, member) in members(Some(node)) {
            match keyword {
                "$ref" => self.say(subject, "type", self.reference(member), &member.origin),
                "required" => self.required_elsewhere(subject, node, member),
                "properties" => self.properties(subject, node, member),
                "items" => self.schema(&format!("{subject}[]"), member),
                "additionalProperties" if member.as_object().is_some() => {
                    self.schema(&format!("{subject}{{}}"), member);
                }
                "allOf" => self.all_of(subject, member),
                "anyOf" | "oneOf" => self.branches(subject, keyword, member),
                "enum" => self.values(subject, member),
                _ => self.keyword(subject, keyword, member, true),
            }
        }
    }

    fn properties(&mut self, subject: &str, schema: &Node, properties: &Node) {
        let required: BTreeSet<&str> = items(schema.get("required"))
            .iter()
            .filter_map(Node::as_str)
            .collect();
        for (position, (name, property)) in members(Some(properties)).enumerate() {
            let subject = format!("{subject}.{name}");
            let is_required = required.contains(name).to_string();
            self.say_at(
                &subject,
                "required",
                is_required,
                &property.origin,
                position,
            );
            self.schema(&subject, property);
        }
    }

    /// Required properties that another part of an `allOf` defines.
    fn required_elsewhere(&mut self, subject: &str, schema: &Node, required: &Node) {
        for name in items(Some(required)).iter().filter_map(Node::as_str) {
            let own = schema.get("properties").and_then(|own| own.get(name));
            if own.is_none() {
                let aspect = format!("requires {name}");
                self.say(subject, &aspect, String::new(), &required.origin);
            }
        }
    }

    /// One part means that part; several are named, and what is written in place belongs to
    /// the whole.
    fn all_of(&mut self, subject: &str, parts: &Node) {
        let parts = items(Some(parts));
        for part in parts {
            match part.get("$ref") {
                Some(reference) if parts.len() > 1 => {
                    let aspect = format!("all_of {}", self.reference(reference));
                    self.say(subject, &aspect, String::new(), &part.origin);
                }
                _ => self.schema(subject, part),
            }
        }
    }

    fn branches(&mut self, subject: &str, keyword: &str, branches: &Node) {
        let verb = match keyword {
            "anyOf" => "any_of",
            _ => "one_of",
        };
        for (position, branch) in items(Some(branches)).iter().enumerate() {
            let label = self.label(branch);
            let aspect = format!("{verb} {label}");
            self.say_at(subject, &aspect, String::new(), &branch.origin, position);
            let subject = format!("{subject}|{label}");
            for (keyword, member) in members(Some(branch)) {
                match keyword {
                    "$ref" | "type" | "format" => {}
                    "allOf" if is_one_reference(member) => {}
                    _ => self.schema(&subject, &only(branch, keyword, member)),
                }
            }
        }
    }

    /// What a branch is called: what it refers to, else its title, which names its variant,
    /// else its type and format.
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

    fn values(&mut self, subject: &str, values: &Node) {
        for (position, value) in items(Some(values)).iter().enumerate() {
            let aspect = format!("value {}", text(value));
            self.say_at(subject, &aspect, String::new(), &values.origin, position);
        }
    }

    fn operation(&mut self, lowered: &LoweredOperation) {
        let lowering = self.lowering;
        let Some(node) = lowering.document.get(&lowered.at) else {
            return;
        };
        let operation = &lowered.operation;
        let subject = operation.route.as_str();
        self.section = ROUTES.to_owned();
        let route = format!("{} {}", operation.http_method, operation.path_template);
        self.say(subject, "route", route, &node.origin);
        for (keyword, member) in members(Some(node)) {
            match keyword {
                "security" => self.say(subject, keyword, alternatives(member), &member.origin),
                "servers" => self.servers(&format!("{subject} servers"), node),
                "tags" => self.keyword(subject, keyword, member, false),
                "parameters" | "requestBody" | "responses" => {}
                _ => self.keyword(subject, keyword, member, true),
            }
        }
        self.section.clone_from(&lowered.module);
        self.parameters(lowered, node);
        if let Some(body) = node.get("requestBody") {
            let body = self.target(body);
            self.body(&format!("{subject} body"), body);
        }
        for (status, response) in members(node.get("responses")) {
            if status.starts_with("x-") {
                self.keyword(subject, status, response, false);
            } else {
                self.response(&format!("{subject} {status}"), response);
            }
        }
    }

    fn parameters(&mut self, lowered: &LoweredOperation, node: &Node) {
        let subject = &lowered.operation.route;
        let at_path = lowered.at.parent().cloned().unwrap_or_default();
        let inherited = self.lowering.document.get(&at_path.key("parameters"));
        let own = items(node.get("parameters"));
        let key = |parameter: &Node| (member_text(parameter, "in"), member_text(parameter, "name"));
        let own_keys: Vec<_> = own.iter().map(|own| key(self.target(own))).collect();
        for (position, parameter) in items(inherited).iter().chain(own).enumerate() {
            let target = self.target(parameter);
            let is_own = position >= items(inherited).len();
            if !is_own && own_keys.contains(&key(target)) {
                continue;
            }
            let (location, name) = key(target);
            self.parameter(
                &format!("{subject} {location} {name}"),
                parameter,
                target,
                position,
            );
        }
        let arguments = lowered.operation.arguments.iter();
        let names = arguments
            .filter(|argument| argument.location != Location::Path)
            .map(|argument| argument.wire_name.as_str());
        self.argument_order(subject, &names.collect::<Vec<_>>(), &node.origin);
    }

    /// The arguments of `new`, for each struct that requests hold. All properties are named,
    /// so that one that becomes optional changes one fact.
    fn bodies(&mut self, usage: &Usage) {
        for (ident, definition) in &self.lowering.types {
            let TypeKind::Struct(kind) = &definition.kind else {
                continue;
            };
            if kind.in_request {
                self.section = section_of(usage.module(ident));
                let fields = kind.fields.iter().filter(|field| !field.read_only);
                let names: Vec<&str> = fields.map(|field| field.wire_name.as_str()).collect();
                self.argument_order(ident, &names, &definition.origin);
            }
        }
    }

    /// The order of arguments, where there are several.
    fn argument_order(&mut self, subject: &str, names: &[&str], origin: &Origin) {
        if names.len() > 1 {
            self.say(subject, "argument_order", names.join(", "), origin);
        }
    }

    fn parameter(&mut self, subject: &str, used: &Node, parameter: &Node, position: usize) {
        let required = parameter
            .get("required")
            .map_or_else(|| "false".to_owned(), text);
        self.say_at(subject, "required", required, &used.origin, position);
        for (keyword, member) in members(Some(parameter)) {
            match keyword {
                "name" | "in" | "required" => {}
                "schema" => self.schema(subject, member),
                FIELD_SELECTION => {
                    self.say(subject, "field_selection", text(member), &member.origin);
                }
                _ => self.keyword(subject, keyword, member, true),
            }
        }
    }

    fn body(&mut self, subject: &str, body: &Node) {
        let required = body
            .get("required")
            .map_or_else(|| "false".to_owned(), text);
        self.say(subject, "required", required, &body.origin);
        for (keyword, member) in members(Some(body)) {
            match keyword {
                "required" => {}
                "content" => self.content(subject, body, member),
                _ => self.keyword(subject, keyword, member, true),
            }
        }
    }

    fn response(&mut self, subject: &str, used: &Node) {
        let response = self.target(used);
        if response
            .get("content")
            .and_then(Node::as_object)
            .is_none_or(|content| content.is_empty())
        {
            self.say(subject, "media", "none".to_owned(), &used.origin);
        }
        for (keyword, member) in members(Some(response)) {
            match keyword {
                "content" => self.content(subject, used, member),
                "headers" => {
                    for (name, header) in members(Some(member)) {
                        let target = self.target(header);
                        self.parameter(&format!("{subject} header {name}"), header, target, 0);
                    }
                }
                _ => self.keyword(subject, keyword, member, true),
            }
        }
    }

    /// One media type belongs to the subject, several are named.
    fn content(&mut self, subject: &str, used: &Node, content: &Node) {
        let count = members(Some(content)).count();
        for (media_type, member) in members(Some(content)) {
            let own = match count {
                1 => subject.to_owned(),
                _ => format!("{subject} {media_type}"),
            };
            self.say(&own, "media", media_type.to_owned(), &used.origin);
            for (keyword, member) in members(Some(member)) {
                match keyword {
                    "schema" => self.schema(&own, member),
                    _ => self.keyword(&own, keyword, member, true),
                }
            }
        }
    }

    /// A keyword that needs no reading. `false`, where it is the default, says nothing.
    fn keyword(&mut self, subject: &str, keyword: &str, node: &Node, on_surface: bool) {
        if SILENT.contains(&keyword) || keyword.starts_with("x-rust-") {
            return;
        }
        let is_default = node.value == Value::Bool(false) && keyword != "additionalProperties";
        if is_default && keyword != "explode" && keyword != "default" {
            return;
        }
        let is_prose = PROSE.contains(&keyword) || keyword.starts_with("x-");
        let aspect = keyword_aspect(keyword);
        self.push(
            subject,
            &aspect,
            text(node),
            &node.origin,
            0,
            on_surface && !is_prose,
        );
    }

    fn say(&mut self, subject: &str, aspect: &str, value: String, origin: &Origin) {
        self.push(subject, aspect, value, origin, 0, true);
    }

    fn say_at(
        &mut self,
        subject: &str,
        aspect: &str,
        value: String,
        origin: &Origin,
        position: usize,
    ) {
        self.push(subject, aspect, value, origin, position, true);
    }

    /// Adds a fact. Where a document says a thing twice (two branches of one type), the
    /// second time becomes an aspect of its own, so that it is not lost.
    fn push(
        &mut self,
        subject: &str,
        aspect: &str,
        value: String,
        origin: &Origin,
        position: usize,
        on_surface: bool,
    ) {
        let mut key = FactKey {
            subject: subject.to_owned(),
            aspect: aspect.to_owned(),
        };
        while !self.keys.insert(key.clone()) {
            key.aspect.push_str(" again");
        }
        self.facts.push(Fact {
            key,
            value,
            origin: origin.clone(),
            position,
            section: self.section.clone(),
            on_surface,
        });
    }

    /// The Rust name of what a `$ref` names.
    fn reference(&self, reference: &Node) -> String {
        let reference = reference.as_str().unwrap_or_default();
        let Some(key) = component_key(reference) else {
            return reference.to_owned();
        };
        if self.parameter == Some(key.as_str()) {
            return "T".to_owned();
        }
        display(self.lowering, &key)
    }

    /// The node that a reference to a parameter, header, body or response leads to.
    fn target<'n>(&self, node: &'n Node) -> &'n Node
    where
        Self: 'n,
    {
        let mut node = node;
        // Normalization has refused references that go round; the bound is for certainty.
        for _ in 0..64 {
            let Some(reference) = node.get("$ref").and_then(Node::as_str) else {
                break;
            };
            let tokens = reference.trim_start_matches("#/").split('/');
            let at = tokens.fold(Pointer::root(), |at, token| {
                at.key(token.replace("~1", "/").replace("~0", "~"))
            });
            match self.lowering.document.get(&at) {
                Some(target) => node = target,
                None => break,
            }
        }
        node
    }
}

/// The name of a component in facts: an instance reads as in Rust.
fn display(lowering: &Lowering<'_>, key: &str) -> String {
    let Some(component) = lowering.components.get(key) else {
        return key.to_owned();
    };
    match &component.class {
        Class::Instance { generic, argument } => {
            format!("{generic}<{}>", display(lowering, argument))
        }
        Class::Type | Class::Alias | Class::Dictionary => component.ident.clone(),
    }
}

fn section_of(module: Option<&str>) -> String {
    module.unwrap_or(SHARED).to_owned()
}

fn members(node: Option<&Node>) -> impl Iterator<Item = (&str, &Node)> {
    let object = node.and_then(Node::as_object);
    object
        .into_iter()
        .flatten()
        .map(|(key, member)| (key.as_str(), member))
}

fn items(node: Option<&Node>) -> &[Node] {
    node.and_then(Node::as_array).unwrap_or_default()
}

fn member_text(node: &Node, key: &str) -> String {
    node.get(key).map(text).unwrap_or_default()
}

/// A value as a fact shows it: strings bare on one line, the rest as compact JSON.
fn text(node: &Node) -> String {
    match &node.value {
        Value::String(text) if !text.contains('\n') => text.clone(),
        _ => node.to_json_value().to_string(),
    }
}

/// `minLength` as `min_length`; extensions as they are.
fn keyword_aspect(keyword: &str) -> String {
    if keyword.starts_with("x-") {
        return keyword.to_owned();
    }
    heck::ToSnakeCase::to_snake_case(keyword)
}

/// Security alternatives in one line, in their order, since the first that a client can meet
/// is the one it takes: `A + B | C(scope)`.
fn alternatives(security: &Node) -> String {
    let all: Vec<String> = items(Some(security))
        .iter()
        .map(|alternative| {
            let schemes = members(Some(alternative)).map(|(name, scopes)| {
                let scopes: Vec<String> = items(Some(scopes)).iter().map(text).collect();
                match scopes.is_empty() {
                    true => name.to_owned(),
                    false => format!("{name}({})", scopes.join(", ")),
                }
            });
            let mut schemes: Vec<String> = schemes.collect();
            schemes.sort();
            match schemes.is_empty() {
                true => "none".to_owned(),
                false => schemes.join(" + "),
            }
        })
        .collect();
    match all.is_empty() {
        true => "none".to_owned(),
        false => all.join(" | "),
    }
}

fn is_one_reference(parts: &Node) -> bool {
    matches!(parts.as_array(), Some([part]) if part.get("$ref").is_some())
}

/// A node with one member of another, for walking that member alone.
fn only(holder: &Node, keyword: &str, member: &Node) -> Node {
    let members = std::iter::once((keyword.to_owned(), member.clone()));
    let members = match (keyword, holder.get("required")) {
        ("properties", Some(required)) => members
            .chain(std::iter::once(("required".to_owned(), required.clone())))
            .collect(),
        _ => members.collect(),
    };
    Node {
        value: Value::Object(members),
        origin: holder.origin.clone(),
    }
}
