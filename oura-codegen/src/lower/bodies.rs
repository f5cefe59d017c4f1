//! Request bodies and responses.

use openapiv3::{MediaType, Response};

use super::claims::Claim;
use super::context::Context;
use super::draft::Draft;
use super::names::Rename;
use super::responses::{
    MediaKind, StatusResponse, accepted, media_kind, preferred, responses, sent_as, successes,
};
use super::types::TypeLowering;
use crate::error::Error;
use crate::ir::{
    BodyForm, BodyType, Docs, ErrorResponse, ListStyle, RequestBody, ResponseVariant, Responses,
    StatusRange, Type, TypeDef, TypeKind,
};
use crate::pointer::Pointer;

/// What to do about a form that cannot be sent.
const FORM_HELP: &str = "describe an object with a property for each field in the overlay";

/// The response of an operation.
pub(super) struct Answer {
    pub(super) success: BodyType,
    /// The media types to ask for.
    pub(super) accept: Vec<String>,
    pub(super) errors: Vec<ErrorResponse>,
    /// The types of all responses.
    pub(super) receives: Vec<Type>,
}

/// The request body of an operation.
pub(super) fn lower_request_body<'a>(
    types: &mut TypeLowering<'_, 'a>,
    draft: &Draft<'a>,
) -> Option<RequestBody> {
    let cx = types.cx;
    let body = draft.source.request_body.as_ref()?;
    let at = draft.at.key("requestBody");
    let (body, at) = cx.target(body, at, ("requestBodies", |all| &all.request_bodies))?;
    let Some((media_type, content)) = preferred(&body.content) else {
        cx.push(Error::at(&cx.origin(&at), "a request body without content"));
        return None;
    };
    let at = at.keys(&["content", media_type]);
    let hint = cx.names.inside(&draft.route, "Request");
    let media_type = sent_as(media_type);
    let (lowered, form) = lower_sent(types, media_type, content, &at, &hint)?;
    Some(RequestBody {
        body: lowered,
        form,
        media_type: media_type.to_owned(),
        required: body.required,
        docs: Docs::sentence(body.description.as_deref().unwrap_or_default()),
    })
}

/// The type of a body and how it is written.
fn lower_sent<'a>(
    types: &mut TypeLowering<'_, 'a>,
    media_type: &str,
    content: &'a MediaType,
    at: &Pointer,
    hint: &str,
) -> Option<(BodyType, BodyForm)> {
    let cx = types.cx;
    let sent = match media_kind(media_type) {
        MediaKind::Json | MediaKind::Text | MediaKind::Binary => {
            let lowered = lower_content(types, media_type, content, at, hint)?;
            (lowered, BodyForm::Plain)
        }
        MediaKind::UrlEncoded => {
            let ty = lower_form(types, content, at, hint)?;
            let styles = form_styles(cx, content, at);
            (BodyType::Json(ty), BodyForm::UrlEncoded(styles))
        }
        MediaKind::FormData => {
            let ty = lower_form(types, content, at, hint)?;
            if !types.is_struct(&ty) {
                let message = "a form of parts whose names the spec does not list is not supported";
                return cx.refuse(at, message, FORM_HELP);
            }
            (BodyType::Json(ty), BodyForm::Multipart)
        }
        MediaKind::Multipart => {
            let message = format!("a request body of type `{media_type}` is not supported");
            let help =
                "describe JSON, text, bytes or a form in the overlay, or remove the operation";
            return cx.refuse(at, message, help);
        }
    };
    Some(sent)
}

/// The type of a form: an object, whose properties are its fields.
fn lower_form<'a>(
    types: &mut TypeLowering<'_, 'a>,
    content: &'a MediaType,
    at: &Pointer,
    hint: &str,
) -> Option<Type> {
    let BodyType::Json(ty) = lower_json(types, content, at, hint)? else {
        return None;
    };
    let is_object = match &ty {
        Type::Named(_) | Type::Generic(..) => !types.is_scalar(&ty),
        Type::Json => true,
        // The runtime writes times itself, and not in forms.
        Type::Map(value) => !value.is_time(),
        _ => false,
    };
    if is_object {
        return Some(ty);
    }
    let message = "a form that is no object is not supported";
    types.cx.refuse(at, message, FORM_HELP)
}

/// The properties of a form that are written in another style.
fn form_styles(cx: &Context<'_>, content: &MediaType, at: &Pointer) -> Vec<(String, ListStyle)> {
    let names = content.encoding.keys();
    let style = |name: &String| {
        let node = cx.node(&at.keys(&["encoding", name]))?;
        let text = |key| node.get(key).and_then(crate::document::Node::as_str);
        let explode = node.get("explode").and_then(crate::document::Node::as_bool);
        match (text("style"), explode) {
            (Some("deepObject"), _) => Some(ListStyle::Deep),
            (Some("spaceDelimited" | "pipeDelimited"), Some(true)) => Some(ListStyle::Repeat),
            (Some("spaceDelimited"), _) => Some(ListStyle::Space),
            (Some("pipeDelimited"), _) => Some(ListStyle::Pipe),
            (Some(_) | None, Some(false)) => Some(ListStyle::Comma),
            (Some(_), _) => Some(ListStyle::Repeat),
            (None, _) => {
                let is_json = matches!(text("contentType").map(media_kind), Some(MediaKind::Json));
                is_json.then_some(ListStyle::Json)
            }
        }
    };
    names
        .filter_map(|name| Some((name.clone(), style(name)?)))
        .collect()
}

