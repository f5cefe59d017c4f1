//! Proposes overlay actions that a reviewer can paste.
//!
//! Input: two specs and what changed between them. Output: actions in YAML that parse and apply
//! when they are added after the others. They keep names that a rename would change, and give a
//! format to strings that are named like a time.

use std::collections::{BTreeMap, BTreeSet};

use oura_codegen::document::{Node, Value};
use oura_codegen::drift::{Drift, Rename, operation_key};
use oura_codegen::facts::{Fact, Subject, SubjectKind, Topic};
use oura_codegen::ir::Operation;
use oura_codegen::oura::POLICY;
use oura_codegen::overlay::{Action, ActionKind, Reason};
use oura_codegen::pointer::Pointer;

use serde::Serialize;

use super::phrase::Phrase;
use super::side::LoadedSpec;

/// An action to add to the overlay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// What it is for, as a phrase.
    pub purpose: Phrase,
    /// The action, in YAML, as an element of `actions`.
    pub yaml: String,
    /// The index of the action that it replaces, among the actions of the overlay.
    pub replaces: Option<usize>,
}

/// Proposes the actions that keep names and types for users.
pub(super) fn propose(old: &LoadedSpec, new: &LoadedSpec, drift: &Drift) -> Vec<Proposal> {
    let moved = moved(new, &drift.renames);
    // An action that names the schema keeps the name already when it is moved.
    let named = |rename: &Rename| {
        let mut moved = moved.iter();
        moved.any(|one| one.rename.new_key == rename.new_key && one.update.get(RUST_NAME).is_some())
    };
    let mut proposals: Vec<Proposal> = moved.iter().map(MovedAction::propose).collect();
    let renames = drift.renames.iter().filter(|rename| !named(rename));
    proposals.extend(renames.filter_map(keep_name));
    proposals.extend(keep_methods(old, new));
    proposals.extend(type_times(old, new, &drift.renames));
    proposals
}

/// The extension that gives a Rust name.
const RUST_NAME: &str = "x-rust-name";

/// An action whose target is a schema that was renamed.
struct MovedAction<'a> {
    index: usize,
    action: &'a Action,
    update: &'a Node,
    rename: &'a Rename,
}

fn moved<'a>(new: &'a LoadedSpec, renames: &'a [Rename]) -> Vec<MovedAction<'a>> {
    let unapplied_actions = new.unapplied_actions.iter();
    let unmatched = unapplied_actions.filter(|unapplied| unapplied.why == Reason::Unmatched);
    let moved = unmatched.filter_map(|unapplied| {
        let is_target = |rename: &&Rename| {
            let key = &rename.old_key;
            let quoted = format!("$.components.schemas['{key}']");
            unapplied.target == schema_path(key) || unapplied.target == quoted
        };
        let action = new.overlay.as_ref()?.actions.get(unapplied.index)?;
        let ActionKind::Update(update) = &action.change else {
            return None;
        };
        Some(MovedAction {
            index: unapplied.index,
            action,
            update,
            rename: renames.iter().find(is_target)?,
        })
    });
    moved.collect()
}

impl MovedAction<'_> {
    fn propose(&self) -> Proposal {
        let (old_key, new_key) = (&self.rename.old_key, &self.rename.new_key);
        let draft = Draft {
            target: schema_path(new_key),
            description: self.action.description.as_deref(),
            evidence: &self.action.evidence,
            expect: self.action.expect.as_ref().map(flow),
            update: flow(self.update),
        };
        let purpose = Phrase::code(old_key).and(" is called ").and_code(new_key);
        Proposal {
            replaces: Some(self.index),
            ..draft.propose(purpose.and(" now"))
        }
    }
}

/// Proposes to keep the Rust name of a schema that the naming rules would change.
fn keep_name(rename: &Rename) -> Option<Proposal> {
    let (old_key, new_key) = (&rename.old_key, &rename.new_key);
    let (old_ident, new_ident) = (&rename.old_ident, &rename.new_ident);
    // If the key is the same, the overlay renames the schema on purpose. The name of an instance of
    // a generic type follows from the names of its parts.
    let is_ours = old_key == new_key;
    if is_ours || old_ident == new_ident || old_ident.contains('<') || new_ident.contains('<') {
        return None;
    }
    let draft = Draft {
        target: schema_path(new_key),
        description: Some("The name that users type, kept through a rename in the spec."),
        evidence: &format!("Schema `{old_key}` of the spec before has the same meaning."),
        expect: None,
        update: format!("{{{RUST_NAME}: {}}}", word(old_ident)),
    };
    Some(draft.propose(keeps("the name", old_ident, new_ident)))
}

