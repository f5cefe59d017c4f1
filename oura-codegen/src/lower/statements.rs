//! States the facts: a walk over the normalized tree that states each thing once.
//!
//! Input: the normalized spec and the Rust names. Output: facts with unique keys.
//! Invariant: a keyword that means something is stated; prose, tags and extensions are
//! stated for drift alone; titles, code samples and names that the rules make are not facts.

mod merged;
mod operations;
mod schemas;
mod words;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use self::words::{aspect_of, items, members, text, topic_of};
use super::Decided;
use super::components::{Class, Component, display};
use super::modules;
use super::names::{RUST_NAME, RUST_NAMES, RUST_TYPE, Rename};
use super::types::{RUST_UTC, Types};
use super::usage::{SHARED, Usage};
use crate::document::{Node, Value};
use crate::facts::{Fact, FactKey, SchemaForm, Subject, SubjectKind, Topic};
use crate::hosts::Verdict;
use crate::ir::{Field, Struct, TypeKind};
use crate::pointer::Origin;

const ROUTES: &str = "routes";
const SECURITY: &str = "security";
const SERVERS: &str = "servers";

/// Keywords that are no facts: presentation, and what the walk reads itself.
const SILENT: &[&str] = &["title", "x-codeSamples"];

/// All facts, sorted by key.
pub(super) fn state_facts(decided: &Decided<'_, '_>) -> Vec<Fact> {
    let usage = decided.usage;
    let mut statements = Statements {
        decided,
        facts: Vec::new(),
        keys: HashMap::new(),
        names: BTreeSet::new(),
        section: SHARED.to_owned(),
        parameter: None,
        null_senders: null_senders(decided.types),
        merging: Vec::new(),
        merges_left: 0,
    };
    statements.document();
    for operation in decided.operations {
        statements.operation(operation);
    }
    for component in decided.components.values() {
        statements.component(component, usage);
    }
    statements.generics(usage);
    statements.bodies(usage);
    statements.schemes();
    let mut facts = statements.facts;
    facts.sort_by(|one, other| one.key.cmp(&other.key));
    facts
}

fn null_senders(types: &Types) -> HashMap<&Origin, &Struct> {
    let structs = types
        .values()
        .filter_map(|definition| match &definition.kind {
            TypeKind::Struct(kind) => Some((&definition.origin, kind)),
            TypeKind::StringEnum(_)
            | TypeKind::IntegerEnum(_)
            | TypeKind::Union(_)
            | TypeKind::Responses(_) => None,
        });
    let sends = |field: &Field| field.null_setter.is_some();
    structs
        .filter(|(_, kind)| kind.fields.iter().any(sends))
        .collect()
}

struct Statements<'l, 'a> {
    decided: &'l Decided<'l, 'a>,
    facts: Vec<Fact>,
    /// How often each has been stated.
    keys: HashMap<FactKey, usize>,
    /// The names of the subjects that no other holds.
    names: BTreeSet<String>,
    /// The snapshot that the next facts belong to.
    section: String,
    /// The component that is stated as `T`.
    parameter: Option<&'a str>,
    /// The structs with properties that can be sent as null, by the places of their schemas.
    null_senders: HashMap<&'l Origin, &'l Struct>,
    /// The merged schemas that are being stated, the outermost first.
    merging: Vec<*const Node>,
    /// How many more may be stated with the properties of their parts.
    merges_left: usize,
}

/// A fact about to be added.
struct FactBuilder<'s> {
    topic: Topic,
    aspect: String,
    object: Option<String>,
    value: String,
    origin: &'s Origin,
    position: usize,
    on_surface: bool,
    /// The subject of the key, where it is not the name of the fact's subject.
    of: Option<&'s str>,
}

impl<'s> FactBuilder<'s> {
    fn new(topic: Topic, aspect: impl Into<String>, value: String, origin: &'s Origin) -> Self {
        Self {
            topic,
            aspect: aspect.into(),
            object: None,
            value,
            origin,
            position: 0,
            on_surface: true,
            of: None,
        }
    }

    /// A fact about one of several things, which needs no value.
    fn about(topic: Topic, word: &str, object: impl Into<String>, origin: &'s Origin) -> Self {
        let object = object.into();
        let fact = Self::new(topic, format!("{word} {object}"), String::new(), origin);
        Self {
            object: Some(object),
            ..fact
        }
    }

