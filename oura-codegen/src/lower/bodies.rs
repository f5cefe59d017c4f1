//! Request bodies and responses.

use openapiv3::{
    MediaType, ReferenceOr, RequestBody as Body, Response, SchemaKind, StatusCode,
    Type as SchemaType,
};

use super::Lowering;
use super::components::follow;
use super::names::{self, Scope};
use super::operations::Draft;
use super::types::SchemaRef;
use super::unions::Collapse;
use crate::error::Error;
use crate::ir::{
    BodyType, Docs, ErrorResponse, RequestBody, ResponseVariant, Responses, StatusRange, Type,
    TypeDef, TypeKind,
};
use crate::pointer::Pointer;

/// What an operation answers.
pub(super) struct Answer {
    pub(super) success: BodyType,
    pub(super) errors: Vec<ErrorResponse>,
    /// The types of all answers.
    pub(super) receives: Vec<Type>,
}

/// A success or error response with its place.
type Found<'a> = (StatusRange, &'a Response, Pointer);

impl<'a> Lowering<'a> {
    /// The request body of an operation.
    pub(super) fn lower_request_body(
        &mut self,
        draft: &Draft<'a>,
        route: &str,
    ) -> Option<RequestBody> {
        let (body, at) = self.request_body(draft)?;
        let Some((media_type, content)) = preferred(&body.content) else {
            let error = Error::at(&self.origin(&at), "a request body without content");
            self.errors.push(error);
            return None;
        };
        let content_at = at.key("content").key(media_type);
        let lowered = match kind(media_type) {
            MediaKind::Json | MediaKind::Text | MediaKind::Binary => {
                self.lower_content(media_type, content, &content_at, &format!("{route}Request"))?
            }
            MediaKind::Form => {
                let error = Error::at(
                    &self.origin(&content_at),
                    format!("a request body of type `{media_type}` is not supported"),
                )
                .help("describe JSON, text or bytes in the overlay, or remove the operation");
                self.errors.push(error);
                return None;
            }
        };
        Some(RequestBody {
            body: lowered,
            required: body.required,
            docs: Docs {
                text: body.description.clone().unwrap_or_default(),
                ..Docs::default()
            },
        })
    }

    fn request_body(&self, draft: &Draft<'a>) -> Option<(&'a Body, Pointer)> {
        match draft.source.request_body.as_ref()? {
            ReferenceOr::Item(body) => Some((body, draft.at.key("requestBody"))),
            ReferenceOr::Reference { reference } => {
                let components = self.openapi.components.as_ref()?;
                follow(&components.request_bodies, "requestBodies", reference)
            }
        }
    }

    /// Whether the first success answer is a list or a page, which makes a GET a `list_`.
    pub(super) fn is_list(&self, draft: &Draft<'a>) -> bool {
        let successes = self.successes(draft);
        let content = successes
            .first()
            .and_then(|(_, response, _)| preferred(&response.content));
        let schema = content.and_then(|(_, content)| content.schema.as_ref());
        schema.is_some_and(|schema| self.is_list_schema(schema.into()))
    }

    fn is_list_schema(&self, schema: SchemaRef<'a>) -> bool {
        let Some(schema) = self.resolve(schema) else {
            return false;
        };
        match &schema.schema_kind {
            SchemaKind::Type(SchemaType::Array(_)) => true,
            SchemaKind::Type(SchemaType::Object(object)) => {
                self.policy.page.as_ref().is_some_and(|page| {
                    object.properties.contains_key(page.items)
                        && object.properties.contains_key(page.cursor)
                })
            }
            SchemaKind::AnyOf { any_of: branches } | SchemaKind::OneOf { one_of: branches } => {
                match self.collapse(branches) {
                    Some(Collapse::Branch(index)) => self.is_list_schema((&branches[index]).into()),
                    Some(Collapse::DateOrDateTime) | None => false,
                }
            }
            _ => false,
        }
    }

    /// The type and the documented errors of an operation's answers.
    pub(super) fn lower_responses(&mut self, draft: &Draft<'a>, route: &str) -> Option<Answer> {
        let successes = self.successes(draft);
        if successes.is_empty() {
            let error = Error::at(
                &self.origin(&draft.at.key("responses")),
                "the operation has no success response",
            )
            .help("add a `2XX` or `default` response in the overlay");
            self.errors.push(error);
            return None;
        }
        let mut receives = Vec::new();
        let success = self.lower_success(&successes, draft, route)?;
        match &success {
            BodyType::Json(ty) => receives.push(ty.clone()),
            BodyType::Several(ident) => receives.push(Type::Named(ident.clone())),
            BodyType::Empty | BodyType::Text(_) | BodyType::Binary(_) => {}
        }
        let mut errors = Vec::new();
        for (status, response, at) in self.responses(draft) {
            if successes.iter().any(|(success, ..)| *success == status) {
                continue;
            }
            let hint = format!("{route}{}", status_name(status));
            if let Some(BodyType::Json(ty)) = self.lower_response(response, &at, &hint) {
                receives.push(ty);
            }
            errors.push(ErrorResponse {
                status,
                description: response.description.trim().to_owned(),
            });
        }
        errors.sort_by_key(|error| error.status);
        Some(Answer {
            success,
            errors,
            receives,
        })
    }

