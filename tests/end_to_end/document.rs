//! The operations as the document tells them: what must be sent, and an answer to each.

use serde_json::{Map, Value, json};

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
    /// An answer with all properties, or null.
    pub(crate) answer: Value,
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
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/openapi.yaml");
    let text = std::fs::read_to_string(path).expect("the document is there");
    let document: Value = serde_yaml::from_str(&text).expect("the document is YAML");
    let paths = document["paths"].as_object().expect("there are paths");
    let operation = |(template, item): (&String, &Value)| -> Vec<Operation> {
        let item = item.as_object().expect("a path item");
        item.iter()
            .map(|(method, source)| read(&document, template, method, source))
            .collect()
    };
    paths.iter().flat_map(operation).collect()
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
    let json = |body: &Value, least| match body.pointer("/content/application~1json/schema") {
        Some(schema) => sample(document, schema, least),
        None => Value::Null,
    };
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
        body: json(&source["requestBody"], false),
        least_body: json(&source["requestBody"], true),
        status: status(code),
        answer: json(answer, false),
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

/// A value of a schema, with all properties or with the required ones alone.
fn sample(document: &Value, schema: &Value, least: bool) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        // The document's dates and times are bare strings.
        return match pointer.rsplit('/').next() {
            Some("ISODate") => json!("2024-03-01"),
            Some("LocalDateTime" | "LocalizedDateTime") => json!("2024-03-01T22:15:00.123-08:00"),
            Some("UtcDateTime") => json!("2024-03-01T22:15:00Z"),
            _ => sample(
                document,
                document.pointer(pointer).expect("it is there"),
                least,
            ),
        };
    }
    if let Some(value) = schema["enum"].get(0) {
        return value.clone();
    }
    for many in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema[many].get(0) {
            return sample(document, first, least);
        }
    }
    match schema["type"].as_str() {
        Some("object") | None => object(document, schema, least),
        Some("array") => json!([sample(document, &schema["items"], least)]),
        Some("integer") => json!(7),
        Some("number") => json!(1.5),
        Some("boolean") => json!(true),
        Some("string") => match schema["format"].as_str() {
            Some("date") => json!("2024-03-01"),
            Some("date-time") => json!("2024-03-01T22:15:00Z"),
            Some("uuid" | "uuid4") => json!("5d3fe17b-f880-4d93-b9b6-afbfb76c1e78"),
            _ => json!("a \"text\" å"),
        },
        Some(other) => panic!("the test knows no value of type `{other}`"),
    }
}

fn object(document: &Value, schema: &Value, least: bool) -> Value {
    let is_required = |name: &str| {
        schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|required| required == name)
    };
    let properties = schema["properties"].as_object().into_iter().flatten();
    let wanted = properties.filter(|(name, _)| !least || is_required(name));
    let members: Map<String, Value> = wanted
        .map(|(name, property)| (name.clone(), sample(document, property, least)))
        .collect();
    Value::Object(members)
}
