//! Responses of routes over data.

use serde_json::json;

use super::check::{check_query, read_body, read_query};
use super::documents::Documents;
use super::request::Request;
use super::response::{Response, empty, failure, success};
use super::spec::{Kind, Operation};
use super::state::Server;
use super::{data, schema};

/// The response of a route over data; `user` is `None` for the sandbox.
pub(super) fn data_response(
    shared: &Server,
    request: &Request,
    operation: &Operation,
    user: Option<usize>,
    arguments: &[String],
) -> Response {
    match operation.kind {
        Kind::List(resource) => list_response(shared, request, operation, user, resource),
        Kind::Document(resource) => {
            check_query(shared, request, operation);
            let key = arguments.last().map(String::as_str).unwrap_or_default();
            let find = |documents: &mut Documents| documents.get(key).map(str::to_owned);
            let found = match user {
                Some(user) => shared.with_documents(user, resource, find),
                None => shared.with_sandbox(resource, find),
            };
            match (found, user) {
                // The sandbox does not find the documents that it lists.
                (Some(_), None) => failure(500, "Internal Server Error"),
                (Some(json), Some(_)) => success(200, json),
                (None, _) => failure(404, "Document not found."),
            }
        }
        Kind::Single => {
            check_query(shared, request, operation);
            let name = operation.template.rsplit('/').next().unwrap_or_default();
            let schema = operation.success.1.clone().unwrap_or_default();
            let name = name.to_ascii_lowercase();
            let json = shared.with(|state| {
                user.and_then(|user| state.users.get(user))
                    .map(|user| user.single(shared, &name, &schema))
            });
            match json {
                Some(json) => success(operation.success.0, json),
                None => other_response(shared, request, operation),
            }
        }
        Kind::Subscription | Kind::Other => other_response(shared, request, operation),
    }
}

fn list_response(
    shared: &Server,
    request: &Request,
    operation: &Operation,
    user: Option<usize>,
    index: usize,
) -> Response {
    let resource = &shared.spec.resources[index];
    let query = match read_query(shared, request, operation, resource) {
        Ok(query) => query,
        Err(refusal) => return *refusal,
    };
    // The sandbox has one page.
    let size = if user.is_some() {
        shared.page_size
    } else {
        usize::MAX
    };
    let now = data::now(shared.today);
    let page = |documents: &mut Documents| query.page(resource, documents, now, size);
    let page = match user {
        Some(user) => shared.with_documents(user, index, page),
        None => shared.with_sandbox(index, page),
    };
    let next = json!(page.next);
    success(
        200,
        format!(
            r#"{{"data":[{}],"next_token":{next}}}"#,
            page.documents.join(",")
        ),
    )
}

/// The response of an operation, made up from its schemas.
pub(super) fn other_response(
    shared: &Server,
    request: &Request,
    operation: &Operation,
) -> Response {
    check_query(shared, request, operation);
    if let Some(schema) = &operation.body
        && let Err(refusal) = read_body(shared, request, schema)
    {
        return *refusal;
    }
    let mut rng = data::Rng::new(shared.seed, &operation.template);
    let (status, schema) = &operation.success;
    match schema {
        Some(schema) => {
            let value = schema::make(&shared.spec, schema, "value", shared.today, &mut rng);
            success(*status, value.to_string())
        }
        None => empty(*status),
    }
}