/// Proposes to keep the method names that the naming rules would change.
fn keep_methods(old: &LoadedSpec, new: &LoadedSpec) -> Vec<Proposal> {
    fn operations(read: &LoadedSpec) -> impl Iterator<Item = &Operation> {
        let modules = read.lowered.api.modules.iter();
        modules.flat_map(|module| &module.operations)
    }
    let before = operations(old).map(|one| (operation_key(one), &*one.method));
    let before: BTreeMap<_, &str> = before.collect();
    let proposals = operations(new).filter_map(|operation| {
        let (kept, method) = (*before.get(&operation_key(operation))?, &*operation.method);
        let draft = Draft {
            target: operation.origin.pointer.to_json_path(),
            description: Some("The name that users type, kept through a change of the spec."),
            evidence: "The operation of the spec before has the same method and path.",
            expect: None,
            update: format!("{{{RUST_NAME}: {}}}", word(kept)),
        };
        (kept != method).then(|| draft.propose(keeps("the method", kept, method)))
    });
    proposals.collect()
}

fn keeps(what: &str, kept: &str, other: &str) -> Phrase {
    Phrase::words(format!("keep {what} "))
        .and_code(kept)
        .and(", which would become ")
        .and_code(other)
}

/// Proposes formats for new strings without a format that are named like a date or a time.
fn type_times(old: &LoadedSpec, new: &LoadedSpec, renames: &[Rename]) -> Vec<Proposal> {
    let names = renames.iter();
    let names: BTreeMap<&str, &str> = names
        .map(|rename| (rename.old_ident.as_str(), rename.new_ident.as_str()))
        .collect();
    let before: BTreeSet<String> = bare_strings(&old.lowered.facts)
        .map(|fact| renamed(&fact.subject, &names))
        .collect();
    let bare = bare_strings(&new.lowered.facts);
    let bare = bare.filter(|fact| !before.contains(&fact.key.subject));
    bare.filter_map(|fact| type_time(fact, new)).collect()
}

fn type_time(fact: &Fact, new: &LoadedSpec) -> Option<Proposal> {
    let subject = &fact.key.subject;
    let name = own_name(&fact.subject);
    let format = POLICY.time_format(name)?;
    // The overlay already decides the types of what it adds.
    if *fact.origin.file != *new.inputs.spec.name {
        return None;
    }
    let draft = Draft {
        target: parameter_path(fact.origin.pointer.parent()?, name),
        description: None,
        evidence: "The name suggests it; check it against a recorded response before merging.",
        expect: Some("{type: string, format: null}".to_owned()),
        update: format!("{{format: {format}}}"),
    };
    Some(draft.propose(Phrase::code(subject).and(" is a bare string named like a time")))
}

/// The types of strings that have no format and no list of values.
fn bare_strings(facts: &[Fact]) -> impl Iterator<Item = &Fact> {
    let typed: BTreeSet<&str> = facts
        .iter()
        .filter(|fact| matches!(fact.topic, Topic::Format | Topic::Value))
        .map(|fact| fact.key.subject.as_str())
        .collect();
    facts.iter().filter(move |fact| {
        let is_string = fact.topic == Topic::Type && fact.value == "string";
        is_string && !typed.contains(fact.key.subject.as_str())
    })
}

/// The subject with the names of the new spec.
fn renamed(subject: &Subject, names: &BTreeMap<&str, &str>) -> String {
    match &subject.holder {
        Some(holder) => subject.kind.name_in(&renamed(holder, names)),
        None => {
            let name = names.get(subject.name.as_str());
            name.map_or_else(|| subject.name.clone(), |name| (*name).to_owned())
        }
    }
}

/// The name of a property or parameter. For elements or values, the name of what holds them.
fn own_name(subject: &Subject) -> &str {
    match (&subject.kind, &subject.holder) {
        (SubjectKind::Items | SubjectKind::Values, Some(holder)) => own_name(holder),
        (
            SubjectKind::Property(name)
            | SubjectKind::Parameter(_, name)
            | SubjectKind::Header(name)
            | SubjectKind::Branch(name),
            _,
        ) => name,
        _ => &subject.name,
    }
}

fn schema_path(key: &str) -> String {
    let at = Pointer::root().keys(&["components", "schemas", key]);
    at.to_json_path()
}

