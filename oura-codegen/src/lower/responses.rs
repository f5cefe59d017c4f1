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

/// The `2xx` responses in ascending order; `default` where there is none.
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
    UrlEncoded,
    FormData,
    /// Multipart data that is not a form.
    Multipart,
}

/// What a media type carries, by its name.
pub(super) fn media_kind(media_type: &str) -> MediaKind {
    let essence = essence(media_type);
    match essence {
        "application/json" => MediaKind::Json,
        "application/x-www-form-urlencoded" => MediaKind::UrlEncoded,
        "multipart/form-data" => MediaKind::FormData,
        _ if essence.ends_with("+json") => MediaKind::Json,
        _ if essence.starts_with("multipart/") => MediaKind::Multipart,
        _ if essence.starts_with("text/") => MediaKind::Text,
        _ => MediaKind::Binary,
    }
}

/// The media type that clients use of those that are offered: JSON, else what is made of typed
/// properties, else the first.
pub(super) fn preferred_name<'m>(
    mut media_types: impl Iterator<Item = &'m str> + Clone,
) -> Option<&'m str> {
    let first = media_types.clone().next();
    let rank = |media_type: &&str| match media_kind(media_type) {
        MediaKind::Json => 0,
        MediaKind::UrlEncoded => 1,
        MediaKind::FormData => 2,
        MediaKind::Multipart | MediaKind::Text | MediaKind::Binary => 3,
    };
    let best = media_types.by_ref().min_by_key(rank)?;
    if rank(&best) == 3 { first } else { Some(best) }
}

/// The content of the media type that clients use.
pub(super) fn preferred(content: &IndexMap<String, MediaType>) -> Option<(&str, &MediaType)> {
    let name = preferred_name(content.keys().map(String::as_str))?;
    let (media_type, content) = content.get_key_value(name)?;
    Some((media_type, content))
}

/// The media types to ask for, the best first. Errors may be JSON whatever a success is.
pub(super) fn accepted(successes: &[StatusResponse<'_>]) -> Vec<String> {
    const JSON: &str = "application/json";
    let declared = successes.iter().filter_map(|(_, response, _)| {
        let (media_type, _) = preferred(&response.content)?;
        Some(match essence(media_type) {
            JSON => JSON,
            _ => media_type,
        })
    });
    let mut accepted: Vec<String> = Vec::new();
    for media_type in declared.chain([JSON]) {
        if accepted.iter().all(|known| known != media_type) {
            accepted.push(media_type.to_owned());
        }
    }
    accepted
}

/// The media type to send a body as: a range is replaced by one of its types.
pub(super) fn sent_as(media_type: &str) -> &str {
    if !media_type.contains('*') {
        return media_type;
    }
    match media_kind(media_type) {
        MediaKind::Json => "application/json",
        MediaKind::Text => "text/plain",
        MediaKind::Binary => "application/octet-stream",
        MediaKind::UrlEncoded | MediaKind::FormData | MediaKind::Multipart => media_type,
    }
}

/// A media type without its parameters.
fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}