    fn at(self, position: usize) -> Self {
        Self { position, ..self }
    }

    fn hidden(self) -> Self {
        let on_surface = false;
        Self { on_surface, ..self }
    }

    fn of(self, subject: &'s str) -> Self {
        let of = Some(subject);
        Self { of, ..self }
    }
}

impl Statements<'_, '_> {
    fn document(&mut self) {
        let root = &self.decided.cx.document.root;
        self.section = SERVERS.to_owned();
        let info = self.outermost(SubjectKind::Info, "info", root.get("info").unwrap_or(root));
        for (keyword, node) in members(root.get("info")) {
            let topic = topic_of_section(keyword);
            let fact = FactBuilder::new(topic, aspect_of(keyword), text(node), &node.origin);
            self.push(&info, fact.hidden());
        }
        for (keyword, node) in members(Some(root)) {
            if keyword == "externalDocs" || keyword.starts_with("x-") {
                self.keyword(&info, keyword, node);
            }
        }
        self.servers(root);
        for tag in items(root.get("tags")) {
            let name = tag.get("name").and_then(Node::as_str).unwrap_or_default();
            let kind = SubjectKind::Tag(name.to_owned());
            let subject = self.outermost(kind, &format!("tag {name}"), tag);
            let fact = FactBuilder::new(Topic::Existence, "tag", String::new(), &tag.origin);
            self.push(&subject, fact.hidden());
            for (keyword, node) in members(Some(tag)).filter(|(keyword, _)| *keyword != "name") {
                self.detail(&subject, keyword, node);
            }
        }
    }

    /// The first server is the default; the others are named by their URL.
    fn servers(&mut self, root: &Node) {
        let servers = items(root.get("servers"));
        self.default_server(root, servers.first());
        for server in servers.iter().skip(1) {
            let url = server.get("url").map(text).unwrap_or_default();
            let subject = format!("servers {url}");
            let subject = self.outermost(SubjectKind::Server(url.clone()), &subject, server);
            let fact = FactBuilder::about(Topic::Detail, "also", url, &server.origin);
            self.push(&subject, fact.of(SERVERS));
            self.server_details(&subject, server);
        }
    }

    /// States the default server. Where the policy's server is used, its URL is a fact, and the
    /// flaw of the spec's server is another one.
    fn default_server(&mut self, root: &Node, server: Option<&Node>) {
        let used = modules::server(self.decided.destinations);
        let replaced = used.and_then(|used| match used.verdict {
            Verdict::Replaced(flaw) => Some((flaw, used.url.clone()?, used.given.clone())),
            Verdict::Kept | Verdict::Refused(_) => None,
        });
        let Some(node) = server.or(replaced.as_ref().map(|_| root)) else {
            return;
        };
        let subject = self.outermost(SubjectKind::DefaultServer, SERVERS, node);
        let given = node.get("url").map(text).unwrap_or_default();
        let url = replaced.as_ref().map_or(&given, |(_, url, _)| url);
        let fact = FactBuilder::new(Topic::Detail, "url", url.clone(), &node.origin);
        self.push(&subject, fact);
        if let Some((flaw, _, given)) = replaced {
            let given = given.unwrap_or_default();
            let fact = FactBuilder::new(Topic::Flaw, flaw.aspect(), given, &node.origin);
            self.push(&subject, fact);
        }
        if let Some(server) = server {
            self.server_details(&subject, server);
        }
    }

    fn server_details(&mut self, subject: &Arc<Subject>, server: &Node) {
        for (keyword, node) in members(Some(server)).filter(|(keyword, _)| *keyword != "url") {
            self.detail(subject, keyword, node);
        }
    }

    fn schemes(&mut self) {
        let root = &self.decided.cx.document.root;
        self.section = SECURITY.to_owned();
        if let Some(security) = root.get("security") {
            let subject = self.outermost(SubjectKind::Defaults, "document", security);
            self.keyword(&subject, "security", security);
        }
        let components = root.get("components");
        for (name, scheme) in members(components.and_then(|node| node.get("securitySchemes"))) {
            let name = self.decided.cx.overrides.scheme(name);
            let subject = self.outermost(SubjectKind::Scheme, name, scheme);
            for (keyword, node) in members(Some(scheme)) {
                match keyword {
                    "flows" => members(Some(node)).for_each(|(name, flow)| {
                        self.flow(&subject, name, flow);
                    }),
                    _ => self.detail(&subject, keyword, node),
                }
            }
        }
    }

