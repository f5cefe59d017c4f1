//! Tests the surface, which a reviewer reads when the spec changes: one line per fact, one snapshot
//! per resource, and a small difference for a small change.

use std::collections::BTreeSet;

use oura_codegen::document::{Document, Members, Node, Number, Value};
use oura_codegen::facts::surface;
use oura_codegen::lower::Lowered;
use oura_codegen::oura::POLICY;
use oura_codegen::pointer::{Pointer, Token};
use oura_tests::{Snapshots, corrected, lower, lower_with_overlay, vendored};
use similar::{ChangeTag, TextDiff};

#[test]
fn the_surface_is_pinned() {
    let lowered = lowered(vendored_spec());
    let mut snapshots = Snapshots::new("surface");
    for (section, text) in surface(&lowered.facts) {
        snapshots.check(section, &text);
    }
    snapshots.finish();
}

#[test]
fn every_schema_and_operation_is_counted_once() {
    let census = lowered(vendored_spec()).census;
    let schemas = vendored_spec();
    let schemas = schemas
        .root
        .get("components")
        .and_then(|node| node.get("schemas"));
    let schemas = schemas
        .and_then(Node::as_object)
        .map(|schemas| schemas.len());
    assert_eq!(Some(census.schemas()), schemas);
    let mut snapshots = Snapshots::new("census");
    snapshots.check("census", &format!("{census:#?}\n"));
    snapshots.finish();
}

#[test]
fn fact_keys_are_unique() {
    let facts = lowered(vendored_spec()).facts;
    // The aspect of a fact that is stated twice ends with `again`. Only prose may be stated twice:
    // that of a parameter and of its schema.
    let shown = facts.iter().filter(|fact| fact.on_surface);
    let mut twice = shown.filter(|fact| fact.key.aspect.ends_with(" again"));
    assert_eq!(twice.next(), None);
    assert!(facts.is_sorted_by(|one, other| one.key < other.key));
}

type Edit = fn(&mut Document);

/// Small changes of the vendored spec, each at the first place that fits, with the number of lines
/// that a reviewer sees. A changed line counts twice: the old one and the new one.
const CHANGES: &[(&str, usize, Edit)] = &[
    ("an enum value is added", 1, |spec| {
        let at = first(spec, |at, _| {
            is_below(at, "/components/schemas") && ends_with(at, "enum")
        });
        let mut value = array(spec, &at)[0].clone();
        value.value = "sunset".into();
        array(spec, &at).push(value);
    }),
    ("a property becomes nullable", 1, |spec| {
        let at = property(spec, |required, property| {
            required && property.get("nullable").is_none() && is_plain(property, "string")
        });
        set(spec, &at, "nullable", Value::Bool(true));
    }),
    ("a property becomes optional", 2, |spec| {
        let at = property(spec, |required, property| {
            required && property.get("nullable").is_none() && is_plain(property, "string")
        });
        require(spec, &at, None);
    }),
    ("a type changes", 2, |spec| {
        let at = property(spec, |_, property| is_plain(property, "integer"));
        set(spec, &at, "type", "number".into());
    }),
    ("a length bound is added", 1, |spec| {
        let at = property(spec, |_, property| is_plain(property, "string"));
        let bound = Value::Number(Number::Unsigned(77));
        set(spec, &at, "maxLength", bound);
    }),
    ("a property is removed", 3, |spec| {
        let at = property(spec, |required, property| {
            let is_nullable = property.get("nullable").is_some();
            !required && is_nullable && is_plain(property, "string")
        });
        take(spec, &at);
    }),
    ("a property is renamed", 4, |spec| {
        let at = property(spec, |required, property| {
            required && property.get("nullable").is_none() && is_plain(property, "string")
        });
        let property = take(spec, &at);
        require(spec, &at, Some("other_name"));
        let properties = at.parent().cloned().unwrap_or_default();
        object(spec, &properties).insert("other_name".to_owned(), property);
    }),
    ("a parameter becomes required", 2, |spec| {
        let at = first(spec, |at, node| {
            is_text(node, "in", "query")
                && is_below(at, "/paths")
                && node.get("x-rust-field-selection").is_none()
        });
        set(spec, &at, "required", Value::Bool(true));
    }),
    ("an error response is added", 1, |spec| {
        let at = first(spec, |at, _| ends_with(at, "responses"));
        let origin = node(spec, &at).origin.clone();
        let words = ("description".to_owned(), Node::new("A teapot.", origin));
        let response = Value::Object(Members::from_iter([words]));
        set(spec, &at, "418", response);
    }),
    ("an operation is deprecated", 1, |spec| {
        let at = operation(spec, |_| true);
        set(spec, &at, "deprecated", Value::Bool(true));
    }),
    ("a security alternative is removed", 2, |spec| {
        let at = operation(spec, |node| {
            let security = node.get("security").and_then(Node::as_array);
            security.is_some_and(|alternatives| alternatives.len() > 1)
        });
        array(spec, &at.key("security")).pop();
    }),
    ("a scope is added", 1, |spec| {
        let at = first(spec, |at, _| ends_with(at, "scopes"));
        set(spec, &at, "sunset", "Sunsets.".into());
    }),
    ("a security header is renamed", 2, |spec| {
        let at = first(spec, |at, node| {
            is_below(at, "/components/securitySchemes") && is_text(node, "in", "header")
        });
        set(spec, &at, "name", "x-app-id".into());
    }),
    ("a server is added", 1, |spec| {
        let servers = Pointer::root().key("servers");
        let origin = spec.root.origin.clone();
        let url = Node::new("https://cloud.ouraring.com", origin.clone());
        let server = Value::Object(Members::from_iter([("url".to_owned(), url)]));
        array(spec, &servers).push(Node::new(server, origin));
    }),
    (
        "a schema is renamed to what has the same rust name",
        2,
        |spec| {
            let at = first(spec, |at, node| {
                is_below(at, "/components/schemas/Public") && node.get("enum").is_some()
            });
            let old = last_key(&at);
            let new = format!("{}Model", old.trim_start_matches("Public"));
            let schema = take(spec, &at);
            let schemas = Pointer::root().keys(&["components", "schemas"]);
            object(spec, &schemas).insert(new.clone(), schema);
            let reference = |key: &str| Value::from(format!("#/components/schemas/{key}"));
            replace(&mut spec.root, &reference(&old), &reference(&new));
        },
    ),
];

