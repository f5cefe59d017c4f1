//! Parameters: where they go, in which order, and how they are written.

use openapiv3::{
    Parameter as Source, ParameterData, ParameterSchemaOrContent, PathStyle, QueryStyle,
    ReferenceOr,
};

use super::claims::{Claim, Scope};
use super::context::Context;
use super::docs;
use super::draft::Draft;
use super::names::{Kind, RUST_NAME, Rename};
use super::responses::{MediaKind, media_kind};
use super::types::TypeLowering;
use crate::ir::{Docs, Ident, ListStyle, Location, Parameter, Type};
use crate::pointer::Pointer;

/// The extension of a parameter that selects fields: `true` where selection works, `false`
/// where the spec offers the parameter but the server ignores it.
pub(super) const FIELD_SELECTION: &str = "x-rust-field-selection";

/// A parameter and where it goes among the others.
pub(super) struct PlacedParameter {
    pub(super) parameter: Parameter,
    pub(super) required: bool,
    /// What [`FIELD_SELECTION`] says.
    pub(super) selection: Option<bool>,
    /// Path parameters in the order of the template, then query, header and cookie.
    pub(super) order: (u8, usize),
    pub(super) at: Pointer,
}

/// The parameters of an operation, those of its path included.
pub(super) fn lower_parameters<'a>(
    types: &mut TypeLowering<'_, 'a>,
    draft: &Draft<'a>,
) -> Vec<PlacedParameter> {
    let cx = types.cx;
    let parameters = parameters(cx, draft);
    let idents = parameter_idents(cx, draft, &parameters);
    let lowered = parameters.into_iter().zip(idents);
    let lowered = lowered
        .filter_map(|((source, at), ident)| lower_parameter(types, (source, ident), &at, draft));
    lowered.collect()
}

/// The names of parameters. Where a parameter of another location or the body has the same name,
/// the name includes the location: `id_path` and `id_query`.
fn parameter_idents(
    cx: &Context<'_>,
    draft: &Draft<'_>,
    parameters: &[(&Source, Pointer)],
) -> Vec<Ident> {
    let plain = parameters.iter().map(|(source, at)| {
        let data = source.parameter_data_ref();
        let given = cx.given_ident(&data.extensions, RUST_NAME, kind(source), at);
        let is_given = given.is_some();
        let ident = given.unwrap_or_else(|| cx.names.value(kind(source), &data.name));
        (location(source), ident, is_given)
    });
    let plain: Vec<(Location, Ident, bool)> = plain.collect();
    let has_body = draft.source.request_body.is_some();
    let is_elsewhere = |place: Location, ident: &Ident| {
        let mut all = plain.iter();
        all.any(|(other, taken, _)| *other != place && taken == ident)
    };
    let mut scope = Scope::default();
    let named = parameters.iter().zip(&plain);
    let named = named.map(|((source, at), (place, plain, is_given))| {
        let name = &source.parameter_data_ref().name;
        let is_taken = is_elsewhere(*place, plain) || (has_body && plain == "body");
        let ident = match is_taken && !is_given {
            true => cx
                .names
                .value(kind(source), &format!("{name} {}", place.word())),
            false => plain.clone(),
        };
        let claim = Claim {
            ident,
            wire_name: name,
            at: &cx.origin(at),
            rename: Rename::Extension(RUST_NAME),
        };
        scope.claim(cx, claim)
    });
    named.collect()
}

/// Whether a parameter is an argument or a setter.
fn kind(source: &Source) -> Kind {
    match is_argument(source) {
        true => Kind::Argument,
        false => Kind::Setter,
    }
}

fn is_argument(source: &Source) -> bool {
    source.parameter_data_ref().required || location(source) == Location::Path
}

