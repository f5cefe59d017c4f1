//! The walk along the keyword table: checks each name and value of a spec, converts
//! schemas, resolves references. Errors come in no particular order.

use super::dialect::{Line, STRICT_VERSION};
use super::fragment::REF;
use super::keywords::{DOCUMENT, Keyword, OURS, ObjectKind, PATH_ITEM, Required};
use super::keywords::{SCHEMA, Shape, TYPE_NAMES, Usage, aside_name};
use super::references::{self, Target};
use super::schema::{convert_schema, make_whole};
use super::tree::{closest, elements, is_empty};
use crate::document::{Members, Node, Number, Value};
use crate::error::Error;
use crate::http::is_token;
use crate::pointer::{Origin, Token};

/// One walk over one spec.
struct Walk<'a> {
    target: Target<'a>,
    line: Line,
    errors: Vec<Error>,
    /// The references that are being replaced by copies, the outermost first.
    inlining: Vec<String>,
}

/// The whole spec in strict 3.0.3, meaningful only when there are no errors.
pub(super) fn walk_document(target: Target<'_>, line: Line) -> (Node, Vec<Error>) {
    let mut walk = Walk {
        target,
        line,
        errors: Vec::new(),
        inlining: Vec::new(),
    };
    let mut root = walk.object(&DOCUMENT, target.root);
    walk.check_contents();
    for (key, schema) in target.hoisted.schemas() {
        let schema = walk.schema_in_place(schema);
        let schemas = member(&mut root, "components")
            .and_then(|components| member(components, "schemas"))
            .and_then(Node::as_object_mut);
        if let Some(schemas) = schemas {
            schemas.insert(key.clone(), schema);
        }
    }
    if let Some(version) = root.get_mut("openapi") {
        version.value = STRICT_VERSION.into();
    }
    (root, walk.errors)
}