#[test]
fn a_small_change_is_a_small_difference() {
    let strict = corrected().unwrap_or_else(|errors| panic!("{errors}"));
    let lowered = |spec| lower(spec, &POLICY).unwrap_or_else(|errors| panic!("{errors}"));
    let before = lowered(strict.clone());
    let mut snapshots = Snapshots::new("changes");
    for (name, lines, change) in CHANGES {
        let mut spec = strict.clone();
        change(&mut spec);
        let text = difference(&before, &lowered(spec));
        assert_eq!(text.lines().count(), *lines, "{name}:\n{text}");
        snapshots.check(&name.replace(' ', "_"), &text);
    }
    snapshots.finish();
}

#[test]
fn prose_and_code_samples_are_not_on_the_surface() {
    let mut spec = vendored_spec();
    let at = operation(&spec, |node| node.get("summary").is_some());
    set(&mut spec, &at, "summary", "Something else".into());
    object(&mut spec, &at).shift_remove("x-codeSamples");
    assert_eq!(difference(&lowered(vendored_spec()), &lowered(spec)), "");
}

/// The lines that differ, each after the name of its section.
fn difference(before: &Lowered, after: &Lowered) -> String {
    let (before, after) = (surface(&before.facts), surface(&after.facts));
    let sections: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut text = String::new();
    for section in sections {
        let old = before.get(section).map_or("", String::as_str);
        let new = after.get(section).map_or("", String::as_str);
        for change in TextDiff::from_lines(old, new).iter_all_changes() {
            let sign = match change.tag() {
                ChangeTag::Equal => continue,
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            text.push_str(&format!("{section}: {sign} {}", change.value()));
        }
    }
    text
}

fn vendored_spec() -> Document {
    vendored().unwrap_or_else(|errors| panic!("{errors}"))
}

fn lowered(spec: Document) -> Lowered {
    lower_with_overlay(spec, &POLICY).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The first place that fits, in the order of the spec.
fn first(spec: &Document, fits: impl Fn(&Pointer, &Node) -> bool) -> Pointer {
    let mut open = vec![(Pointer::root(), &spec.root)];
    while let Some((at, node)) = open.pop() {
        if fits(&at, node) {
            return at;
        }
        match &node.value {
            Value::Array(items) => {
                let items = items.iter().enumerate().rev();
                open.extend(items.map(|(index, item)| (at.index(index), item)));
            }
            Value::Object(members) => {
                let members = members.iter().rev();
                open.extend(members.map(|(key, member)| (at.key(key.as_str()), member)));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    panic!("the vendored spec has no place that fits");
}

/// The first property that fits, by whether it is required and its schema, of an object in a
/// response. Properties of requests are left out, because their order as arguments has a line too,
/// and so are those of pages, which are generic and belong to many schemas.
fn property(spec: &Document, fits: impl Fn(bool, &Node) -> bool) -> Pointer {
    let schemas = Pointer::root().keys(&["components", "schemas"]);
    first(spec, |at, node| {
        let Some(schema) = at.parent().and_then(Pointer::parent) else {
            return false;
        };
        let says = |keyword: &str| spec.get(&schema.key(keyword));
        let title = says("title").and_then(Node::as_str).unwrap_or_default();
        let mut required = says("required")
            .and_then(Node::as_array)
            .into_iter()
            .flatten();
        schema.parent() == Some(&schemas)
            && at.parent() == Some(&schema.key("properties"))
            && !title.contains('[')
            && !is_sent(spec, schema)
            && fits(
                required.any(|one| one.as_str() == Some(&last_key(at))),
                node,
            )
    })
}

/// Whether a schema is the body of a request.
fn is_sent(spec: &Document, schema: &Pointer) -> bool {
    let reference = format!("#{schema}");
    let paths = spec.root.get("paths").and_then(Node::as_object);
    let items = paths.into_iter().flat_map(Members::values);
    let mut operations = items.filter_map(Node::as_object).flat_map(Members::values);
    operations.any(|operation| {
        let content = operation
            .get("requestBody")
            .and_then(|body| body.get("content"));
        let types = content
            .and_then(Node::as_object)
            .into_iter()
            .flat_map(Members::values);
        let mut schemas = types.filter_map(|media_type| media_type.get("schema"));
        schemas.any(|schema| is_text(schema, "$ref", &reference))
    })
}

fn operation(spec: &Document, fits: impl Fn(&Node) -> bool) -> Pointer {
    first(spec, |_, node| {
        node.get("responses").is_some() && fits(node)
    })
}

/// Whether a schema has this type, nullable or not, and no other keywords except prose.
fn is_plain(schema: &Node, ty: &str) -> bool {
    let allowed = ["type", "nullable", "title", "description"];
    let mut keywords = schema.as_object().into_iter().flat_map(Members::keys);
    is_text(schema, "type", ty) && keywords.all(|keyword| allowed.contains(&keyword.as_str()))
}

fn is_text(node: &Node, key: &str, text: &str) -> bool {
    node.get(key).and_then(Node::as_str) == Some(text)
}

fn is_below(at: &Pointer, start: &str) -> bool {
    at.to_string().starts_with(start)
}

fn ends_with(at: &Pointer, key: &str) -> bool {
    last_key(at) == key
}

fn last_key(at: &Pointer) -> String {
    match at.last() {
        Some(Token::Key(key)) => key.to_string(),
        Some(Token::Index(_)) | None => String::new(),
    }
}

/// Removes the name of a property from the required ones, or replaces it by another.
fn require(spec: &mut Document, at: &Pointer, other: Option<&str>) {
    let name = last_key(at);
    let schema = at.parent().and_then(Pointer::parent);
    let required = schema.cloned().unwrap_or_default().key("required");
    let names = array(spec, &required);
    for one in names.iter_mut().filter(|one| one.as_str() == Some(&name)) {
        one.value = other.map_or(Value::Null, Value::from);
    }
    names.retain(|one| !one.is_null());
}

fn take(spec: &mut Document, at: &Pointer) -> Node {
    let parent = at.parent().and_then(|parent| spec.get_mut(parent));
    let taken = at.last().and_then(|last| parent?.remove(last));
    taken.unwrap_or_else(|| panic!("nothing at {at}"))
}

fn replace(node: &mut Node, old: &Value, new: &Value) {
    match &mut node.value {
        value if value == old => *value = new.clone(),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, old, new)),
        Value::Object(members) => {
            members
                .values_mut()
                .for_each(|member| replace(member, old, new));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn node<'d>(spec: &'d mut Document, at: &Pointer) -> &'d mut Node {
    spec.get_mut(at)
        .unwrap_or_else(|| panic!("nothing at {at}"))
}

fn object<'d>(spec: &'d mut Document, at: &Pointer) -> &'d mut Members {
    node(spec, at)
        .as_object_mut()
        .unwrap_or_else(|| panic!("no object at {at}"))
}

fn array<'d>(spec: &'d mut Document, at: &Pointer) -> &'d mut Vec<Node> {
    match &mut node(spec, at).value {
        Value::Array(items) => items,
        _ => panic!("no array at {at}"),
    }
}

fn set(spec: &mut Document, at: &Pointer, key: &str, value: Value) {
    let origin = node(spec, at).origin.clone();
    object(spec, at).insert(key.to_owned(), Node::new(value, origin));
}
