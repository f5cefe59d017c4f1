//! States the facts of operations: routes, parameters, bodies and responses.

use std::sync::Arc;

use super::words::{items, member_text, members, text, topic_of};
use super::{FactBuilder, ROUTES, Statements, section_of};
use crate::document::Node;
use crate::facts::{Subject, SubjectKind, Topic};
use crate::ir::{Location, TypeKind};
use crate::lower::oauth_scopes::RUST_SCOPE;
use crate::lower::operations::LoweredOperation;
use crate::lower::parameters::FIELD_SELECTION;
use crate::lower::responses;
use crate::lower::usage::Usage;
use crate::pointer::{Origin, Pointer};

impl Statements<'_, '_> {
    pub(super) fn operation(&mut self, lowered: &LoweredOperation) {
        let decided = self.decided;
        let Some(node) = decided.cx.document.get(&lowered.at) else {
            return;
        };
        let operation = &lowered.operation;
        let subject = self.outermost(SubjectKind::Operation, &operation.route, node);
        self.section = ROUTES.to_owned();
        let route = format!("{} {}", operation.http_method, operation.path_template);
        let fact = FactBuilder::new(Topic::Route, "route", route, &node.origin);
        self.push(&subject, fact);
        self.numbered(&subject, node);
        for (keyword, member) in members(Some(node)) {
            match keyword {
                "parameters" | "requestBody" | "responses" => {}
                RUST_SCOPE => {
                    let fact =
                        FactBuilder::new(Topic::Scope, "scope", text(member), &member.origin);
                    self.push(&subject, fact);
                }
                _ => self.keyword(&subject, keyword, member),
            }
        }
        self.section.clone_from(&lowered.module);
        self.prose_of_path(&subject, lowered);
        self.parameters(&subject, lowered, node);
        if let Some(body) = node.get("requestBody") {
            let body = self.target(body);
            let part = Subject::inside(&subject, SubjectKind::Body, &body.origin, 0);
            self.body(&part, body);
        }
        for (status, response) in members(node.get("responses")) {
            if status.starts_with("x-") {
                self.keyword(&subject, status, response);
            } else {
                let kind = SubjectKind::Response(status.to_owned());
                let part = Subject::inside(&subject, kind, &response.origin, 0);
                self.response(&part, response);
            }
        }
    }

    /// States the prose and the servers that a path has for all its operations.
    fn prose_of_path(&mut self, subject: &Arc<Subject>, lowered: &LoweredOperation) {
        let at = lowered.at.parent().cloned().unwrap_or_default();
        let document = self.decided.cx.document;
        let has_own_servers = document.get(&lowered.at.key("servers")).is_some();
        for (keyword, member) in members(document.get(&at)) {
            let topic = topic_of(keyword);
            if keyword == "servers" && !has_own_servers {
                self.keyword(subject, keyword, member);
            }
            if matches!(topic, Topic::Prose | Topic::Extension) {
                let aspect = format!("path {keyword}");
                let fact = FactBuilder::new(topic, aspect, text(member), &member.origin);
                self.push(subject, fact.hidden());
            }
        }
    }

    fn parameters(&mut self, subject: &Arc<Subject>, lowered: &LoweredOperation, node: &Node) {
        let at_path = lowered.at.parent().cloned().unwrap_or_default();
        let inherited = self.decided.cx.document.get(&at_path.key("parameters"));
        let own = items(node.get("parameters"));
        let key = |parameter: &Node| (member_text(parameter, "in"), member_text(parameter, "name"));
        let own_keys: Vec<_> = own.iter().map(|own| key(self.target(own))).collect();
        for (position, parameter) in items(inherited).iter().chain(own).enumerate() {
            let target = self.target(parameter);
            let is_own = position >= items(inherited).len();
            if !is_own && own_keys.contains(&key(target)) {
                continue;
            }
            let (place, name) = key(target);
            let name = self.parameter_name(lowered, &place, name);
            let kind = SubjectKind::Parameter(location(&place), name);
            let part = Subject::inside(subject, kind, &parameter.origin, position);
            self.parameter(&part, target);
        }
        let arguments = lowered.operation.arguments.iter();
        let names = arguments
            .filter(|argument| argument.location != Location::Path)
            .map(|argument| argument.wire_name.as_str());
        self.argument_order(subject, &names.collect::<Vec<_>>(), &node.origin);
    }

    /// The name of a parameter. A path parameter is identified by its place alone, so that it has
    /// the name that the template of the overrides has there.
    fn parameter_name(&self, lowered: &LoweredOperation, place: &str, name: String) -> String {
        let template = &lowered.operation.path_template;
        let method = &lowered.operation.http_method;
        let names = self.decided.cx.overrides.operation(method, template);
        let Some(names) = names.filter(|_| place == "path") else {
            return name;
        };
        let segment = format!("{{{name}}}");
        let segments = template.split('/').zip(names.path_template.split('/'));
        let found = segments.into_iter().find(|(own, _)| **own == segment);
        let other = found.map(|(_, other)| other.trim_matches(['{', '}']).to_owned());
        other.unwrap_or(name)
    }