impl Walk<'_> {
    /// OpenAPI 3.1 requires a spec to have at least one of several sections.
    fn check_contents(&mut self) {
        let contents = ["paths", "components", "webhooks"];
        if contents
            .iter()
            .all(|name| self.target.root.get(name).is_none())
            && self.line == Line::V3_1
        {
            let message = "the spec has none of `paths`, `components` and `webhooks`";
            self.errors
                .push(Error::at(&self.target.root.origin, message));
        }
    }

    fn value(&mut self, shape: &Shape, node: &Node) -> Node {
        match (shape, &node.value) {
            (Shape::Any, _)
            | (Shape::Text, Value::String(_))
            | (Shape::Bool, Value::Bool(_))
            | (Shape::Number, Value::Number(_))
            | (Shape::Bound, Value::Bool(_) | Value::Number(_))
            | (Shape::SchemaOrBool, Value::Bool(_)) => node.clone(),
            (Shape::Word(words), Value::String(word)) if words.contains(&word.as_str()) => {
                node.clone()
            }
            (Shape::Token, Value::String(text)) if is_token(text) => node.clone(),
            (Shape::Size, Value::Number(_)) => self.size(node),
            (Shape::Types, _) if are_types(node) => node.clone(),
            (Shape::SchemaName, Value::String(_)) => {
                self.resolved(node, references::resolve_name(self.target, node))
            }
            (Shape::SchemaRef, Value::String(_)) => {
                self.resolved(node, references::resolve(self.target, &SCHEMA, node))
            }
            (Shape::List(element), Value::Array(_)) => self.list(element, node),
            (Shape::Filled(element), Value::Array(list)) if !list.is_empty() => {
                self.list(element, node)
            }
            (Shape::Map(value), Value::Object(members)) => self.map(value, members, node),
            (Shape::Object(kind), Value::Object(_)) => self.object(kind, node),
            (Shape::RefOr(kind), Value::Object(_)) => self.reference_or(kind, node),
            (Shape::Inlined(kind), Value::Object(_)) => self.inlined(kind, node),
            (Shape::Schema | Shape::SchemaOrBool, _) => self.schema(node),
            _ => self.mismatch(shape, node),
        }
    }

    fn size(&mut self, node: &Node) -> Node {
        let mut size = node.clone();
        make_whole(&mut size.value);
        match size.value {
            Value::Number(Number::Unsigned(_)) => size,
            _ => self.mismatch(&Shape::Size, node),
        }
    }

    fn list(&mut self, element: &Shape, list: &Node) -> Node {
        let elements = elements(list).iter();
        let values: Vec<Node> = elements.map(|node| self.value(element, node)).collect();
        Node::new(values, list.origin.clone())
    }

    fn map(&mut self, shape: &Shape, members: &Members, map: &Node) -> Node {
        let members: Members = members
            .iter()
            .map(|(name, node)| (name.clone(), self.value(shape, node)))
            .collect();
        Node::new(members, map.origin.clone())
    }

    fn object(&mut self, kind: &'static ObjectKind, node: &Node) -> Node {
        let members = self.members(kind, node);
        Node::new(members, node.origin.clone())
    }

    fn members(&mut self, kind: &'static ObjectKind, node: &Node) -> Members {
        let Some(source) = node.as_object() else {
            self.mismatch(&Shape::Object(kind), node);
            return Members::default();
        };
        let kind = kind.variant(node);
        let mut target = Members::with_capacity_and_hasher(source.len(), <_>::default());
        for (name, child) in source {
            if let Some(keyword) = kind.keyword(name) {
                self.keyword(kind, keyword, child, source, &mut target);
            } else if name.starts_with(OURS) {
                self.unknown_extension(kind, name, child);
            } else if name.starts_with("x-") {
                target.insert(name.clone(), child.clone());
            } else if let Some((names, shape)) = &kind.names
                && names.accepts(name)
            {
                target.insert(name.clone(), self.value(shape, child));
            } else if self.is_annotation(kind, name) {
                target.insert(aside_name(name), child.clone());
            } else {
                self.unknown(kind, name, child);
            }
        }
        self.check_complete(kind, source, &node.origin);
        let is_left_out = |keyword: &&Keyword| {
            keyword.required == Required::In3_0 && !source.contains_key(keyword.name)
        };
        for keyword in kind.all_keywords().filter(is_left_out) {
            let empty = Node::new(Members::default(), node.origin.clone());
            target.insert(keyword.name.to_owned(), empty);
        }
        target
    }

    /// Whether a keyword is only an annotation: schemas of OpenAPI 3.1 may have any keywords, and
    /// unknown ones say nothing about values. One that is similar to a known keyword is an error.
    fn is_annotation(&self, kind: &ObjectKind, name: &str) -> bool {
        let known = kind.all_keywords().map(|keyword| keyword.name);
        self.line == Line::V3_1
            && std::ptr::eq(kind, &SCHEMA)
            && !aside_name(name).starts_with(OURS)
            && closest(name, known).is_none()
    }

    fn keyword(
        &mut self,
        kind: &ObjectKind,
        keyword: &Keyword,
        child: &Node,
        source: &Members,
        target: &mut Members,
    ) {
        let Keyword { name, shape, .. } = keyword;
        match keyword.usage {
            Usage::Read | Usage::Ignored(_) => {
                target.insert((*name).to_owned(), self.value(shape, child));
            }
            Usage::Aside(_) => {
                self.value(shape, child);
                let aside = aside_name(name);
                if source.contains_key(&aside) {
                    let message =
                        format!("`{name}` and `{aside}` cannot be used beside each other");
                    self.errors.push(Error::at(&child.origin, message));
                }
                target.insert(aside, child.clone());
            }
            Usage::Unsupported(advice) => {
                let message = format!("`{name}` of {} is not supported", kind.name);
                self.errors
                    .push(Error::at(&child.origin, message).help(advice));
            }
        }
    }

    fn check_complete(&mut self, kind: &ObjectKind, source: &Members, origin: &Origin) {
        let line = self.line;
        let required = kind
            .all_keywords()
            .filter(|keyword| match keyword.required {
                Required::Never => false,
                Required::In3_0 => line == Line::V3_0,
                Required::Always => true,
            });
        for Keyword { name, .. } in required.filter(|keyword| !source.contains_key(keyword.name)) {
            let message = format!("{} lacks `{name}`", kind.name);
            let error = Error::at(origin, message);
            self.errors
                .push(error.help("add it with an overlay action"));
        }
        let given = kind
            .exactly_one
            .iter()
            .filter(|name| source.contains_key(**name));
        if !kind.exactly_one.is_empty() && given.count() != 1 {
            let names = kind.exactly_one.join("` and `");
            let message = format!("{} has exactly one of `{names}`", kind.name);
            self.errors.push(Error::at(origin, message));
        }
    }

    fn unknown(&mut self, kind: &ObjectKind, name: &str, child: &Node) {
        let known = kind.all_keywords().map(|keyword| keyword.name);
        let message = match &kind.names {
            None => format!("`{name}` is not a keyword of {}", kind.name),
            Some((names, _)) => format!("`{name}` is not {}", names.describe()),
        };
        let help = match closest(name, known) {
            Some(known) => Some(format!("did you mean `{known}`")),
            None if kind.names.is_none() => Some("extensions start with `x-`".into()),
            None => None,
        };
        let mut error = Error::at(&child.origin, message);
        error.help = help;
        self.errors.push(error);
    }

    fn unknown_extension(&mut self, kind: &ObjectKind, name: &str, child: &Node) {
        let known = kind.all_keywords().map(|keyword| keyword.name);
        let known: Vec<_> = known.filter(|name| name.starts_with(OURS)).collect();
        let message = format!("`{name}` has no meaning on {}", kind.name);
        let help = match known.as_slice() {
            [] => format!("remove it; {} has no `{OURS}..` extensions", kind.name),
            known => format!("{} can have `{}`", kind.name, known.join("`, `")),
        };
        self.errors
            .push(Error::at(&child.origin, message).help(help));
    }

    fn mismatch(&mut self, shape: &Shape, node: &Node) -> Node {
        let label = match node.origin.pointer.tokens().last() {
            Some(Token::Key(key)) => format!("`{key}`"),
            Some(Token::Index(_)) => "this element".into(),
            None => "the spec".into(),
        };
        let expected = shape.describe();
        let message = match (&node.value, shape) {
            (Value::String(text), Shape::Word(_) | Shape::Types | Shape::Token) => {
                format!("{label} must be {expected}, found `{text}`")
            }
            (value, _) if is_empty(value) => {
                format!("{label} must be {expected}, found an empty one")
            }
            _ => format!("{label} must be {expected}, found {}", node.kind()),
        };
        let error = Error::at(&node.origin, message);
        self.errors.push(match (&node.value, shape) {
            (Value::Number(_) | Value::Bool(_), Shape::Text) => error.help("put it in quotes"),
            _ => error,
        });
        node.clone()
    }

    fn schema(&mut self, node: &Node) -> Node {
        match self.target.hoisted.reference(node) {
            None => self.schema_in_place(node),
            Some(component) => {
                let reference = Node::new(component, node.origin.clone());
                let members = Members::from_iter([(REF.to_owned(), reference)]);
                Node::new(members, node.origin.clone())
            }
        }
    }

    fn schema_in_place(&mut self, node: &Node) -> Node {
        match &node.value {
            Value::Bool(true) => Node::new(Members::default(), node.origin.clone()),
            Value::Bool(false) => {
                let message = "a schema that no value satisfies is not supported";
                self.errors.push(Error::at(&node.origin, message));
                node.clone()
            }
            Value::Object(_) => {
                let members = self.members(&SCHEMA, node);
                convert_schema(members, &node.origin, self.target, &mut self.errors)
            }
            _ => self.mismatch(&Shape::Schema, node),
        }
    }

    /// The node of a reference, in its canonical form.
    fn resolved(&mut self, node: &Node, target: Result<String, Error>) -> Node {
        match target {
            Ok(target) => Node::new(target, node.origin.clone()),
            Err(error) => {
                self.errors.push(error);
                node.clone()
            }
        }
    }

    fn reference_or(&mut self, kind: &'static ObjectKind, node: &Node) -> Node {
        match node.as_object() {
            Some(members) if members.contains_key(REF) && members.len() == 1 => {
                let reference = &members[REF];
                let target = references::resolve(self.target, kind, reference);
                if matches!(&target, Ok(name) if !references::is_component(name)) {
                    return self.inlined(kind, node);
                }
                let reference = self.resolved(reference, target);
                let members = Members::from_iter([(REF.to_owned(), reference)]);
                Node::new(members, node.origin.clone())
            }
            _ => self.inlined(kind, node),
        }
    }

    /// An object in place of a reference with something beside it. OpenAPI 3.1 allows
    /// descriptions there, and both versions allow anything beside the reference of a path item;
    /// openapiv3 supports neither.
    fn inlined(&mut self, kind: &'static ObjectKind, node: &Node) -> Node {
        let Some(reference) = node.get(REF) else {
            return self.object(kind, node);
        };
        match self.copy(kind, node, reference) {
            Ok((target, copy)) => {
                self.inlining.push(target);
                let result = self.object(kind, &copy);
                self.inlining.pop();
                result
            }
            Err(error) => {
                self.errors.push(error);
                node.clone()
            }
        }
    }

    /// A copy of the target of a reference, with what is beside the reference, and its name.
    fn copy(
        &mut self,
        kind: &'static ObjectKind,
        node: &Node,
        reference: &Node,
    ) -> Result<(String, Node), Error> {
        let (name, target) = references::follow(self.target, kind, reference)?;
        let is_allowed = self.target.copies.allow(target.walk().count());
        if self.inlining.contains(&name) || !is_allowed {
            let message = format!("copying `{name}` would never end");
            return Err(Error::at(&reference.origin, message));
        }
        let mut copy = target.as_object().cloned().unwrap_or_default();
        for (key, child) in node.as_object().into_iter().flatten() {
            match key.as_str() {
                REF => {}
                _ if key.starts_with("x-") => drop(copy.insert(key.clone(), child.clone())),
                "summary" | "description" if kind.keyword(key).is_none() => {
                    copy.insert(aside_name(key), child.clone());
                }
                "summary" | "description" => drop(copy.insert(key.clone(), child.clone())),
                _ if std::ptr::eq(kind, &PATH_ITEM) && !copy.contains_key(key) => {
                    copy.insert(key.clone(), child.clone());
                }
                _ => {
                    let message = format!("`{key}` cannot be used beside `$ref`");
                    return Err(Error::at(&child.origin, message)
                        .help(format!("set it where {} is defined", kind.name)));
                }
            }
        }
        Ok((name, Node::new(copy, node.origin.clone())))
    }
}

/// A member that is an object, which is made where it is missing.
fn member<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Node> {
    let origin = node.origin.clone();
    let members = node.as_object_mut()?;
    let empty = || Node::new(Members::default(), origin);
    Some(members.entry(key.to_owned()).or_insert_with(empty))
}

fn are_types(node: &Node) -> bool {
    let is_type = |node: &Node| node.as_str().is_some_and(|name| TYPE_NAMES.contains(&name));
    let list = elements(node);
    is_type(node) || !list.is_empty() && list.iter().all(is_type)
}
