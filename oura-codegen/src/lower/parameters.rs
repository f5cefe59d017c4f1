//! Parameters and field selection.

use openapiv3::{
    Parameter as Source, ParameterData, ParameterSchemaOrContent, PathItem, PathStyle, QueryStyle,
    ReferenceOr,
};

use super::Lowering;
use super::components::follow;
use super::docs;
use super::names::{self, RUST_NAME, Scope};
use super::operations::Draft;
use super::types::Typed;
use crate::error::Error;
use crate::ir::{
    BodyType, Docs, Ident, ListStyle, Location, Parameter, Selection, StringEnum, StringVariant,
    Type, TypeDef, TypeKind,
};
use crate::pointer::Pointer;

/// The extension of a parameter that selects fields: `true` where selection works, `false`
/// where the document offers the parameter but the server ignores it.
pub(super) const FIELD_SELECTION: &str = "x-rust-field-selection";

/// A parameter and where it goes among the others.
pub(super) struct Place {
    pub(super) parameter: Parameter,
    pub(super) required: bool,
    /// What [`FIELD_SELECTION`] says.
    pub(super) selection: Option<bool>,
    /// Path parameters in the order of the template, then query, header and cookie.
    pub(super) order: (u8, usize),
    at: Pointer,
}

impl<'a> Lowering<'a> {
    /// The parameters of an operation, those of its path included.
    pub(super) fn lower_parameters(
        &mut self,
        item: &'a PathItem,
        draft: &Draft<'a>,
        route: &str,
    ) -> Option<Vec<Place>> {
        let mut places = Vec::new();
        let mut scope = Scope::default();
        if draft.source.request_body.is_some() {
            let body = self.origin(&draft.at.key("requestBody"));
            let taken = scope.take("body", "requestBody", &body);
            self.errors.note(taken);
        }
        for (source, at) in self.parameters(item, draft) {
            let Some(place) = self.lower_parameter(source, &at, draft, route) else {
                continue;
            };
            let origin = self.origin(&at);
            let parameter = &place.parameter;
            let taken = scope.take(&parameter.ident, &parameter.wire_name, &origin);
            self.errors.note(taken);
            places.push(place);
        }
        Some(places)
    }

    /// Parameters of the path first, each replaced by one of the operation with the same
    /// name and location.
    fn parameters(&self, item: &'a PathItem, draft: &Draft<'a>) -> Vec<(&'a Source, Pointer)> {
        let own_at = draft.at.key("parameters");
        let path_at = Pointer::root().keys(&["paths", draft.template, "parameters"]);
        let own: Vec<_> = self.resolved(&draft.source.parameters, &own_at);
        let mut all = self.resolved(&item.parameters, &path_at);
        all.retain(|(inherited, _)| !own.iter().any(|(own, _)| same_parameter(own, inherited)));
        all.extend(own);
        all.retain(|(source, _)| !is_ignored_header(source));
        all
    }

    fn resolved(
        &self,
        parameters: &'a [ReferenceOr<Source>],
        at: &Pointer,
    ) -> Vec<(&'a Source, Pointer)> {
        let components = self.openapi.components.as_ref();
        let resolve = |(index, parameter): (usize, &'a ReferenceOr<Source>)| match parameter {
            ReferenceOr::Item(source) => Some((source, at.index(index))),
            ReferenceOr::Reference { reference } => {
                follow(&components?.parameters, "parameters", reference)
            }
        };
        parameters.iter().enumerate().filter_map(resolve).collect()
    }

