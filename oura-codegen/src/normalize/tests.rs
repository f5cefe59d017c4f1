//! Small specs in, strict ones or errors out.

mod conversions;
mod errors;
mod round_trip;

use serde_json::Value as Json;

use super::{Normalized, normalize_document};
use crate::document::{Document, parse_document};
use crate::error::Errors;

/// A spec that holds `schemas` (YAML, indented by four) under `components`.
fn with_schemas(schemas: &str) -> String {
    format!(
        "openapi: 3.1.0\ninfo: {{title: T, version: '1'}}\npaths: {{}}\n\
         components:\n  schemas:\n    Pet: {{type: object}}\n    Nothing: {{type: 'null'}}\n{schemas}"
    )
}

/// A spec with one path item (YAML in flow style).
fn with_path(path: &str, item: &str) -> String {
    format!("openapi: 3.0.3\ninfo: {{title: T, version: '1'}}\npaths: {{'{path}': {item}}}\n")
}

/// A schema (YAML in flow style) after normalization.
fn schema(yaml: &str) -> Json {
    let normalized = normalize(&with_schemas(&format!("    S: {yaml}\n")));
    let document = normalized.document.root.to_json_value();
    document["components"]["schemas"]["S"].clone()
}

/// The errors of a schema, as `pointer below the schema: message; help`.
fn schema_errors(yaml: &str) -> Vec<String> {
    let errors = errors(&with_schemas(&format!("    S: {yaml}\n")));
    let strip = |line: String| line.replacen("/components/schemas/S", "", 1);
    errors.into_iter().map(strip).collect()
}

fn normalize(yaml: &str) -> Normalized {
    match try_normalize(yaml) {
        Ok(normalized) => normalized,
        Err(errors) => panic!("{errors}"),
    }
}

/// The errors of a spec, as `pointer: message; help`.
fn errors(yaml: &str) -> Vec<String> {
    match try_normalize(yaml) {
        Ok(_) => Vec::new(),
        Err(errors) => errors
            .iter()
            .map(|error| error.to_string().replace("test.yaml#", ""))
            .collect(),
    }
}

fn try_normalize(yaml: &str) -> Result<Normalized, Errors> {
    normalize_document(parse(yaml))
}

fn parse(yaml: &str) -> Document {
    match parse_document("test.yaml", yaml) {
        Ok(document) => document,
        Err(errors) => panic!("{errors}"),
    }
}