/// Parameters of the path first, each replaced by one of the operation with the same name
/// and location.
fn parameters<'a>(cx: &Context<'a>, draft: &Draft<'a>) -> Vec<(&'a Source, Pointer)> {
    let resolved = |parameters: &'a [ReferenceOr<Source>], at: Pointer| -> Vec<_> {
        let at = at.key("parameters");
        let parameters = parameters.iter().enumerate();
        let resolve = |(index, parameter)| {
            cx.target(
                parameter,
                at.index(index),
                ("parameters", |all| &all.parameters),
            )
        };
        parameters.filter_map(resolve).collect()
    };
    let own = resolved(&draft.source.parameters, draft.at.clone());
    let path = Pointer::root().keys(&["paths", draft.template]);
    let mut all = resolved(&draft.item.parameters, path);
    all.retain(|(inherited, _)| !own.iter().any(|(own, _)| same_parameter(own, inherited)));
    all.extend(own);
    all.retain(|(source, _)| !is_ignored_header(source));
    all
}

fn lower_parameter<'a>(
    types: &mut TypeLowering<'_, 'a>,
    (source, ident): (&'a Source, Ident),
    at: &Pointer,
    draft: &Draft<'a>,
) -> Option<PlacedParameter> {
    let cx = types.cx;
    let data = source.parameter_data_ref();
    let location = location(source);
    let selection = data.extensions.get(FIELD_SELECTION);
    let selection = selection.map(|value| value == true);
    let by_rule = cx.names.value(kind(source), &data.name);
    let name = match ident == by_rule {
        true => &data.name,
        false => &ident,
    };
    let hint = cx.names.inside(&draft.route, name);
    let ty = parameter_type(types, data, at, &hint)?;
    let (ty, list) = match data.format {
        ParameterSchemaOrContent::Schema(_) => list_style(types, ty, source, at)?,
        ParameterSchemaOrContent::Content(_) => (ty, Some(ListStyle::Json)),
    };
    check_path_style(cx, source, at)?;
    Some(PlacedParameter {
        required: is_argument(source),
        selection,
        order: order(location, draft.template, &data.name),
        at: at.clone(),
        parameter: Parameter {
            wire_name: data.name.clone(),
            ident,
            location,
            ty,
            list,
            deprecated: data.deprecated.unwrap_or_default(),
            docs: parameter_docs(cx, at),
        },
    })
}

fn parameter_type<'a>(
    types: &mut TypeLowering<'_, 'a>,
    data: &'a ParameterData,
    at: &Pointer,
    hint: &str,
) -> Option<Type> {
    match &data.format {
        ParameterSchemaOrContent::Schema(schema) => {
            let typed = types.lower_schema(schema.into(), &at.key("schema"), hint)?;
            Some(typed.ty)
        }
        ParameterSchemaOrContent::Content(content) => {
            let at = at.key("content");
            let help = "describe it by a `schema`, or as JSON, in the overlay";
            let Some((media_type, content)) = content.first().filter(|(it, _)| is_json(it)) else {
                let message = "a parameter with a `content` that is not JSON is not supported";
                return types.cx.refuse(&at, message, help);
            };
            let Some(schema) = &content.schema else {
                return Some(Type::Json);
            };
            let schema_at = at.keys(&[media_type, "schema"]);
            let ty = types.lower_schema(schema.into(), &schema_at, hint)?.ty;
            // Times and lists of lists have no JSON outside of named types.
            let is_written = match &ty {
                Type::List(item) => item.inner().is_none() && !item.is_time(),
                Type::Map(value) => value.inner().is_none() && !value.is_time(),
                ty => !ty.is_time(),
            };
            if !is_written {
                let message = "a parameter whose JSON holds bare times or nested lists is not \
                               supported";
                return types.cx.refuse(&at, message, help);
            }
            Some(ty)
        }
    }
}

fn is_json(media_type: &str) -> bool {
    matches!(media_kind(media_type), MediaKind::Json)
}