    fn lower_success(
        &mut self,
        successes: &[Found<'a>],
        draft: &Draft<'a>,
        route: &str,
    ) -> Option<BodyType> {
        let mut bodies = Vec::new();
        for (status, response, at) in successes {
            let hint = match successes.len() {
                1 => format!("{route}Response"),
                _ => format!("{route}{}", status_name(*status)),
            };
            bodies.push(self.lower_response(response, at, &hint)?);
        }
        let first = bodies.first()?.clone();
        if bodies.iter().all(|body| *body == first) {
            return Some(first);
        }
        self.lower_several(successes, bodies, draft, route)
    }

    /// An enum with a variant for each success status.
    fn lower_several(
        &mut self,
        successes: &[Found<'a>],
        bodies: Vec<BodyType>,
        draft: &Draft<'a>,
        route: &str,
    ) -> Option<BodyType> {
        let at = draft.at.key("responses");
        let origin = self.origin(&at);
        let ident = names::type_ident(&format!("{route}Response"), &origin);
        let ident = self.errors.note(ident)?;
        let taken = self
            .scope
            .take(&ident, "the responses of the operation", &origin);
        self.errors.note(taken)?;
        let mut scope = Scope::default();
        let mut variants = Vec::new();
        for ((status, response, at), body) in successes.iter().zip(bodies) {
            let name = status_name(*status);
            let taken = scope.take(&name, &name, &self.origin(at));
            self.errors.note(taken);
            variants.push(ResponseVariant {
                status: *status,
                ident: name,
                body,
                docs: Docs {
                    text: response.description.trim().to_owned(),
                    ..Docs::default()
                },
            });
        }
        variants.sort_by_key(|variant| variant.status);
        let definition = TypeDef {
            ident: ident.clone(),
            docs: Docs {
                source: format!(
                    "The success answers of `{} {}`.",
                    draft.http_method.to_uppercase(),
                    draft.template
                ),
                ..Docs::default()
            },
            deprecated: false,
            origin,
            kind: TypeKind::Responses(Responses { variants }),
        };
        self.types.insert(ident.clone(), definition);
        Some(BodyType::Several(ident))
    }

    fn lower_response(
        &mut self,
        response: &'a Response,
        at: &Pointer,
        hint: &str,
    ) -> Option<BodyType> {
        let Some((media_type, content)) = preferred(&response.content) else {
            return Some(BodyType::Empty);
        };
        let at = at.key("content").key(media_type);
        self.lower_content(media_type, content, &at, hint)
    }

    fn lower_content(
        &mut self,
        media_type: &str,
        content: &'a MediaType,
        at: &Pointer,
        hint: &str,
    ) -> Option<BodyType> {
        match kind(media_type) {
            MediaKind::Json => {
                let Some(schema) = &content.schema else {
                    return Some(BodyType::Json(Type::Json));
                };
                let typed = self.lower_schema(schema.into(), &at.key("schema"), hint)?;
                Some(BodyType::Json(typed.into_type()))
            }
            MediaKind::Text => Some(BodyType::Text(media_type.to_owned())),
            MediaKind::Binary | MediaKind::Form => Some(BodyType::Binary(media_type.to_owned())),
        }
    }

    /// The `2xx` responses; `default` stands for them where there is none.
    fn successes(&self, draft: &Draft<'a>) -> Vec<Found<'a>> {
        let all = self.responses(draft);
        let is_success = |status: &StatusRange| match status {
            StatusRange::Code(code) => (200..300).contains(code),
            StatusRange::Class(class) => *class == 2,
            StatusRange::Default => false,
        };
        let mut found: Vec<Found<'a>> = all
            .iter()
            .filter(|(status, ..)| is_success(status))
            .cloned()
            .collect();
        if found.is_empty() {
            found.extend(
                all.into_iter()
                    .filter(|(status, ..)| *status == StatusRange::Default),
            );
        }
        found.sort_by_key(|(status, ..)| *status);
        found
    }

    fn responses(&self, draft: &Draft<'a>) -> Vec<Found<'a>> {
        let at = draft.at.key("responses");
        let source = &draft.source.responses;
        let coded = source.responses.iter().map(|(status, response)| {
            let range = match status {
                StatusCode::Code(code) => StatusRange::Code(*code),
                StatusCode::Range(class) => {
                    StatusRange::Class(u8::try_from(*class).unwrap_or(u8::MAX))
                }
            };
            (range, response, at.key(status.to_string()))
        });
        let default = source.default.iter();
        let default = default.map(|response| (StatusRange::Default, response, at.key("default")));
        coded
            .chain(default)
            .filter_map(|(status, response, at)| {
                let (response, at) = self.response(response, at)?;
                Some((status, response, at))
            })
            .collect()
    }

    fn response(
        &self,
        response: &'a ReferenceOr<Response>,
        at: Pointer,
    ) -> Option<(&'a Response, Pointer)> {
        match response {
            ReferenceOr::Item(response) => Some((response, at)),
            ReferenceOr::Reference { reference } => {
                let components = self.openapi.components.as_ref()?;
                follow(&components.responses, "responses", reference)
            }
        }
    }
}

/// What a media type carries.
enum MediaKind {
    Json,
    Text,
    Binary,
    Form,
}

/// Whether a media type is JSON.
pub(super) fn is_json(media_type: &str) -> bool {
    matches!(kind(media_type), MediaKind::Json)
}

fn kind(media_type: &str) -> MediaKind {
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

/// The content that is asked for: JSON where there is some, else the first.
fn preferred(content: &indexmap::IndexMap<String, MediaType>) -> Option<(&str, &MediaType)> {
    content
        .iter()
        .find(|(media_type, _)| matches!(kind(media_type), MediaKind::Json))
        .or_else(|| content.first())
        .map(|(media_type, content)| (media_type.as_str(), content))
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