    fn flow(&mut self, scheme: &Arc<Subject>, name: &str, flow: &Node) {
        let kind = SubjectKind::Flow(name.to_owned());
        let subject = Subject::inside(scheme, kind, &flow.origin, 0);
        for (keyword, node) in members(Some(flow)) {
            if keyword != "scopes" {
                self.detail(&subject, keyword, node);
                continue;
            }
            // A flow may have no scopes and no other facts.
            for (position, (scope, description)) in members(Some(node)).enumerate() {
                let (origin, topic) = (&description.origin, Topic::Existence);
                let kind = SubjectKind::Scope(scope.to_owned());
                let part = Subject::inside(&subject, kind, origin, position);
                let fact = FactBuilder::about(topic, "scope", scope, origin);
                self.push(&part, fact.at(position).of(&subject.name));
                self.keyword(&part, "description", description);
            }
        }
    }

    fn component(&mut self, component: &Component<'_>, usage: &Usage) {
        let decided = self.decided;
        let Some(node) = decided.cx.document.get(&component.at) else {
            return;
        };
        let (form, ident) = match &component.class {
            Class::Part => (SchemaForm::Part, &component.ident),
            Class::Type => (SchemaForm::Type, &component.ident),
            Class::Alias => (SchemaForm::Alias, &component.ident),
            Class::Dictionary => (SchemaForm::Dictionary, &component.ident),
            Class::Instance { generic, argument } => {
                let generic = generic.clone();
                let form = SchemaForm::Instance { generic };
                (form, &decided.components[argument].ident)
            }
        };
        self.section = section_of(usage.module(ident));
        let name = display(decided.components, component.key);
        let subject = self.outermost(SubjectKind::Schema(form), &name, node);
        let key = component.key.to_owned();
        self.push(
            &subject,
            FactBuilder::new(Topic::Key, "schema", key, &node.origin),
        );
        match component.class {
            Class::Instance { .. } => self.prose_below(&subject, &name, node),
            Class::Part => self.part(&subject, node),
            Class::Type | Class::Alias | Class::Dictionary => self.schema(&subject, node),
        }
    }

    fn generics(&mut self, usage: &Usage) {
        for generic in self.decided.generics {
            let at = &self.decided.components[generic.model].at;
            let Some(node) = self.decided.cx.document.get(at) else {
                continue;
            };
            self.section = section_of(usage.module(&generic.ident));
            self.parameter = Some(generic.parameter);
            let kind = SubjectKind::Schema(SchemaForm::Generic);
            let subject = self.outermost(kind, &generic.ident, node);
            self.schema(&subject, node);
            self.parameter = None;
        }
    }

    /// States what differs between the instances of a generic type: prose and extensions.
    fn prose_below(&mut self, subject: &Arc<Subject>, name: &str, node: &Node) {
        for (keyword, member) in members(Some(node)) {
            let topic = topic_of(keyword);
            let is_prose = matches!(topic, Topic::Prose | Topic::Extension);
            if is_prose && !SILENT.contains(&keyword) && !keyword.starts_with("x-rust-") {
                let fact =
                    FactBuilder::new(topic, aspect_of(keyword), text(member), &member.origin);
                self.push(subject, fact.hidden().of(name));
            }
        }
        for (property, node) in members(node.get("properties")) {
            self.prose_below(subject, &format!("{name}.{property}"), node);
        }
    }

    /// An outermost part of the spec. Parts of two kinds may have the same name.
    fn outermost(&mut self, kind: SubjectKind, name: &str, node: &Node) -> Arc<Subject> {
        let mut name = name.to_owned();
        while !self.names.insert(name.clone()) {
            let what = match kind {
                SubjectKind::Scheme => "scheme",
                _ => "schema",
            };
            name = format!("{what} {name}");
        }
        Arc::new(Subject {
            kind,
            name,
            origin: node.origin.clone(),
            position: 0,
            holder: None,
        })
    }

