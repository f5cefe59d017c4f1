//! Parameters: where they go, in which order, and how they are written.

use openapiv3::{
    Parameter as Source, ParameterData, ParameterSchemaOrContent, PathStyle, QueryStyle,
    ReferenceOr,
};

use super::context::Context;
use super::docs;
use super::draft::Draft;
use super::names::{self, RUST_NAME, Scope};
use super::types::TypeLowering;
use crate::ir::{Docs, ListStyle, Location, Parameter, Type};
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
    let mut lowered = Vec::new();
    let mut scope = Scope::default();
    if draft.source.request_body.is_some() {
        let body = cx.origin(&draft.at.key("requestBody"));
        cx.note(scope.take("body", "requestBody", &body));
    }
    for (source, at) in parameters(cx, draft) {
        let Some(placed) = lower_parameter(types, source, &at, draft) else {
            continue;
        };
        let parameter = &placed.parameter;
        cx.note(scope.take(&parameter.ident, &parameter.wire_name, &cx.origin(&at)));
        lowered.push(placed);
    }
    lowered
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
    source: &'a Source,
    at: &Pointer,
    draft: &Draft<'a>,
) -> Option<PlacedParameter> {
    let cx = types.cx;
    let data = source.parameter_data_ref();
    let origin = cx.origin(at);
    let location = location(source);
    let name = match data.extensions.get(RUST_NAME) {
        Some(value) => cx.rust_name(value, at)?,
        None => cx.names.snake(&data.name),
    };
    let selection = data.extensions.get(FIELD_SELECTION);
    let selection = selection.map(|value| value == true);
    let required = data.required || location == Location::Path;
    let ident = cx.note(match required || selection == Some(false) {
        true => names::argument_ident(&name, &origin),
        false => names::setter_ident(&name, &origin),
    })?;
    let ty = parameter_type(types, data, at, &draft.route)?;
    let (ty, list) = list_style(types, ty, source, at)?;
    check_path_style(cx, source, at)?;
    Some(PlacedParameter {
        required,
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
    route: &str,
) -> Option<Type> {
    match &data.format {
        ParameterSchemaOrContent::Schema(schema) => {
            let hint = format!("{route}{}", types.cx.names.upper_camel(&data.name));
            let typed = types.lower_schema(schema.into(), &at.key("schema"), &hint)?;
            Some(typed.ty)
        }
        ParameterSchemaOrContent::Content(_) => {
            let message = "a parameter described by `content` is not supported";
            let help = "describe it by a `schema` in the overlay";
            types.cx.refuse(&at.key("content"), message, help)
        }
    }
}

/// The element type and the style of a list; single values pass.
fn list_style(
    types: &TypeLowering<'_, '_>,
    ty: Type,
    source: &Source,
    at: &Pointer,
) -> Option<(Type, Option<ListStyle>)> {
    let message = match ty {
        Type::List(item) if types.is_scalar(&item) => match style(source) {
            Some(style) => return Some((Type::List(item), Some(style))),
            None => "a list in this place or style is not supported",
        },
        Type::Json => return Some((Type::String, None)),
        ty if types.is_scalar(&ty) => return Some((ty, None)),
        _ => "a parameter that is neither a scalar nor a list of scalars is not supported",
    };
    let help = "describe it as a string or a list of scalars in the overlay";
    types.cx.refuse(at, message, help)
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

/// What the parameter says of itself, then what its schema does.
fn parameter_docs(cx: &Context<'_>, at: &Pointer) -> Docs {
    let mut docs = docs::of_node(cx.node(at));
    let schema = docs::of_node(cx.node(&at.key("schema")));
    if docs.text.is_empty() {
        docs.text = schema.text;
    }
    docs.notes.extend(schema.notes);
    docs
}

/// OpenAPI has these headers follow from the bodies and the security, whatever parameters
/// of these names say.
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
            QueryStyle::DeepObject => None,
        },
        Source::Header { .. } => Some(ListStyle::Comma),
        Source::Path { .. } | Source::Cookie { .. } => None,
    }
}
