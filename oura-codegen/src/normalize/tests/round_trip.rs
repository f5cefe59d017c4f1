//! The keyword table against openapiv3: what the round trip loses is what the table says.
//!
//! A spec that uses every keyword of the table is generated from the table.

use std::collections::BTreeSet;

use super::parse;
use crate::document::{Document, Members, Node, Number, Value};
use crate::normalize::keywords::{DOCUMENT, Keyword, NamePattern, ObjectKind, SCHEMA};
use crate::normalize::keywords::{Required, Shape, Usage};
use crate::normalize::{Loss, Normalized, find_losses, normalize_document};
use crate::pointer::{Origin, Pointer, Token};

#[test]
fn what_the_vendored_spec_loses_is_in_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/openapi.yaml");
    let text = std::fs::read_to_string(path).expect("the vendored spec exists");
    let normalized = normalize(parse(&text));
    assert_eq!(unexplained(&normalized), [""; 0]);
}

#[test]
fn every_keyword_that_is_not_ignored_survives() {
    let mut sampler = Sampler::new(Mode::Used);
    let normalized = normalize(sampler.document());
    assert_eq!(unexplained(&normalized), [""; 0]);
    assert!(sampler.used.len() > 150, "{}", sampler.used.len());

    let lost: BTreeSet<String> = losses(&normalized).iter().filter_map(last_key).collect();
    assert_eq!(
        lost, sampler.ignored,
        "the table ignores what openapiv3 keeps"
    );
}

#[test]
fn values_that_mean_nothing_may_be_lost() {
    let mut sampler = Sampler::new(Mode::Absent);
    let normalized = normalize(sampler.document());
    assert_eq!(unexplained(&normalized), [""; 0]);
    assert!(losses(&normalized).len() > 30);
}

#[test]
fn a_loss_that_the_table_does_not_know_is_found() {
    let mut normalized = normalize(Sampler::new(Mode::Used).document());
    normalized.openapi.info.description = None;
    normalized.openapi.tags[0].name.push('!');
    assert_eq!(
        unexplained(&normalized),
        ["/info/description", "/tags/0/name"]
    );
}

fn normalize(document: Document) -> Normalized {
    match normalize_document(document) {
        Ok(normalized) => normalized,
        Err(errors) => panic!("{errors}"),
    }
}

fn losses(normalized: &Normalized) -> Vec<Loss> {
    find_losses(&normalized.document, &normalized.openapi).expect("openapiv3 writes what it read")
}

fn unexplained(normalized: &Normalized) -> Vec<String> {
    let losses = losses(normalized);
    let unexplained = losses.iter().filter(|loss| loss.reason.is_none());
    unexplained
        .map(|loss| loss.origin.pointer.to_string())
        .collect()
}

fn last_key(loss: &Loss) -> Option<String> {
    match loss.origin.pointer.tokens().pop()? {
        Token::Key(key) => Some(key.to_string()),
        Token::Index(_) => None,
    }
}

/// Whether keywords get a value, or the value that means the same as none.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Used,
    Absent,
}

/// Makes a spec from the table.
struct Sampler {
    mode: Mode,
    /// The kinds around the current place: inside themselves they get only what is required.
    around: Vec<&'static str>,
    texts: usize,
    /// `kind.keyword` of everything that was used.
    used: BTreeSet<String>,
    /// The used keywords that the table ignores.
    ignored: BTreeSet<String>,
}

impl Sampler {
    fn new(mode: Mode) -> Self {
        Self {
            mode,
            around: Vec::new(),
            texts: 0,
            used: BTreeSet::new(),
            ignored: BTreeSet::new(),
        }
    }

    fn document(&mut self) -> Document {
        let mut root = self.object(&DOCUMENT, &DOCUMENT, "");
        if let Value::Object(members) = &mut root.value {
            members.insert("openapi".into(), text("3.1.0"));
        }
        Document {
            root: placed(root, &Pointer::root()),
        }
    }