    fn lower_parameter(
        &mut self,
        source: &'a Source,
        at: &Pointer,
        draft: &Draft<'a>,
        route: &str,
    ) -> Option<Place> {
        let data = source.parameter_data_ref();
        let origin = self.origin(at);
        let location = location(source);
        let name = match data.extensions.get(RUST_NAME) {
            Some(value) => self.rust_name_value(value, at)?,
            None => self.names.snake(&data.name),
        };
        let selection = data
            .extensions
            .get(FIELD_SELECTION)
            .map(|value| value == true);
        let required = data.required || location == Location::Path;
        let ident = match required || selection == Some(false) {
            true => names::argument_ident(&name, &origin),
            false => names::setter_ident(&name, &origin),
        };
        let ident = self.errors.note(ident)?;
        let typed = self.parameter_type(data, at, route)?;
        let (ty, list) = self.list_style(typed.ty, source, at)?;
        self.check_path_style(source, at)?;
        Some(Place {
            required,
            selection,
            order: (
                location_order(location),
                template_index(draft.template, source),
            ),
            at: at.clone(),
            parameter: Parameter {
                wire_name: data.name.clone(),
                ident,
                location,
                ty,
                list,
                deprecated: data.deprecated.unwrap_or_default(),
                docs: self.parameter_docs(at),
            },
        })
    }

    fn parameter_type(
        &mut self,
        data: &'a ParameterData,
        at: &Pointer,
        route: &str,
    ) -> Option<Typed> {
        match &data.format {
            ParameterSchemaOrContent::Schema(schema) => {
                let hint = format!("{route}{}", self.names.upper_camel(&data.name));
                self.lower_schema(schema.into(), &at.key("schema"), &hint)
            }
            ParameterSchemaOrContent::Content(_) => {
                let error = Error::at(
                    &self.origin(&at.key("content")),
                    "a parameter described by `content` is not supported",
                )
                .help("describe it by a `schema` in the overlay");
                self.errors.push(error);
                None
            }
        }
    }

    /// The element type and the style of a list; single values pass.
    fn list_style(
        &mut self,
        ty: Type,
        source: &Source,
        at: &Pointer,
    ) -> Option<(Type, Option<ListStyle>)> {
        let problem = match ty {
            Type::List(item) if self.is_scalar(&item) => match style(source) {
                Some(style) => return Some((Type::List(item), Some(style))),
                None => "a list in this place or style is not supported",
            },
            Type::Json => return Some((Type::String, None)),
            ty if self.is_scalar(&ty) => return Some((ty, None)),
            _ => "a parameter that is neither a scalar nor a list of scalars is not supported",
        };
        let error = Error::at(&self.origin(at), problem)
            .help("describe it as a string or a list of scalars in the overlay");
        self.errors.push(error);
        None
    }

    /// A path parameter is a segment as it is.
    fn check_path_style(&mut self, source: &Source, at: &Pointer) -> Option<()> {
        match source {
            Source::Path { style, .. } if *style != PathStyle::Simple => {
                let error = Error::at(
                    &self.origin(&at.key("style")),
                    "a path parameter in this style is not supported",
                )
                .help("remove the `style`, or the operation, in the overlay");
                self.errors.push(error);
                None
            }
            _ => Some(()),
        }
    }

    /// Whether a type is written as one text.
    fn is_scalar(&self, ty: &Type) -> bool {
        match ty {
            Type::String
            | Type::Bool
            | Type::I32
            | Type::I64
            | Type::U32
            | Type::U64
            | Type::F32
            | Type::F64
            | Type::Date
            | Type::DateTime
            | Type::UtcDateTime
            | Type::DateOrDateTime
            | Type::Uuid => true,
            Type::Named(ident) => self.is_enum(ident),
            Type::Json
            | Type::Generic(..)
            | Type::Parameter
            | Type::List(_)
            | Type::Map(_)
            | Type::Option(_)
            | Type::Boxed(_) => false,
        }
    }

    fn is_enum(&self, ident: &str) -> bool {
        let kind = self.types.get(ident).map(|definition| &definition.kind);
        matches!(
            kind,
            Some(TypeKind::StringEnum(_) | TypeKind::IntegerEnum(_))
        )
    }

    fn parameter_docs(&self, at: &Pointer) -> Docs {
        let own = docs::of_node(self.document.get(at));
        let schema = docs::of_node(self.document.get(&at.key("schema")));
        let text = if own.text.is_empty() {
            schema.text
        } else {
            own.text
        };
        let mut notes = own.notes;
        notes.extend(schema.notes);
        Docs {
            text,
            notes,
            source: String::new(),
        }
    }