    /// States a keyword by its value. `false`, where it is the default, is no fact.
    fn keyword(&mut self, subject: &Arc<Subject>, keyword: &str, node: &Node) {
        // The name of a schema or an operation is part of the keys of its facts.
        let is_named = matches!(
            subject.kind,
            SubjectKind::Schema(_) | SubjectKind::Operation
        );
        let is_silent = match keyword {
            RUST_NAME => is_named,
            RUST_UTC | RUST_TYPE => false,
            _ => SILENT.contains(&keyword) || keyword.starts_with("x-rust-"),
        };
        if is_silent {
            return;
        }
        // The prose of a generic type differs by instance.
        let is_own = matches!(topic_of(keyword), Topic::Prose | Topic::Extension);
        if self.parameter.is_some() && is_own {
            return;
        }
        let is_default = node.value == Value::Bool(false) && keyword != "additionalProperties";
        if is_default && keyword != "explode" && keyword != "default" {
            return;
        }
        let (topic, value) = match topic_of(keyword) {
            Topic::Security(_) => {
                let overrides = &self.decided.cx.overrides;
                let topic = Topic::Security(words::credentials(node, overrides));
                (topic, words::alternatives(node, overrides))
            }
            topic => (topic, text(node)),
        };
        let is_hidden = matches!(topic, Topic::Prose | Topic::Extension | Topic::Tags);
        let fact = FactBuilder::new(topic, aspect_of(keyword), value, &node.origin);
        match is_hidden && keyword != RUST_UTC {
            true => self.push(subject, fact.hidden()),
            false => self.push(subject, fact),
        }
    }

    /// The names of what is at a node that have numbers, as an overlay would give them.
    fn numbered(&mut self, subject: &Arc<Subject>, node: &Node) {
        for name in self.decided.cx.numbered_names(&node.origin) {
            let topic = Topic::RustName;
            let fact = match name.rename {
                Rename::Extension(extension) => {
                    FactBuilder::new(topic, extension, name.ident, &node.origin)
                }
                Rename::Value => FactBuilder {
                    value: name.ident,
                    ..FactBuilder::about(topic, RUST_NAMES, name.wire_name, &node.origin)
                },
                // What the spec does not name is named after something that it names.
                Rename::Otherwise(_) => continue,
            };
            self.push(subject, fact);
        }
    }

    /// States a keyword of a section of the spec that has its own keywords.
    fn detail(&mut self, subject: &Arc<Subject>, keyword: &str, node: &Node) {
        let topic = topic_of_section(keyword);
        let is_seen = topic == Topic::Detail;
        if !SILENT.contains(&keyword) {
            let fact = FactBuilder::new(topic, aspect_of(keyword), text(node), &node.origin);
            match is_seen {
                true => self.push(subject, fact),
                false => self.push(subject, fact.hidden()),
            }
        }
    }

    /// Adds a fact. Where a spec says a thing twice (two branches of one type), the
    /// second time gets another aspect, so that it is not lost.
    fn push(&mut self, subject: &Arc<Subject>, fact: FactBuilder<'_>) {
        let mut key = FactKey {
            subject: fact.of.unwrap_or(&subject.name).to_owned(),
            aspect: fact.aspect,
        };
        let (mut object, mut repeats) = (fact.object, None);
        while let Some(times) = self.keys.get_mut(&key) {
            *times += 1;
            let suffix = match times {
                2 => " again".to_owned(),
                times => format!(" again {times}"),
            };
            object = object.map(|object| object + &suffix);
            repeats = Some(key.clone());
            key.aspect.push_str(&suffix);
        }
        self.keys.insert(key.clone(), 1);
        let is_reported_elsewhere = subject.is_reported_elsewhere(&fact.topic);
        self.facts.push(Fact {
            key,
            object,
            value: fact.value,
            origin: fact.origin.clone(),
            position: fact.position,
            section: self.section.clone(),
            on_surface: fact.on_surface && !is_reported_elsewhere,
            subject: Arc::clone(subject),
            topic: fact.topic,
            repeats,
            order: self.facts.len(),
        });
    }
}

/// The topic of a keyword in a section with its own keywords.
fn topic_of_section(keyword: &str) -> Topic {
    match topic_of(keyword) {
        topic @ (Topic::Prose | Topic::Extension) => topic,
        _ => Topic::Detail,
    }
}

fn section_of(module: Option<&str>) -> String {
    module.unwrap_or(SHARED).to_owned()
}
