//! Schemas at run time: makes up values that match a schema, and finds what is wrong with values.

use serde_json::{Map, Value, json};
use time::Date;

use super::data::Rng;
use super::spec::Spec;
use crate::runtime::decode::dates::parse_date;

/// How deep made-up values nest before optional parts are left out.
const DEPTH: usize = 8;

/// Something that a schema does not allow, as FastAPI reports it.
pub(super) struct Issue {
    loc: Vec<Value>,
    kind: &'static str,
    message: String,
}

impl Issue {
    pub(super) fn new(loc: &[Value], kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            loc: loc.to_vec(),
            kind,
            message: message.into(),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({ "loc": self.loc, "msg": self.message, "type": self.kind })
    }

    /// The place and what is wrong there.
    pub(super) fn text(&self) -> String {
        let place = self.loc.iter().map(|part| match part {
            Value::String(name) => name.clone(),
            other => other.to_string(),
        });
        let place: Vec<_> = place.collect();
        format!("`{}`: {}", place.join("."), self.message)
    }
}

/// Everything that is wrong with a JSON value.
pub(super) fn check(spec: &Spec, schema: &Value, value: &Value, at: &[Value]) -> Vec<Issue> {
    let is_nullable = schema["nullable"] == true;
    let schema = spec.resolve(schema);
    if value.is_null() {
        return match is_nullable || schema["nullable"] == true {
            true => Vec::new(),
            false => vec![Issue::new(
                at,
                "none_not_allowed",
                "Input should not be null",
            )],
        };
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(branches) = schema[key].as_array() {
            let mut results = branches.iter().map(|branch| check(spec, branch, value, at));
            let fits = results.any(|issues| issues.is_empty());
            let issue = || vec![Issue::new(at, "union", "Input matches none of the schemas")];
            return if fits { Vec::new() } else { issue() };
        }
    }
    match schema["type"].as_str() {
        Some("object") => check_object(spec, schema, value, at),
        Some("array") => check_list(spec, schema, value, at),
        Some(_) => check_scalar(schema, value, at).into_iter().collect(),
        None => Vec::new(),
    }
}

fn check_object(spec: &Spec, schema: &Value, value: &Value, at: &[Value]) -> Vec<Issue> {
    let Some(members) = value.as_object() else {
        let message = "Input should be a valid dictionary";
        return vec![Issue::new(at, "dict_type", message)];
    };
    let place = |name: &str| [at, &[name.into()]].concat();
    let required = schema["required"].as_array().into_iter().flatten();
    let missing = required
        .filter_map(Value::as_str)
        .filter(|name| !members.contains_key(*name))
        .map(|name| Issue::new(&place(name), "missing", "Field required"));
    let mut issues: Vec<Issue> = missing.collect();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = members.get(name) {
            issues.extend(check(spec, property, value, &place(name)));
        }
    }
    issues
}

fn check_list(spec: &Spec, schema: &Value, value: &Value, at: &[Value]) -> Vec<Issue> {
    let Some(items) = value.as_array() else {
        return vec![Issue::new(at, "list_type", "Input should be a valid list")];
    };
    let items = items.iter().enumerate();
    let issues = items.flat_map(|(index, item)| {
        let place = [at, &[index.into()]].concat();
        check(spec, &schema["items"], item, &place)
    });
    issues.collect()
}

fn check_scalar(schema: &Value, value: &Value, at: &[Value]) -> Option<Issue> {
    let expected = schema["type"].as_str().unwrap_or_default();
    let fits = match expected {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => true,
    };
    if !fits {
        return Some(Issue::new(
            at,
            "type",
            format!("Input should be a valid {expected}"),
        ));
    }
    match value.as_str() {
        Some(text) => check_text(schema, text)
            .err()
            .map(|message| Issue::new(at, "value", message)),
        None => None,
    }
}