    /// Takes the selection out of the parameters: as [`Selection`] where it works, away
    /// where the server ignores it.
    pub(super) fn lower_selection(
        &mut self,
        places: &mut Vec<Place>,
        success: &BodyType,
    ) -> Option<Selection> {
        let index = places.iter().position(|place| place.selection.is_some())?;
        let place = places.remove(index);
        if place.selection == Some(false) {
            return None;
        }
        let Some((page, item)) = self.page_of(success) else {
            let error = Error::at(
                &self.origin(&place.at),
                format!("`{FIELD_SELECTION}` is set, but the answer is not a page of documents"),
            )
            .help("set it to `false` where selecting does nothing, or remove it");
            self.errors.push(error);
            return None;
        };
        Some(Selection {
            parameter: place.parameter,
            field_enum: self.field_enum(&item, &place.at)?,
            page,
        })
    }

    /// The generic page of an answer and the name of its documents.
    pub(super) fn page_of(&self, success: &BodyType) -> Option<(Ident, Ident)> {
        let BodyType::Json(Type::Generic(page, item)) = success else {
            return None;
        };
        let Type::Named(item) = &**item else {
            return None;
        };
        self.is_page(page).then(|| (page.clone(), item.clone()))
    }

    /// Notes that the fields of a document can be selected; the enum is defined when the
    /// document's struct is known.
    fn field_enum(&mut self, item: &str, at: &Pointer) -> Option<Ident> {
        let ident = format!("{item}Field");
        if self.field_enums.contains_key(&ident) {
            return Some(ident);
        }
        let origin = self.origin(at);
        let taken = self
            .scope
            .take(&ident, &format!("the fields of {item}"), &origin);
        self.errors.note(taken)?;
        self.field_enums
            .insert(ident.clone(), (item.to_owned(), origin));
        Some(ident)
    }

    /// Defines the enums of selectable fields from their structs.
    pub(super) fn define_field_enums(&mut self) {
        for (ident, (item, origin)) in std::mem::take(&mut self.field_enums) {
            let Some(TypeKind::Struct(definition)) = self.types.get(&item).map(|item| &item.kind)
            else {
                let error = Error::at(&origin, format!("`{item}` has no fields to select"));
                self.errors.push(error);
                continue;
            };
            let fields: Vec<String> = definition
                .fields
                .iter()
                .map(|field| field.wire_name.clone())
                .collect();
            let mut scope = Scope::default();
            let mut variants = Vec::new();
            for wire_name in fields {
                let name = self.names.variant(&wire_name);
                let variant = names::variant_ident(&name, &wire_name, &origin);
                let Some(variant) = self.errors.note(variant) else {
                    continue;
                };
                let taken = scope.take(&variant, &wire_name, &origin);
                self.errors.note(taken);
                variants.push(StringVariant {
                    wire_name,
                    ident: variant,
                    docs: Docs::default(),
                });
            }
            let docs = super::sentence(&format!("The fields of `{item}`, to select some of them."));
            let definition = TypeDef {
                ident: ident.clone(),
                docs,
                deprecated: false,
                origin,
                kind: TypeKind::StringEnum(StringEnum { variants }),
            };
            self.types.insert(ident, definition);
        }
    }
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

fn location_order(location: Location) -> u8 {
    match location {
        Location::Path => 0,
        Location::Query => 1,
        Location::Header => 2,
        Location::Cookie => 3,
    }
}

/// The place of a path parameter in its template; 0 for the others, whose order is the
/// document's.
fn template_index(template: &str, source: &Source) -> usize {
    match source {
        Source::Path { parameter_data, .. } => {
            let name = format!("{{{}}}", parameter_data.name);
            template.find(&name).unwrap_or_default()
        }
        Source::Query { .. } | Source::Header { .. } | Source::Cookie { .. } => 0,
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
