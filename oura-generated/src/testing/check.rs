//! Checks requests against the spec: queries and bodies.
//!
//! Input: a request and its operation. Output: the values that were read, or the refusal that Oura
//! would send. Invariant: everything that the spec does not allow is a complaint.

use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::list::Query;
use super::request::Request;
use super::response::{Refusal, failure, invalid};
use super::schema::{self, Issue};
use super::spec::{Bounds, Operation, Resource};
use super::state::Server;

/// Reads the query of a list. A value that is not a date leads to an empty list, in the sandbox to
/// 422.
pub(super) fn read_query(
    shared: &Server,
    request: &Request,
    operation: &Operation,
    resource: &Resource,
) -> Result<Query, Refusal> {
    let mut query = Query::default();
    for (name, value) in check_query(shared, request, operation) {
        if let Err(message) = query.read(resource, name, value) {
            request.complain(shared, format!("the value of `{name}` {message}"));
            refuse_unreadable(operation, name)?;
            query.is_nonsense = true;
        }
    }
    check_values(shared, request, operation)?;
    query.is_nonsense |= has_foreign_dates(request, resource);
    if !operation.selects_fields {
        query.fields = None;
    }
    for field in query
        .fields
        .iter()
        .flatten()
        .filter(|field| !resource.has(field))
    {
        let message = format!("`fields` names `{field}`, which documents do not have");
        request.complain(shared, message);
    }
    Ok(query)
}

/// Refuses a value that cannot be read, if the server does not ignore it.
fn refuse_unreadable(operation: &Operation, name: &str) -> Result<(), Refusal> {
    if name == "next_token" {
        return Err(Box::new(failure(400, "Invalid next_token.")));
    }
    if !operation.is_sandbox {
        return Ok(());
    }
    let place = [json!("query"), json!(name)];
    let message = "Input should be a valid datetime or date";
    Err(refuse(Issue::new(
        &place,
        "datetime_from_date_parsing",
        message,
    )))
}

/// Checks the values of parameters other than bounds, cursors and `fields`.
fn check_values(shared: &Server, request: &Request, operation: &Operation) -> Result<(), Refusal> {
    let is_read = |name: &str| ["next_token", "fields"].contains(&name) || name.contains("date");
    for (name, schema, _) in operation.query.iter().filter(|(name, ..)| !is_read(name)) {
        let Some(value) = request.parameter(name) else {
            continue;
        };
        if let Err(message) = schema::check_text(schema, value) {
            request.complain(
                shared,
                format!("the value of `{name}` is not valid: {message}"),
            );
            let place = [json!("query"), json!(name)];
            return Err(refuse(Issue::new(&place, "value", message)));
        }
    }
    Ok(())
}

/// Whether a time series is bounded by dates, which leads to an empty list.
fn has_foreign_dates(request: &Request, resource: &Resource) -> bool {
    let has = |name| request.parameter(name).is_some();
    resource.bounds == Bounds::Moments && (has("start_date") || has("end_date"))
}

/// Returns the parameters that the operation has, and complains about the others.
pub(super) fn check_query<'r>(
    shared: &Server,
    request: &'r Request,
    operation: &Operation,
) -> Vec<(&'r str, &'r str)> {
    let mut known: Vec<(&str, &str)> = Vec::new();
    for (name, value) in &request.query {
        if !operation.query.iter().any(|(known, ..)| known == name) {
            request.complain(shared, format!("the route has no parameter `{name}`"));
        } else if known.iter().any(|(other, _)| other == name) {
            request.complain(shared, format!("the parameter `{name}` is sent twice"));
        } else {
            known.push((name, value));
        }
    }
    known
}

/// Reads the JSON body of a request, or refuses it with 422.
pub(super) fn read_body(
    shared: &Server,
    request: &Request,
    schema: &Value,
) -> Result<Value, Refusal> {
    let is_json = request
        .header(CONTENT_TYPE.as_str())
        .is_some_and(|kind| kind.contains("json"));
    let at = [json!("body")];
    let body = match serde_json::from_slice::<Value>(&request.body) {
        Ok(body) if is_json => body,
        Ok(_) => {
            request.complain(shared, "the body is not sent as JSON: see `Content-Type`");
            let message = "Input should be a valid dictionary or object to extract fields from";
            return Err(refuse(Issue::new(&at, "model_attributes_type", message)));
        }
        Err(_) => {
            request.complain(shared, "the body is not JSON");
            return Err(refuse(Issue::new(&at, "json_invalid", "JSON decode error")));
        }
    };
    let issues = schema::check(&shared.spec, schema, &body, &at);
    match issues.is_empty() {
        true => Ok(body),
        false => {
            let texts: Vec<_> = issues.iter().map(Issue::text).collect();
            request.complain(
                shared,
                format!("the body is not valid: {}", texts.join("; ")),
            );
            Err(Box::new(invalid(&issues)))
        }
    }
}

/// The refusal of a request in which one thing is wrong.
fn refuse(issue: Issue) -> Refusal {
    Box::new(invalid(&[issue]))
}