/// The type and the style of a value of several parts; single texts pass.
fn list_style(
    types: &TypeLowering<'_, '_>,
    ty: Type,
    source: &Source,
    at: &Pointer,
) -> Option<(Type, Option<ListStyle>)> {
    let message = match ty {
        Type::List(item) if types.is_scalar(&item) => match style(source) {
            Some(style) if style != ListStyle::Deep => {
                return Some((Type::List(item), Some(style)));
            }
            _ => "a list in this place or style is not supported",
        },
        Type::Json => return Some((Type::String, None)),
        ty if types.is_scalar(&ty) => return Some((ty, None)),
        ty if is_object(&ty) => match style(source) {
            Some(style @ (ListStyle::Repeat | ListStyle::Comma | ListStyle::Deep))
                if location(source) == Location::Query =>
            {
                return Some((ty, Some(style)));
            }
            _ => "an object in this place or style is not supported",
        },
        _ => "a parameter that is a list of other than scalars is not supported",
    };
    let help = "describe it as a string or a list of scalars in the overlay";
    types.cx.refuse(at, message, help)
}

fn is_object(ty: &Type) -> bool {
    match ty {
        Type::Named(_) | Type::Generic(..) => true,
        Type::Map(value) => value.inner().is_none() && !value.is_time(),
        _ => false,
    }
}

/// A path parameter is a segment as it is.
fn check_path_style(cx: &Context<'_>, source: &Source, at: &Pointer) -> Option<()> {
    match source {
        Source::Path { style, .. } if *style != PathStyle::Simple => {
            let message = "a path parameter in this style is not supported";
            let help = "remove the `style`, or the operation, in the overlay";
            cx.refuse(&at.key("style"), message, help)
        }
        _ => Some(()),
    }
}

/// The docs of the parameter, then those of its schema.
fn parameter_docs(cx: &Context<'_>, at: &Pointer) -> Docs {
    let mut docs = docs::of_node(cx.node(at));
    let schema = docs::of_node(cx.node(&at.key("schema")));
    if docs.text.is_empty() {
        docs.text = schema.text;
    }
    docs.notes.extend(schema.notes);
    docs
}

/// Whether OpenAPI ignores a header parameter of this name: the bodies and the security decide
/// the header.
fn is_ignored_header(source: &Source) -> bool {
    let name = &source.parameter_data_ref().name;
    let names = ["Accept", "Content-Type", "Authorization"];
    location(source) == Location::Header
        && names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn same_parameter(one: &Source, other: &Source) -> bool {
    location(one) == location(other)
        && one.parameter_data_ref().name == other.parameter_data_ref().name
}

fn location(source: &Source) -> Location {
    match source {
        Source::Path { .. } => Location::Path,
        Source::Query { .. } => Location::Query,
        Source::Header { .. } => Location::Header,
        Source::Cookie { .. } => Location::Cookie,
    }
}

/// Path parameters by their place in the template, then query, header and cookie, each in
/// the spec's order.
fn order(location: Location, template: &str, wire_name: &str) -> (u8, usize) {
    match location {
        Location::Path => {
            let at = template.find(&format!("{{{wire_name}}}"));
            (0, at.unwrap_or_default())
        }
        Location::Query => (1, 0),
        Location::Header => (2, 0),
        Location::Cookie => (3, 0),
    }
}

/// How a list is written; `None` where it cannot be.
fn style(source: &Source) -> Option<ListStyle> {
    match source {
        Source::Query {
            style,
            parameter_data,
            ..
        } => match style {
            QueryStyle::Form if parameter_data.explode.unwrap_or(true) => Some(ListStyle::Repeat),
            QueryStyle::Form => Some(ListStyle::Comma),
            QueryStyle::SpaceDelimited => Some(ListStyle::Space),
            QueryStyle::PipeDelimited => Some(ListStyle::Pipe),
            QueryStyle::DeepObject => Some(ListStyle::Deep),
        },
        Source::Header { .. } | Source::Path { .. } => Some(ListStyle::Comma),
        Source::Cookie { parameter_data, .. } => match parameter_data.explode.unwrap_or(true) {
            true => Some(ListStyle::Repeat),
            false => Some(ListStyle::Comma),
        },
    }
}