/// The JSONPath of a place. A parameter is selected by its name, because its index may change.
fn parameter_path(at: &Pointer, name: &str) -> String {
    let path = at.to_json_path();
    let found = path.split_once(".parameters[");
    match found.and_then(|(before, rest)| Some((before, rest.split_once(']')?.1))) {
        None => path,
        Some((before, behind)) => {
            let name = name.replace('\\', "\\\\").replace('\'', "\\'");
            format!("{before}.parameters[?@.name == '{name}']{behind}")
        }
    }
}

/// An action, with its update and what it expects in YAML.
struct Draft<'d> {
    target: String,
    description: Option<&'d str>,
    evidence: &'d str,
    expect: Option<String>,
    update: String,
}

impl Draft<'_> {
    fn propose(&self, purpose: Phrase) -> Proposal {
        let mut lines = vec![format!("  - target: {}", scalar(&self.target))];
        let description = self.description.map(scalar);
        lines.extend(description.map(|text| format!("    description: {text}")));
        lines.push(format!("    x-evidence: {}", scalar(self.evidence)));
        let expect = self.expect.as_ref();
        lines.extend(expect.map(|text| format!("    x-expect: {text}")));
        lines.push(format!("    update: {}\n", self.update));
        Proposal {
            purpose,
            yaml: lines.join("\n"),
            replaces: None,
        }
    }
}

/// A node on one line.
fn flow(node: &Node) -> String {
    match &node.value {
        Value::Object(members) => {
            let members = members.iter();
            let members = members.map(|(key, node)| format!("{}: {}", word(key), flow(node)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::String(text) => word(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => node.to_json_value().to_string(),
    }
}

/// A string inside a list or an object on one line, where commas and brackets have a meaning.
fn word(text: &str) -> String {
    match text.contains([',', '[', ']', '{', '}', ';']) {
        true => quoted(text),
        false => scalar(text),
    }
}

/// A string in YAML, without quotes if it is certainly read as the same string.
fn scalar(text: &str) -> String {
    const RESERVED: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_word = |c: char| c.is_ascii_alphanumeric() || " $._-/()`,;".contains(c);
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$')
        && text.chars().all(is_word)
        && !text.ends_with(' ')
        && !text.contains(" -")
        && !RESERVED.contains(&text.to_ascii_lowercase().as_str());
    match is_plain {
        true => text.to_owned(),
        false => quoted(text),
    }
}

/// A string as JSON, which is also YAML if the characters that YAML refuses are escaped.
fn quoted(text: &str) -> String {
    let escape = |c: char| match c {
        '\u{7f}'..='\u{9f}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}'
        | '\u{fffe}'
        | '\u{ffff}' => {
            format!("\\u{:04x}", u32::from(c))
        }
        _ => c.to_string(),
    };
    let json = serde_json::Value::from(text).to_string();
    json.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use oura_codegen::document::parse_document;

    use super::*;

    /// Actions with any texts parse to the same texts.
    #[test]
    fn actions_with_any_texts_are_yaml() {
        let texts = [
            "plain words",
            "true",
            "n",
            "1.5",
            "a: b",
            "a # b",
            "- a",
            "a, b",
            "{a}",
            "it's \"quoted\" \\ `so`",
            "\u{1b}[31m\u{85}\u{2028}\u{202e}\t\n",
            " blank ",
            "",
            "日本語",
        ];
        for text in texts {
            let node = parse_document("n", &format!("{{k: [{}], {0}: null}}", quoted(text)));
            let node = node.unwrap().root;
            let draft = Draft {
                target: text.to_owned(),
                description: Some(text),
                evidence: text,
                expect: None,
                update: flow(&node),
            };
            let overlay = format!("actions:\n{}", draft.propose(Phrase::default()).yaml);
            let read = parse_document("a", &overlay).unwrap().root;
            let action = &read.get("actions").and_then(Node::as_array).unwrap()[0];
            for key in ["target", "description", "x-evidence"] {
                assert_eq!(
                    action.get(key).and_then(Node::as_str),
                    Some(text),
                    "{text:?}"
                );
            }
            assert!(action.get("update") == Some(&node), "{text:?}");
        }
    }

    #[test]
    fn places_become_paths() {
        let operation = Pointer::root().keys(&["paths", "/a/{b}", "get"]);
        let at = operation.key("parameters").index(2).key("schema");
        assert_eq!(
            parameter_path(&at, "c'"),
            "$.paths['/a/{b}'].get.parameters[?@.name == 'c\\''].schema"
        );
        let at = Pointer::root().keys(&["x", "responses", "200"]);
        assert_eq!(parameter_path(&at, "c"), "$.x.responses['200']");
        assert_eq!(schema_path("A[B]'"), "$.components.schemas['A[B]\\'']");
    }
}