/// The type and the documented errors of an operation's responses.
pub(super) fn lower_responses<'a>(
    types: &mut TypeLowering<'_, 'a>,
    draft: &Draft<'a>,
) -> Option<Answer> {
    let cx = types.cx;
    let successes = successes(cx, draft.source, &draft.at);
    let success = lower_success(types, &successes, draft)?;
    let mut receives = match &success {
        BodyType::Json(ty) => vec![ty.clone()],
        BodyType::Several(ident) => vec![Type::Named(ident.clone())],
        BodyType::Empty | BodyType::Text(_) | BodyType::Binary(_) => Vec::new(),
    };
    let mut errors = Vec::new();
    for (status, response, at) in responses(cx, draft.source, &draft.at) {
        if successes.iter().any(|(success, ..)| *success == status) {
            continue;
        }
        let hint = cx.names.inside(&draft.route, &status_name(status));
        let body = lower_response(types, response, &at, &hint);
        receives.extend(body.as_ref().and_then(BodyType::ty).cloned());
        errors.push(ErrorResponse {
            status,
            description: response.description.trim().to_owned(),
        });
    }
    errors.sort_by_key(|error| error.status);
    Some(Answer {
        success,
        accept: accepted(&successes),
        errors,
        receives,
    })
}

fn lower_success<'a>(
    types: &mut TypeLowering<'_, 'a>,
    successes: &[StatusResponse<'a>],
    draft: &Draft<'a>,
) -> Option<BodyType> {
    let mut bodies = Vec::new();
    for (status, response, at) in successes {
        let hint = match successes.len() {
            1 => types.cx.names.inside(&draft.route, "Response"),
            _ => types.cx.names.inside(&draft.route, &status_name(*status)),
        };
        bodies.push(lower_response(types, response, at, &hint)?);
    }
    // Where the spec describes only errors, a success has no body.
    let first = bodies.first().cloned().unwrap_or(BodyType::Empty);
    if bodies.iter().all(|body| *body == first) {
        return Some(first);
    }
    lower_several(types, successes, bodies, draft)
}

/// An enum with a variant for each success status.
fn lower_several(
    types: &mut TypeLowering<'_, '_>,
    successes: &[StatusResponse<'_>],
    bodies: Vec<BodyType>,
    draft: &Draft<'_>,
) -> Option<BodyType> {
    let cx = types.cx;
    let origin = cx.origin(&draft.at.key("responses"));
    let claim = Claim {
        ident: cx.names.inside(&draft.route, "Response"),
        wire_name: "the responses of the operation",
        at: &origin,
        rename: Rename::Otherwise("give the schema of that name an `x-rust-name` in the overlay"),
    };
    let ident = types.claim(claim);
    let variants = successes.iter().zip(bodies);
    let variants = variants.map(|((status, response, _), body)| ResponseVariant {
        status: *status,
        ident: status_name(*status),
        body,
        docs: Docs::sentence(response.description.trim()),
    });
    let mut variants: Vec<_> = variants.collect();
    variants.sort_by_key(|variant| variant.status);
    let method = draft.http_method.to_uppercase();
    types.add(TypeDef {
        ident: ident.clone(),
        docs: Docs {
            source: format!("The success responses of `{method} {}`.", draft.template),
            ..Docs::default()
        },
        deprecated: false,
        origin,
        kind: TypeKind::Responses(Responses { variants }),
    });
    Some(BodyType::Several(ident))
}

fn lower_response<'a>(
    types: &mut TypeLowering<'_, 'a>,
    response: &'a Response,
    at: &Pointer,
    hint: &str,
) -> Option<BodyType> {
    let Some((media_type, content)) = preferred(&response.content) else {
        return Some(BodyType::Empty);
    };
    lower_content(
        types,
        media_type,
        content,
        &at.keys(&["content", media_type]),
        hint,
    )
}

fn lower_content<'a>(
    types: &mut TypeLowering<'_, 'a>,
    media_type: &str,
    content: &'a MediaType,
    at: &Pointer,
    hint: &str,
) -> Option<BodyType> {
    match media_kind(media_type) {
        MediaKind::Json => lower_json(types, content, at, hint),
        MediaKind::Text => Some(BodyType::Text(media_type.to_owned())),
        MediaKind::Binary | MediaKind::UrlEncoded | MediaKind::FormData | MediaKind::Multipart => {
            Some(BodyType::Binary(media_type.to_owned()))
        }
    }
}

fn lower_json<'a>(
    types: &mut TypeLowering<'_, 'a>,
    content: &'a MediaType,
    at: &Pointer,
    hint: &str,
) -> Option<BodyType> {
    let Some(schema) = &content.schema else {
        return Some(BodyType::Json(Type::Json));
    };
    let typed = types.lower_schema(schema.into(), &at.key("schema"), hint)?;
    Some(BodyType::Json(typed.into_type()))
}

/// The name of a status in a type name: the standard phrase where it is common.
fn status_name(status: StatusRange) -> String {
    match status {
        StatusRange::Code(200) => "Ok".to_owned(),
        StatusRange::Code(201) => "Created".to_owned(),
        StatusRange::Code(202) => "Accepted".to_owned(),
        StatusRange::Code(204) => "NoContent".to_owned(),
        StatusRange::Code(206) => "PartialContent".to_owned(),
        StatusRange::Code(code) => format!("Status{code}"),
        StatusRange::Class(class) => format!("Status{class}xx"),
        StatusRange::Default => "Default".to_owned(),
    }
}
