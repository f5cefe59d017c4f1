//! The responses of an operation and the content of bodies, as the spec has them.

use indexmap::IndexMap;
use openapiv3::{MediaType, Operation, ReferenceOr, Response, StatusCode};

use super::context::Context;
use crate::ir::StatusRange;
use crate::pointer::Pointer;

/// A response and its place.
pub(super) type StatusResponse<'a> = (StatusRange, &'a Response, Pointer);

/// All responses of the operation at `at`, `default` last.
pub(super) fn responses<'a>(
    cx: &Context<'a>,
    source: &'a Operation,
    at: &Pointer,
) -> Vec<StatusResponse<'a>> {
    let at = at.key("responses");
    let coded = source.responses.responses.iter().map(|(status, response)| {
        let range = match status {
            StatusCode::Code(code) => StatusRange::Code(*code),
            StatusCode::Range(class) => StatusRange::Class(u8::try_from(*class).unwrap_or(u8::MAX)),
        };
        (range, response, at.key(status.to_string()))
    });
    let default = source.responses.default.iter();
    let default = default.map(|response| (StatusRange::Default, response, at.key("default")));
    let resolve = |(status, response, at): (StatusRange, &'a ReferenceOr<Response>, Pointer)| {
        let (response, at) = cx.target(response, at, ("responses", |all| &all.responses))?;
        Some((status, response, at))
    };
    coded.chain(default).filter_map(resolve).collect()
}

/// The `2xx` responses in ascending order; `default` stands for them where there is none.
pub(super) fn successes<'a>(
    cx: &Context<'a>,
    source: &'a Operation,
    at: &Pointer,
) -> Vec<StatusResponse<'a>> {
    let is_success = |status: &StatusRange| match status {
        StatusRange::Code(code) => (200..300).contains(code),
        StatusRange::Class(class) => *class == 2,
        StatusRange::Default => false,
    };
    let all = responses(cx, source, at).into_iter();
    let (mut found, rest): (Vec<_>, Vec<_>) = all.partition(|(status, ..)| is_success(status));
    if found.is_empty() {
        let default = rest.into_iter();
        found.extend(default.filter(|(status, ..)| *status == StatusRange::Default));
    }
    found.sort_by_key(|(status, ..)| *status);
    found
}

/// What a media type carries.
pub(super) enum MediaKind {
    Json,
    Text,
    Binary,
    Form,
}

/// What a media type carries, by its name.
pub(super) fn media_kind(media_type: &str) -> MediaKind {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    match essence {
        "application/json" => MediaKind::Json,
        "application/x-www-form-urlencoded" => MediaKind::Form,
        _ if essence.ends_with("+json") => MediaKind::Json,
        _ if essence.starts_with("multipart/") => MediaKind::Form,
        _ if essence.starts_with("text/") => MediaKind::Text,
        _ => MediaKind::Binary,
    }
}

/// Whether a media type is JSON.
pub(super) fn is_json(media_type: &str) -> bool {
    matches!(media_kind(media_type), MediaKind::Json)
}

/// The content that is asked for: JSON where there is some, else the first.
pub(super) fn preferred(content: &IndexMap<String, MediaType>) -> Option<(&str, &MediaType)> {
    let json = content.iter().find(|(media_type, _)| is_json(media_type));
    let (media_type, content) = json.or_else(|| content.first())?;
    Some((media_type, content))
}
