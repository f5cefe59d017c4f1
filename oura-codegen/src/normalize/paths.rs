//! Checks paths against their parameters, and the ids of operations: contradictions that only the
//! whole spec shows.

use std::collections::HashMap;

use super::fragment::REF;
use super::keywords::NamePattern;
use super::tree::{descend, list};
use crate::document::Node;
use crate::error::Error;
use crate::pointer::{Origin, unescape};

const METHODS: &[&str] = &[
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// The contradictions between paths, parameters and operations of a normalized spec.
pub(super) fn check_paths(root: &Node) -> Vec<Error> {
    let mut check = Check {
        root,
        errors: Vec::new(),
        operations: HashMap::new(),
        shapes: HashMap::new(),
    };
    let paths = root.get("paths").and_then(Node::as_object);
    for (path, item) in paths.into_iter().flatten() {
        if NamePattern::Path.accepts(path) {
            check.path(path, item);
        }
    }
    check.errors
}

struct Check<'a> {
    root: &'a Node,
    errors: Vec<Error>,
    /// Where each operation id was first given.
    operations: HashMap<&'a str, &'a Origin>,
    /// Where each method of each template, without the names of parameters, was first given.
    shapes: HashMap<(&'static str, String), &'a Origin>,
}

/// A parameter as the places that use it see it.
struct Parameter<'a> {
    location: &'a str,
    name: &'a str,
    required: bool,
    origin: &'a Origin,
}

impl<'a> Check<'a> {
    fn path(&mut self, path: &'a str, item: &'a Node) {
        let names = match template_names(path) {
            Ok(names) => names,
            Err(message) => return self.errors.push(Error::at(&item.origin, message)),
        };
        if let Some((message, help)) = no_path(path) {
            let error = Error::at(
                &item.origin,
                format!("`{path}` is not a valid path: {message}"),
            );
            return self.errors.push(error.help(help));
        }
        let shape = names.iter().fold(path.to_owned(), |shape, name| {
            shape.replace(&format!("{{{name}}}"), "{}")
        });
        let shared = self.parameters(item);
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                self.check_shape(path, method, &shape, operation);
                self.operation(path, &names, &shared, operation);
            }
        }
        // Parameters of a path are checked even if the path has no operations.
        self.check_declared(path, &names, &shared);
    }

    /// Checks that no other operation has the same method and path: templates that differ only in
    /// names are one path.
    fn check_shape(&mut self, path: &str, method: &'static str, shape: &str, operation: &'a Node) {
        let key = (method, shape.to_owned());
        if let Some(first) = self.shapes.insert(key, &operation.origin) {
            let method = method.to_uppercase();
            let message = format!("`{method} {path}` matches what another operation matches");
            let error = Error::at(&operation.origin, message).other(first);
            self.errors
                .push(error.help("remove one of them with an overlay action"));
        }
    }

    fn operation(
        &mut self,
        path: &str,
        names: &[&str],
        shared: &[Parameter<'a>],
        operation: &'a Node,
    ) {
        if let Some(id) = operation.get("operationId")
            && let Some(name) = id.as_str()
            && let Some(first) = self.operations.insert(name, &id.origin)
        {
            let message = format!("`{name}` is the id of another operation");
            self.errors
                .push(Error::at(&id.origin, message).other(first));
        }
        let own = self.parameters(operation);
        self.check_declared(path, names, &own);
        for name in names {
            let mut all = own.iter().chain(shared);
            if !all.any(|parameter| parameter.location == "path" && parameter.name == *name) {
                let message = format!("no parameter is declared for `{{{name}}}` of `{path}`");
                self.errors.push(Error::at(&operation.origin, message));
            }
        }
    }

    /// The parameters that a path or an operation lists, references resolved.
    fn parameters(&mut self, owner: &'a Node) -> Vec<Parameter<'a>> {
        let mut parameters: Vec<Parameter<'a>> = Vec::new();
        for node in list(owner, "parameters") {
            let Some(parameter) = self.parameter(node) else {
                continue;
            };
            if let Some(first) = parameters.iter().find(|first| first.is_same(&parameter)) {
                let Parameter { location, name, .. } = parameter;
                let message = format!("the {location} parameter `{name}` is listed twice");
                self.errors
                    .push(Error::at(&node.origin, message).other(first.origin));
            }
            parameters.push(parameter);
        }
        parameters
    }

    fn parameter(&self, node: &'a Node) -> Option<Parameter<'a>> {
        let mut target = node;
        // After `shorten_chains` no component is a reference, unless it refers to itself, which is
        // an error.
        if let Some(reference) = target.get(REF).and_then(Node::as_str) {
            let name = reference.rsplit('/').next()?;
            let name = unescape(name)?;
            target = descend(self.root, &["components", "parameters", &name])?;
        }
        Some(Parameter {
            location: target.get("in")?.as_str()?,
            name: target.get("name")?.as_str()?,
            required: target.get("required").and_then(Node::as_bool) == Some(true),
            origin: &node.origin,
        })
    }

    fn check_declared(&mut self, path: &str, names: &[&str], parameters: &[Parameter<'a>]) {
        let in_path = parameters
            .iter()
            .filter(|parameter| parameter.location == "path");
        for parameter in in_path {
            let name = parameter.name;
            if !names.contains(&name) {
                let message = format!("`{path}` has no `{{{name}}}`");
                self.errors.push(Error::at(parameter.origin, message));
            } else if !parameter.required {
                let message = format!("the path parameter `{name}` is not required");
                let error = Error::at(parameter.origin, message);
                self.errors.push(error.help("set `required: true`"));
            }
        }
    }
}

impl Parameter<'_> {
    /// Whether two parameters are one. The names of headers are compared without case.
    fn is_same(&self, other: &Self) -> bool {
        let same_name = match self.location {
            "header" => self.name.eq_ignore_ascii_case(other.name),
            _ => self.name == other.name,
        };
        self.location == other.location && same_name
    }
}

/// Why a template, apart from its parameters, would call another path than it names, and what to
/// do. A character that URLs do not allow is encoded, which calls the path that the template names.
fn no_path(path: &str) -> Option<(&'static str, &'static str)> {
    let parts = path.split(['{', '}']).enumerate();
    let literal = parts.map(|(index, part)| if index % 2 == 0 { part } else { "{}" });
    let literal: String = literal.collect();
    let is_dots = |segment: &str| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        matches!(segment.as_str(), "." | "..")
    };
    if literal.contains('?') {
        let help = "declare what follows as query parameters";
        return Some(("`?` begins a query", help));
    }
    if literal.contains('#') {
        let help = "remove the `#` and what follows it";
        return Some(("what follows `#` never reaches a server", help));
    }
    let help = "write that path";
    literal
        .split('/')
        .any(is_dots)
        .then_some(("`.` and `..` lead to another path", help))
}

/// The names in braces of a path template, in order.
fn template_names(path: &str) -> Result<Vec<&str>, String> {
    let malformed = || format!("the braces of `{path}` do not enclose names");
    let mut names = Vec::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').ok_or_else(malformed)?;
        if before.contains('}') || name.is_empty() || name.contains(['{', '/']) {
            return Err(malformed());
        }
        if names.contains(&name) {
            return Err(format!("`{path}` names `{{{name}}}` twice"));
        }
        names.push(name);
        rest = behind;
    }
    match rest.contains('}') {
        true => Err(malformed()),
        false => Ok(names),
    }
}
