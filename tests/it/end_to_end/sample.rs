//! Makes sample values for the spec's schemas.
//!
//! Input: the spec and a schema of it. Output: a value that the schema describes, or null if there
//! is no schema.

use serde_json::{Map, Value, json};

/// The value of strings, with characters that must be escaped or encoded.
pub(crate) const TEXT: &str = "a \"text\" å &=/?";
pub(crate) const DAY: &str = "2024-03-01";
pub(crate) const MOMENT: &str = "2024-03-31T23:59:59.5+02:00";

/// The form of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Form {
    /// All properties, with a day where a day or a moment is allowed.
    Full,
    /// The required properties alone.
    Least,
    /// All properties, with null wherever the spec allows it.
    Nulls,
    /// What a model writes after reading `Nulls`: it keeps the nulls of required properties, and
    /// leaves out optional ones.
    KeptNulls,
    /// All properties, with a moment where a day or a moment is allowed.
    Moments,
}

/// The forms that a server sends, each with the form that a model of it writes.
const FORMS: [(Form, Form); 4] = [
    (Form::Full, Form::Full),
    (Form::Least, Form::Least),
    (Form::Nulls, Form::KeptNulls),
    (Form::Moments, Form::Moments),
];

/// The body of a response.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) form: Form,
    pub(crate) sent: Value,
    /// The JSON that a model of it is serialized to.
    pub(crate) read: Value,
}

/// One of each form.
pub(crate) type Samples = [Sample; FORMS.len()];

/// A body of a schema in each form.
pub(crate) fn samples(spec: &Value, schema: &Value) -> Samples {
    FORMS.map(|(sent, read)| Sample {
        form: sent,
        sent: sample(spec, schema, sent),
        read: sample(spec, schema, read),
    })
}

/// A value of a schema, in one form.
pub(crate) fn sample(spec: &Value, schema: &Value, form: Form) -> Value {
    if schema.is_null() || has_nulls(form) && is_nullable(spec, schema) {
        return Value::Null;
    }
    let schema = resolve(spec, schema);
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    let values = schema["enum"].as_array().into_iter().flatten();
    if let Some(value) = values.clone().find(|value| !value.is_null()) {
        return value.clone();
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().map(|part| sample(spec, part, form));
        return merged(parts.chain([object(spec, schema, form)]));
    }
    let branches = branches(spec, schema);
    if is_day_or_moment(&branches) {
        return match form {
            Form::Moments => MOMENT.into(),
            _ => DAY.into(),
        };
    }
    if let Some(first) = branches.first() {
        return sample(spec, first, form);
    }
    match type_name(schema) {
        Some("object") | None => object(spec, schema, form),
        Some("array") => json!([sample(spec, &schema["items"], form)]),
        Some("integer") => json!(7),
        Some("number") => json!(1.5),
        Some("boolean") => json!(true),
        Some("string") => match schema["format"].as_str() {
            Some("date") => DAY.into(),
            Some("date-time") => MOMENT.into(),
            Some("uuid" | "uuid4") => json!("5d3fe17b-f880-4d93-b9b6-afbfb76c1e78"),
            _ => TEXT.into(),
        },
        Some(other) => panic!("the test knows no value of type `{other}`"),
    }
}

/// The type of a schema, without `null`.
fn type_name(schema: &Value) -> Option<&str> {
    let several = schema["type"].as_array().into_iter().flatten();
    let mut several = several
        .filter_map(Value::as_str)
        .filter(|name| *name != "null");
    schema["type"].as_str().or_else(|| several.next())
}

/// The branches of a schema, without the branch for null.
fn branches<'d>(spec: &'d Value, schema: &'d Value) -> Vec<&'d Value> {
    let keywords = ["anyOf", "oneOf"].into_iter();
    let branches = keywords.flat_map(|keyword| schema[keyword].as_array().into_iter().flatten());
    let branches = branches.map(|branch| resolve(spec, branch));
    branches.filter(|branch| branch["type"] != "null").collect()
}

fn is_day_or_moment(branches: &[&Value]) -> bool {
    let has = |format: &str| branches.iter().any(|branch| branch["format"] == format);
    has("date") && has("date-time")
}

fn has_nulls(form: Form) -> bool {
    matches!(form, Form::Nulls | Form::KeptNulls)
}

/// Whether a schema, or the one that it refers to, allows null.
fn is_nullable(spec: &Value, schema: &Value) -> bool {
    let has_null = |keyword: &str, null: &dyn Fn(&Value) -> bool| {
        let items = schema[keyword].as_array();
        items.is_some_and(|items| items.iter().any(null))
    };
    schema["nullable"] == true
        || has_null("type", &|name| name == "null")
        || has_null("anyOf", &|branch| branch["type"] == "null")
        || has_null("oneOf", &|branch| branch["type"] == "null")
        || !schema["$ref"].is_null() && is_nullable(spec, resolve(spec, schema))
}

/// The schema itself, or the one that it refers to.
pub(crate) fn resolve<'d>(spec: &'d Value, schema: &'d Value) -> &'d Value {
    let Some(reference) = schema["$ref"].as_str() else {
        return schema;
    };
    let target = spec.pointer(reference.trim_start_matches('#'));
    resolve(spec, target.expect("it is there"))
}

/// The members of all parts, or the first part if they are not objects.
fn merged(parts: impl Iterator<Item = Value>) -> Value {
    let merge = |whole: Value, part: Value| match (whole, part) {
        (Value::Object(mut whole), Value::Object(part)) => {
            whole.extend(part);
            Value::Object(whole)
        }
        (whole, _) => whole,
    };
    parts.reduce(merge).unwrap_or_default()
}

fn object(spec: &Value, schema: &Value, form: Form) -> Value {
    let required = schema["required"].as_array().into_iter().flatten();
    let required: Vec<_> = required.filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    let members: Map<String, Value> = properties
        .map(|(name, property)| (name.clone(), sample(spec, property, form)))
        .filter(|(name, value)| {
            let is_left_out = match form {
                Form::Full | Form::Nulls | Form::Moments => false,
                Form::Least => true,
                Form::KeptNulls => value.is_null(),
            };
            !is_left_out || required.contains(&name.as_str())
        })
        .collect();
    Value::Object(members)
}