/// Whether a text, from a query or a body, is a value of a scalar schema.
pub(super) fn check_text(schema: &Value, text: &str) -> Result<(), String> {
    for key in ["anyOf", "oneOf"] {
        if let Some(branches) = schema[key].as_array() {
            let mut results = branches.iter().map(|branch| check_text(branch, text));
            return match results.any(|result| result.is_ok()) {
                true => Ok(()),
                false => Err("Input is of none of the types of the spec".to_owned()),
            };
        }
    }
    let fits = match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("integer"), _) => text.parse::<i64>().is_ok(),
        (Some("number"), _) => text.parse::<f64>().is_ok(),
        (Some("boolean"), _) => ["true", "false", "True", "False", "1", "0"].contains(&text),
        (_, Some("date")) => parse_date(text).is_some(),
        (_, Some("date-time")) => super::list::parse_moment(text).is_some(),
        _ => true,
    };
    let values = schema["enum"].as_array();
    let is_listed = values.is_none_or(|values| values.iter().any(|value| value == text));
    let is_long_enough = schema["minLength"]
        .as_u64()
        .is_none_or(|least| text.len() as u64 >= least);
    match (fits, is_listed, is_long_enough) {
        (true, true, true) => Ok(()),
        (true, false, _) => {
            let values = values.into_iter().flatten().filter_map(Value::as_str);
            let values: Vec<_> = values.map(|value| format!("'{value}'")).collect();
            Err(format!("Input should be {}", values.join(", ")))
        }
        (true, true, false) => Err("Input is too short".to_owned()),
        (false, ..) => {
            let format = schema["format"].as_str().or(schema["type"].as_str());
            Err(format!(
                "Input should be a valid {}",
                format.unwrap_or("value")
            ))
        }
    }
}

/// A value that a schema allows, for a document of that day.
pub(super) fn make(spec: &Spec, schema: &Value, name: &str, day: Date, rng: &mut Rng) -> Value {
    Maker { spec, day, rng }.make(schema, name, 0)
}

struct Maker<'m> {
    spec: &'m Spec,
    day: Date,
    rng: &'m mut Rng,
}

impl Maker<'_> {
    fn make(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        let schema = self.spec.resolve(schema);
        for key in ["anyOf", "oneOf"] {
            if let Some(branch) = schema[key].as_array().and_then(|branches| branches.first()) {
                return self.make(branch, name, depth);
            }
        }
        if let Some(values) = schema["enum"]
            .as_array()
            .filter(|values| !values.is_empty())
        {
            return values[self.rng.below(values.len())].clone();
        }
        match schema["type"].as_str() {
            Some("object") => self.object(schema, depth),
            Some("array") if depth > DEPTH => json!([]),
            Some("array") => {
                let least = schema["minItems"].as_u64().unwrap_or(1).clamp(1, 100);
                (0..least)
                    .map(|_| self.make(&schema["items"], name, depth + 1))
                    .collect()
            }
            Some("boolean") => json!(self.rng.below(2) == 0),
            Some("integer") => json!(self.number(schema, 1.0, 100.0).ceil() as i64),
            Some("number") => json!((self.number(schema, 1.0, 100.0) * 10.0).round() / 10.0),
            Some("string") => self.text(schema, name),
            _ if schema["properties"].is_object() => self.object(schema, depth),
            _ => json!({}),
        }
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let mut members = Map::new();
        let is_required = |name: &str| {
            let required = schema["required"].as_array();
            required.is_some_and(|names| names.iter().any(|known| known == name))
        };
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if depth <= DEPTH || is_required(name) {
                members.insert(name.clone(), self.make(property, name, depth + 1));
            }
        }
        Value::Object(members)
    }

    fn number(&mut self, schema: &Value, low: f64, high: f64) -> f64 {
        let low = schema["minimum"].as_f64().unwrap_or(low);
        let high = schema["maximum"].as_f64().unwrap_or(high.max(low + 1.0));
        low + (high - low) * self.rng.unit()
    }

    fn text(&mut self, schema: &Value, name: &str) -> Value {
        let hour = if name.contains("end") { 9 } else { 8 };
        json!(match schema["format"].as_str() {
            Some("date") => self.day.to_string(),
            Some("date-time") => format!("{}T0{hour}:00:00+00:00", self.day),
            Some("uuid" | "uuid4") => self.rng.uuid(),
            _ if name == "id" => self.rng.uuid(),
            _ => name.replace('_', " "),
        })
    }
}
