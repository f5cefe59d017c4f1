//! Values of the document's schemas.
//!
//! Input: the document and a schema of it. Output: a value that the schema describes, or null
//! where there is no schema.

use serde_json::{Map, Value, json};

/// Which values a sample has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Form {
    /// All properties.
    Full,
    /// The required properties alone.
    Least,
    /// All properties, and null wherever the document allows it.
    Nulls,
    /// What a model keeps of the nulls: those of required properties. An optional one that is
    /// null is as good as absent.
    KeptNulls,
}

/// How a server answers, and what is read from it.
const FORMS: [(Form, Form); 3] = [
    (Form::Full, Form::Full),
    (Form::Least, Form::Least),
    (Form::Nulls, Form::KeptNulls),
];

/// What a server answers.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) form: Form,
    pub(crate) sent: Value,
    /// What a model of it is written as.
    pub(crate) read: Value,
}

/// One of each form.
pub(crate) type Answers = [Answer; FORMS.len()];

/// The answers that a schema describes.
pub(crate) fn answers(document: &Value, schema: &Value) -> Answers {
    FORMS.map(|(sent, read)| Answer {
        form: sent,
        sent: sample(document, schema, sent),
        read: sample(document, schema, read),
    })
}

/// A value of a schema.
pub(crate) fn sample(document: &Value, schema: &Value, form: Form) -> Value {
    if schema.is_null() || has_nulls(form) && is_nullable(document, schema) {
        return Value::Null;
    }
    if let Some(reference) = schema["$ref"].as_str() {
        // The document's dates and times are bare strings.
        return match reference.rsplit('/').next() {
            Some("ISODate") => json!("2024-03-01"),
            Some("LocalDateTime" | "LocalizedDateTime") => json!("2024-03-01T22:15:00.123-08:00"),
            Some("UtcDateTime") => json!("2024-03-01T22:15:00Z"),
            _ => sample(document, resolve(document, reference), form),
        };
    }
    if let Some(value) = schema["enum"].get(0) {
        return value.clone();
    }
    for many in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema[many].get(0) {
            return sample(document, first, form);
        }
    }
    match schema["type"].as_str() {
        Some("object") | None => object(document, schema, form),
        Some("array") => json!([sample(document, &schema["items"], form)]),
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

fn has_nulls(form: Form) -> bool {
    matches!(form, Form::Nulls | Form::KeptNulls)
}

fn is_nullable(document: &Value, schema: &Value) -> bool {
    let target = schema["$ref"].as_str();
    schema["nullable"] == true
        || target.is_some_and(|target| is_nullable(document, resolve(document, target)))
}

fn resolve<'d>(document: &'d Value, reference: &str) -> &'d Value {
    let target = document.pointer(reference.trim_start_matches('#'));
    target.expect("it is there")
}

fn object(document: &Value, schema: &Value, form: Form) -> Value {
    let required = schema["required"].as_array().into_iter().flatten();
    let required: Vec<_> = required.filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    let members: Map<String, Value> = properties
        .map(|(name, property)| (name.clone(), sample(document, property, form)))
        .filter(|(name, value)| {
            let is_left_out = match form {
                Form::Full | Form::Nulls => false,
                Form::Least => true,
                Form::KeptNulls => value.is_null(),
            };
            !is_left_out || required.contains(&name.as_str())
        })
        .collect();
    Value::Object(members)
}