    /// States the arguments of `new`, for each struct that requests hold. All properties are
    /// named, so that one that becomes optional changes one fact.
    pub(super) fn bodies(&mut self, usage: &Usage) {
        for (ident, definition) in self.decided.types {
            let TypeKind::Struct(kind) = &definition.kind else {
                continue;
            };
            if kind.in_request {
                self.section = section_of(usage.module(ident));
                let fields = kind.fields.iter().filter(|field| !field.read_only);
                let names: Vec<&str> = fields.map(|field| field.wire_name.as_str()).collect();
                let subject = Arc::new(Subject {
                    kind: SubjectKind::Arguments,
                    name: ident.clone(),
                    origin: definition.origin.clone(),
                    position: 0,
                    holder: None,
                });
                self.argument_order(&subject, &names, &definition.origin);
            }
        }
    }

    /// States the order of arguments, where there are several.
    fn argument_order(&mut self, subject: &Arc<Subject>, names: &[&str], origin: &Origin) {
        if names.len() > 1 {
            let topic = Topic::ArgumentOrder(names.iter().map(|name| (*name).to_owned()).collect());
            let fact = FactBuilder::new(topic, "argument_order", names.join(", "), origin);
            self.push(subject, fact);
        }
    }

    fn parameter(&mut self, subject: &Arc<Subject>, parameter: &Node) {
        self.required(subject, parameter);
        self.numbered(subject, parameter);
        for (keyword, member) in members(Some(parameter)) {
            match keyword {
                "name" | "in" | "required" | "schema" => {}
                "content" => {
                    for (media_type, content) in members(Some(member)) {
                        let media_type = media_type.to_owned();
                        let fact =
                            FactBuilder::new(Topic::Style, "content", media_type, &member.origin);
                        self.push(subject, fact);
                        if let Some(schema) = content.get("schema") {
                            self.schema(subject, schema);
                        }
                    }
                }
                FIELD_SELECTION => {
                    let topic = Topic::Selection;
                    let value = text(member);
                    let fact = FactBuilder::new(topic, "field_selection", value, &member.origin);
                    self.push(subject, fact);
                }
                _ => self.keyword(subject, keyword, member),
            }
        }
        // The keywords of the parameter come before those of its schema, in any order of the text.
        if let Some(schema) = parameter.get("schema") {
            self.schema(subject, schema);
        }
    }

    fn required(&mut self, subject: &Arc<Subject>, holder: &Node) {
        let required = holder
            .get("required")
            .map_or_else(|| "false".to_owned(), text);
        let fact = FactBuilder::new(Topic::Required, "required", required, &holder.origin);
        self.push(subject, fact.at(subject.position));
    }

    fn body(&mut self, subject: &Arc<Subject>, body: &Node) {
        self.required(subject, body);
        for (keyword, member) in members(Some(body)) {
            match keyword {
                "required" => {}
                "content" => self.content(subject, member),
                _ => self.keyword(subject, keyword, member),
            }
        }
    }

    fn response(&mut self, subject: &Arc<Subject>, used: &Node) {
        let response = self.target(used);
        if members(response.get("content")).next().is_none() {
            let none = "none".to_owned();
            self.push(
                subject,
                FactBuilder::new(Topic::Media, "media", none, &used.origin),
            );
        }
        for (keyword, member) in members(Some(response)) {
            match keyword {
                "content" => self.content(subject, member),
                "headers" => {
                    for (name, header) in members(Some(member)) {
                        let kind = SubjectKind::Header(name.to_owned());
                        let part = Subject::inside(subject, kind, &header.origin, 0);
                        self.parameter(&part, self.target(header));
                    }
                }
                _ => self.keyword(subject, keyword, member),
            }
        }
    }

    /// The media type that a client asks for belongs to the subject, others are named.
    fn content(&mut self, subject: &Arc<Subject>, content: &Node) {
        let names = members(Some(content)).map(|(media_type, _)| media_type);
        let preferred = responses::preferred_name(names);
        for (media_type, member) in members(Some(content)) {
            let own = match preferred == Some(media_type) {
                true => Arc::clone(subject),
                false => {
                    let kind = SubjectKind::Media(media_type.to_owned());
                    Subject::inside(subject, kind, &member.origin, 0)
                }
            };
            let media_type = media_type.to_owned();
            let fact = FactBuilder::new(Topic::Media, "media", media_type, &own.origin);
            self.push(&own, fact);
            for (keyword, member) in members(Some(member)) {
                match keyword {
                    "schema" => self.schema(&own, member),
                    _ => self.keyword(&own, keyword, member),
                }
            }
        }
    }

    /// The node that a reference to a parameter, header, body or response leads to.
    fn target<'n>(&self, node: &'n Node) -> &'n Node
    where
        Self: 'n,
    {
        let mut node = node;
        // Normalization has refused circular references; the bound is a safeguard.
        for _ in 0..64 {
            let Some(reference) = node.get("$ref").and_then(Node::as_str) else {
                break;
            };
            let at = reference.trim_start_matches('#').parse::<Pointer>();
            match at.ok().and_then(|at| self.decided.cx.document.get(&at)) {
                Some(target) => node = target,
                None => break,
            }
        }
        node
    }
}

/// Where a parameter goes. Normalization has refused other values.
fn location(word: &str) -> Location {
    match word {
        "path" => Location::Path,
        "header" => Location::Header,
        "cookie" => Location::Cookie,
        _ => Location::Query,
    }
}
