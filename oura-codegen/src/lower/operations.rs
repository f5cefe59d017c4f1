//! Operations: names, arguments, responses.
//!
//! Input: `#/paths`. Output: one [`LoweredOperation`] each, in the spec's order.
//! Invariant: routes are unique; so are method names on the client and on the twin's view.

use super::bodies::{lower_request_body, lower_responses};
use super::context::Context;
use super::docs;
use super::draft::{Draft, draft_operations};
use super::oauth_scopes::lower_scope;
use super::parameters::{PlacedParameter, lower_parameters};
use super::schemes::Schemes;
use super::selection::lower_selection;
use super::types::TypeLowering;
use crate::ir::{
    Auth, BodyType, Docs, Ident, Location, Operation, Parameter, Range, RequestBody, RouteSecurity,
    Selection, Type,
};
use crate::pointer::Pointer;

/// An operation and what the rest of lowering needs of it.
pub(super) struct LoweredOperation {
    pub(super) operation: Operation,
    /// The module it belongs to.
    pub(super) module: Ident,
    /// The types of its request body and parameters.
    pub(super) sends: Vec<Type>,
    /// The types of its responses, those of errors included.
    pub(super) receives: Vec<Type>,
    /// The place in the normalized spec.
    pub(super) at: Pointer,
}

/// All operations, in the spec's order. They define the types that they write in place.
pub(super) fn lower_operations(types: &mut TypeLowering<'_, '_>) -> Vec<LoweredOperation> {
    let cx = types.cx;
    let mut schemes = Schemes::new(cx);
    let drafts = draft_operations(cx).into_iter().map(|draft| {
        let operation = lower_operation(types, &mut schemes, &draft);
        operation.unwrap_or_else(|| bare_operation(cx, &draft))
    });
    let lowered = drafts.collect();
    schemes.report(cx);
    lowered
}

/// An operation with all that it sends and receives; `None` after an error.
fn lower_operation<'a>(
    types: &mut TypeLowering<'_, 'a>,
    schemes: &mut Schemes<'a>,
    draft: &Draft<'a>,
) -> Option<LoweredOperation> {
    let cx = types.cx;
    check_template(cx, draft)?;
    let mut parameters = lower_parameters(types, draft);
    let body = lower_request_body(types, draft);
    let response = lower_responses(types, draft)?;
    let selection = lower_selection(types, &mut parameters, &response.success);
    let cursor_parameter = cursor_parameter(types, &response.success, &parameters);
    let range = cursor_parameter
        .as_ref()
        .and_then(|_| range(cx, &parameters));
    let sends = sent_types(body.as_ref(), &parameters);
    let mut receives = response.receives;
    receives.extend(selection.iter().map(Selection::field_type));
    let (arguments, setters) = split(parameters);
    let bare = bare_operation(cx, draft);
    let operation = Operation {
        security: schemes.of_operation(cx, draft.source, &draft.at),
        scope: lower_scope(cx, draft.source, &draft.at),
        arguments,
        setters,
        selection,
        body,
        success: response.success,
        accept: response.accept,
        cursor_parameter,
        range,
        errors: response.errors,
        title: docs::operation_title(cx.policy, draft.source),
        docs: docs_of(draft),
        ..bare.operation
    };
    Some(LoweredOperation {
        operation,
        sends,
        receives,
        ..bare
    })
}

fn sent_types(body: Option<&RequestBody>, parameters: &[PlacedParameter]) -> Vec<Type> {
    let body = body.and_then(|body| body.body.ty());
    let parameters = parameters.iter().map(|placed| &placed.parameter.ty);
    body.into_iter().chain(parameters).cloned().collect()
}