    /// A sample of each variant and alternative of a kind.
    fn objects(&mut self, kind: &'static ObjectKind) -> Vec<Node> {
        let variants: Vec<&'static ObjectKind> = match &kind.variants {
            Some((_, kinds)) => kinds.iter().map(|(_, kind)| *kind).collect(),
            None => vec![kind],
        };
        let alternatives = match kind.exactly_one {
            [] => &[""],
            alternatives => alternatives,
        };
        let mut samples = Vec::new();
        for variant in variants {
            for alternative in alternatives {
                samples.push(self.object(kind, variant, alternative));
            }
        }
        samples
    }

    fn object(
        &mut self,
        kind: &'static ObjectKind,
        variant: &'static ObjectKind,
        alternative: &str,
    ) -> Node {
        let short = self.around.contains(&kind.name);
        self.around.push(kind.name);
        let mut members = Members::from_iter([("x-probe".to_owned(), text("extension"))]);
        for keyword in variant.all_keywords() {
            let excluded =
                variant.exactly_one.contains(&keyword.name) && keyword.name != alternative;
            let left_out =
                short && keyword.required != Required::Always && keyword.name != alternative;
            if excluded || left_out || matches!(keyword.usage, Usage::Unsupported(_)) {
                continue;
            }
            let sample = self.keyword(kind, variant, keyword);
            members.insert(keyword.name.to_owned(), sample);
        }
        match &variant.names {
            Some((NamePattern::Path, shape)) => {
                members.insert("/sample/{id}".to_owned(), self.first(shape));
            }
            Some((NamePattern::Status, shape)) => {
                members.insert("200".to_owned(), self.first(shape));
                members.insert("4XX".to_owned(), self.first(shape));
            }
            None => {}
        }
        self.around.pop();
        object(members)
    }

    fn keyword(
        &mut self,
        kind: &'static ObjectKind,
        variant: &'static ObjectKind,
        keyword: &Keyword,
    ) -> Node {
        self.used
            .insert(format!("{}.{}", variant.name, keyword.name));
        if matches!(keyword.usage, Usage::Ignored(_)) {
            self.ignored.insert(keyword.name.to_owned());
        }
        let telling = kind.variants.as_ref();
        if let Some((_, kinds)) = telling.filter(|(telling, _)| *telling == keyword.name) {
            let mut kinds = kinds.iter();
            let word = kinds.find(|(_, kind)| std::ptr::eq(*kind, variant));
            return text(word.expect("a variant has a word").0);
        }
        match (&keyword.shape, keyword.name) {
            // Parameters are those of the sample path, which must be required.
            (_, "name") => text("id"),
            _ if self.mode == Mode::Used || !keyword.droppable => self.several(keyword),
            (Shape::Bool, "required") => scalar(Value::Bool(true)),
            (Shape::Bool | Shape::Bound, _) => scalar(Value::Bool(false)),
            (Shape::Any, _) => scalar(Value::Null),
            (_, name) if keeps_samples(name) => self.several(keyword),
            (Shape::List(_), _) => scalar(Value::Array(Vec::new())),
            _ => object(Members::default()),
        }
    }

    fn several(&mut self, keyword: &Keyword) -> Node {
        match (&keyword.shape, keyword.name) {
            (Shape::Map(Shape::Schema), "schemas") => self.schemas(),
            (Shape::Map(Shape::RefOr(kind)), _) if self.around.len() == 2 => {
                let samples = self.objects(kind).into_iter().enumerate();
                let named = samples.map(|(index, sample)| (format!("sample{index}"), sample));
                object(named.collect())
            }
            (Shape::List(Shape::RefOr(kind)), _) => {
                let samples = self.objects(kind).into_iter();
                // The alternatives of a parameter have one name and place.
                scalar(Value::Array(samples.step_by(2).collect()))
            }
            (shape, _) => self.first(shape),
        }
    }

    /// A schema for each keyword, of a type that it applies to.
    fn schemas(&mut self) -> Node {
        let mut schemas = Members::from_iter([("Sample".to_owned(), object(Members::default()))]);
        for keyword in SCHEMA.keywords {
            if matches!(keyword.usage, Usage::Unsupported(_)) {
                continue;
            }
            let mut schema = Members::from_iter([("x-probe".to_owned(), text("extension"))]);
            if let Some(name) = keyword.types.first() {
                schema.insert("type".to_owned(), text(name));
            }
            self.around.push(SCHEMA.name);
            let sample = self.keyword(&SCHEMA, &SCHEMA, keyword);
            self.around.pop();
            schema.insert(keyword.name.to_owned(), sample);
            schemas.insert(format!("With{}", keyword.name), object(schema));
        }
        object(schemas)
    }

    fn first(&mut self, shape: &Shape) -> Node {
        match shape {
            Shape::Any | Shape::Text | Shape::Token => {
                self.texts += 1;
                text(&format!("text {}", self.texts))
            }
            Shape::Word(words) => text(words[0]),
            Shape::Bool => scalar(Value::Bool(true)),
            Shape::Number | Shape::Bound => scalar(Value::Number(Number::Float(1.5))),
            Shape::Size => scalar(Value::Number(Number::Unsigned(1))),
            Shape::Types => scalar(Value::Array(vec![text("integer"), text("null")])),
            Shape::SchemaName => text("Sample"),
            Shape::SchemaRef => text("#/components/schemas/Sample"),
            Shape::List(shape) | Shape::Filled(shape) => {
                let element = self.first(shape);
                scalar(Value::Array(vec![element]))
            }
            Shape::Map(shape) => object(Members::from_iter([(
                "sample".to_owned(),
                self.first(shape),
            )])),
            Shape::Object(kind) | Shape::RefOr(kind) | Shape::Inlined(kind) => {
                self.objects(kind).swap_remove(0)
            }
            Shape::Schema | Shape::SchemaOrBool => {
                object(Members::from_iter([("title".to_owned(), text("Schema"))]))
            }
        }
    }
}

/// Sections without which the spec would have no samples.
fn keeps_samples(name: &str) -> bool {
    let sections = DOCUMENT.keyword("components").map(|keyword| keyword.shape);
    match sections {
        Some(Shape::Object(components)) => components.keyword(name).is_some(),
        _ => false,
    }
}

/// The node with the origin that its place gives it.
fn placed(node: Node, at: &Pointer) -> Node {
    let value = match node.value {
        Value::Array(elements) => {
            let elements = elements.into_iter().enumerate();
            let elements = elements.map(|(index, node)| placed(node, &at.index(index)));
            Value::Array(elements.collect())
        }
        Value::Object(members) => {
            let members = members.into_iter().map(|(key, node)| {
                let node = placed(node, &at.key(key.as_str()));
                (key, node)
            });
            Value::Object(members.collect())
        }
        value => value,
    };
    let pointer = at.clone();
    let file = node.origin.file;
    let origin = Origin { file, pointer };
    Node { value, origin }
}

fn scalar(value: Value) -> Node {
    let file = "table".into();
    let pointer = Pointer::root();
    let origin = Origin { file, pointer };
    Node { value, origin }
}

fn text(text: &str) -> Node {
    scalar(Value::String(text.to_owned()))
}

fn object(members: Members) -> Node {
    scalar(Value::Object(members))
}
