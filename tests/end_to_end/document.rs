//! The operations as the document tells them: what must be sent, and answers to each.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::sample::{Answers, Form, answers, sample};

/// An operation of the document.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) template: String,
    pub(crate) id: String,
    /// The query parameters that do something.
    pub(crate) query: Vec<String>,
    pub(crate) security: Security,
    /// The body with all properties, or null.
    pub(crate) body: Value,
    /// The body with the required properties alone, or null.
    pub(crate) least_body: Value,
    pub(crate) status: u16,
    pub(crate) answers: Answers,
    pub(crate) errors: Vec<(u16, String)>,
}

/// What a request must identify itself with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Security {
    Bearer,
    Client,
}

/// All operations of the vendored document.
pub(crate) fn read_operations() -> Vec<Operation> {
    let document = read_document();
    let paths = document["paths"].as_object().expect("there are paths");
    let operation = |(template, item): (&String, &Value)| -> Vec<Operation> {
        let item = item.as_object().expect("a path item");
        item.iter()
            .map(|(method, source)| read(&document, template, method, source))
            .collect()
    };
    paths.iter().flat_map(operation).collect()
}

/// The objects that answers are made of, by the names of their schemas.
pub(crate) fn read_models() -> BTreeMap<String, Answers> {
    let document = read_document();
    let mut names = BTreeSet::new();
    let items = document["paths"].as_object().into_iter().flatten();
    for (_, operation) in items.flat_map(|(_, item)| item.as_object().into_iter().flatten()) {
        let responses = operation["responses"].as_object().into_iter().flatten();
        for (_, answer) in responses.filter(|(code, _)| code.starts_with('2')) {
            collect_schemas(&document, &answer["content"], &mut names);
        }
    }
    let schema = |name: &String| &document["components"]["schemas"][name];
    names.retain(|name| schema(name).get("properties").is_some());
    names
        .into_iter()
        .map(|name| (name.clone(), answers(&document, schema(&name))))
        .collect()
}

/// The names of all schemas that `value` refers to.
fn collect_schemas(document: &Value, value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match (key.as_str(), value.as_str()) {
                    ("$ref", Some(reference)) => {
                        let name = reference.trim_start_matches("#/components/schemas/");
                        if names.insert(name.to_owned()) {
                            let schema = &document["components"]["schemas"][name];
                            collect_schemas(document, schema, names);
                        }
                    }
                    // Behind the documents that are meant comes a branch for anything.
                    ("anyOf", _) => collect_schemas(document, &value[0], names),
                    _ => collect_schemas(document, value, names),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                collect_schemas(document, item, names);
            }
        }
        _ => {}
    }
}

fn read_document() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/openapi.yaml");
    let text = std::fs::read_to_string(path).expect("the document is there");
    serde_yaml::from_str(&text).expect("the document is YAML")
}

fn read(document: &Value, template: &str, method: &str, source: &Value) -> Operation {
    let parameters = source["parameters"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let query = parameters
        .iter()
        .filter(|parameter| parameter["in"] == "query" && !is_without_effect(parameter))
        .map(|parameter| text(&parameter["name"]))
        .collect();
    let responses = source["responses"]
        .as_object()
        .expect("there are responses");
    let status = |code: &String| {
        code.parse()
            .expect("all codes of this document are numbers")
    };
    let (success, errors): (Vec<_>, Vec<_>) = responses
        .iter()
        .partition(|(code, _)| code.starts_with('2'));
    let [(code, answer)] = success[..] else {
        panic!("one success: {template}")
    };
    let errors = errors
        .iter()
        .map(|(code, error)| (status(code), text(&error["description"])));
    let schema = |of: &Value| {
        let schema = of.pointer("/content/application~1json/schema");
        schema.cloned().unwrap_or_default()
    };
    let body = schema(&source["requestBody"]);
    let is_client = source["security"].as_array().into_iter().flatten();
    let is_client = is_client
        .clone()
        .any(|scheme| scheme.get("ClientIdAuth").is_some());
    Operation {
        method: method.to_uppercase(),
        template: template.to_owned(),
        id: text(&source["operationId"]),
        query,
        security: if is_client {
            Security::Client
        } else {
            Security::Bearer
        },
        body: sample(document, &body, Form::Full),
        least_body: sample(document, &body, Form::Least),
        status: status(code),
        answers: answers(document, &schema(answer)),
        errors: errors.collect(),
    }
}

/// The document says of some `fields` parameters that their route does not support them.
fn is_without_effect(parameter: &Value) -> bool {
    parameter["description"]
        .as_str()
        .is_some_and(|text| text.contains("does not support"))
}

fn text(value: &Value) -> String {
    value.as_str().expect("it is text").to_owned()
}