/// An operation that has errors, with its names and its place but without what it sends and
/// receives, for the comparison of specs.
fn bare_operation(cx: &Context<'_>, draft: &Draft<'_>) -> LoweredOperation {
    LoweredOperation {
        module: draft.module.clone(),
        sends: Vec::new(),
        receives: Vec::new(),
        at: draft.at.clone(),
        operation: Operation {
            route: draft.route.clone(),
            method: draft.method.clone(),
            is_twin: draft.is_twin,
            http_method: draft.http_method.to_uppercase(),
            path_template: draft.template.to_owned(),
            operation_id: draft.source.operation_id.clone().unwrap_or_default(),
            summary: draft.source.summary.clone().unwrap_or_default(),
            tag: draft.source.tags.first().cloned().unwrap_or_default(),
            security: RouteSecurity {
                auth: Auth::None,
                alternatives: Vec::new(),
            },
            scope: None,
            arguments: Vec::new(),
            setters: Vec::new(),
            selection: None,
            body: None,
            success: BodyType::Empty,
            accept: Vec::new(),
            cursor_parameter: None,
            range: None,
            errors: Vec::new(),
            deprecated: draft.source.deprecated,
            title: String::new(),
            docs: Docs::default(),
            origin: cx.origin(&draft.at),
        },
    }
}

/// The docs of an operation. Where the operation has another server, the docs name it. Calls
/// still go to the server of the client, so that no credentials go to a host that the user did not
/// choose.
fn docs_of(draft: &Draft<'_>) -> Docs {
    let mut docs = docs::of_operation(draft.http_method, draft.template, draft.source);
    let own = draft.source.servers.first();
    if let Some(server) = own.or_else(|| draft.item.servers.first()) {
        docs.notes.push(format!(
            "Server: `{}`, for a client with that `base_url`.",
            server.url
        ));
    }
    docs
}

/// Checks that text separates two parameters: otherwise the end of the first one is unknown.
fn check_template(cx: &Context<'_>, draft: &Draft<'_>) -> Option<()> {
    let mut segments = draft.template.split('/');
    let Some(segment) = segments.find(|segment| segment.contains("}{")) else {
        return Some(());
    };
    let message = format!("nothing separates the parameters of the path segment `{segment}`");
    cx.refuse(
        &draft.at,
        message,
        "remove the operation with an overlay action",
    )
}

/// The query parameter of the cursor, when the response is a page and the operation takes one.
fn cursor_parameter(
    types: &TypeLowering<'_, '_>,
    success: &BodyType,
    parameters: &[PlacedParameter],
) -> Option<String> {
    let name = types.cx.policy.page.as_ref()?.parameter;
    let page = success.ty()?.ident()?;
    let takes_cursor = in_query(parameters, name).is_some();
    (takes_cursor && types.is_page(page)).then(|| name.to_owned())
}

fn in_query<'p>(parameters: &'p [PlacedParameter], name: &str) -> Option<&'p PlacedParameter> {
    parameters.iter().find(|placed| {
        placed.parameter.wire_name == name && placed.parameter.location == Location::Query
    })
}

/// The two bounds of a list, when the operation takes both as optional times of one type.
fn range(cx: &Context<'_>, parameters: &[PlacedParameter]) -> Option<Range> {
    let bound = |name: &str| {
        let placed = in_query(parameters, name).filter(|placed| !placed.required)?;
        Some(&placed.parameter.ty).filter(|ty| ty.is_time())
    };
    let policy = cx.policy.page.as_ref()?;
    let latest = policy.latest.and_then(|name| in_query(parameters, name));
    let latest = latest.filter(|placed| placed.parameter.ty == Type::Bool);
    policy.ranges.iter().find_map(|(start, end)| {
        let (lower, upper) = (bound(start)?, bound(end)?);
        (lower == upper).then(|| Range {
            start: (*start).to_owned(),
            end: (*end).to_owned(),
            bound: lower.clone(),
            latest: latest.map(|placed| placed.parameter.wire_name.clone()),
        })
    })
}

/// Required parameters as arguments (path parameters in the order of the template, then
/// query, header and cookie), the others as setters.
fn split(mut parameters: Vec<PlacedParameter>) -> (Vec<Parameter>, Vec<Parameter>) {
    parameters.sort_by_key(|placed| placed.order);
    let (required, optional): (Vec<_>, Vec<_>) =
        parameters.into_iter().partition(|placed| placed.required);
    let parameters = |placed: Vec<PlacedParameter>| {
        let placed = placed.into_iter();
        placed.map(|placed| placed.parameter).collect()
    };
    (parameters(required), parameters(optional))
}
