//! The intermediate representation: the Rust items with their names, types and docs.
//!
//! Lowering makes it, rendering prints it. It is plain data: only lowering decides anything,
//! and it has no types of the OpenAPI crates. `wire_name` is the spec's spelling, `ident` is
//! Rust's. All prose is the spec's own text, not yet escaped for Rust.

use crate::pointer::Origin;

/// A Rust identifier: valid, not a keyword (raw where it must be), unique in its scope.
/// Only `lower::names` makes one.
pub type Ident = String;

/// Everything that is rendered.
#[derive(Clone, Debug, PartialEq)]
pub struct Api {
    /// The spec's title.
    pub title: String,
    /// The default server, without a trailing slash; `None`: users must set one.
    pub server: Option<Server>,
    /// Header names, URLs and scopes.
    pub security: Security,
    /// The modules that hold types and operations, sorted by `ident`. `shared` is one of
    /// them when anything is shared.
    pub modules: Vec<Module>,
    /// The view with the twin operations, if the policy names a twin and the spec has any.
    pub twin: Option<Twin>,
    /// The resources and their documents.
    pub documents: Documents,
    /// Optional parameters that several operations share, sorted by `ident`.
    pub parameters: Vec<SharedParameter>,
    /// Documented errors that have the same description wherever their status is documented: docs
    /// name only their statuses.
    pub usual_errors: Vec<ErrorResponse>,
}

impl Api {
    /// The types of all modules.
    pub fn types(&self) -> impl Iterator<Item = &TypeDef> {
        self.modules.iter().flat_map(|module| &module.types)
    }

    /// The operations of all modules.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.modules.iter().flat_map(|module| &module.operations)
    }
}

/// The resources: what users have documents of.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Documents {
    /// The enum whose values webhook events name a resource by: `WebhookDataType`. `None` when
    /// the policy names none or the spec does not have it.
    pub data_type: Option<Ident>,
    /// Sorted by `ident`.
    pub resources: Vec<Resource>,
}

/// A resource: users have documents of it, all of one type.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// The name, spelled like the webhook data type: `vo2_max`.
    pub wire_name: String,
    /// The variant of `Resource`, and of `Document`.
    pub ident: Ident,
    /// The type of its documents.
    pub ty: Ident,
    /// The field of `ty` that holds the id of a document, where that is text.
    pub id: Option<Ident>,
    /// The field of `ty` that says on which day a document lies.
    pub day: Option<Ident>,
    /// The operation that gives a document by its id.
    pub get: Option<Access>,
    /// The operation that lists documents.
    pub list: Option<ListAccess>,
    /// The place of one of the two operations.
    pub origin: Origin,
}

/// An operation that leads to documents of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// The operation.
    pub route: Ident,
    /// Its path.
    pub path_template: String,
}

/// An operation that lists documents of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct ListAccess {
    /// The operation.
    pub access: Access,
    /// The type of its pages.
    pub page: Type,
    /// The type of the bounds of the list, if it has bounds.
    pub bound: Option<Type>,
}

/// The server that a client uses by default.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// The URL.
    pub url: String,
    /// The spec's description of it.
    pub description: String,
}

/// The security schemes, for the runtime's table.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Security {
    /// The schemes that a client can have values for, in the spec's order; schemes that the spec
    /// names without describing them come last.
    pub schemes: Vec<Scheme>,
    /// The indices of the schemes of an application's id and secret.
    pub client: Option<[usize; 2]>,
    /// Where users authorize an application.
    pub authorization_url: Option<String>,
    /// Where a code or a refresh token is exchanged.
    pub token_url: Option<String>,
}

/// A security scheme.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheme {
    /// Its key in the spec.
    pub wire_name: String,
    /// What it sends, and where.
    pub sends: Sends,
}

/// What a security scheme sends, and where.
#[derive(Clone, Debug, PartialEq)]
pub enum Sends {
    /// An access token, as `Authorization: Bearer`.
    Token,
    /// A user name and a password, as `Authorization: Basic`.
    Password,
    /// A value behind this word, in `Authorization`.
    Authorization(String),
    /// A value in the header, query parameter or cookie of this name.
    Key(Location, String),
}

/// A view of the client with operations of the same names under another path.
#[derive(Clone, Debug, PartialEq)]
pub struct Twin {
    /// The method of `Client` that gives the view: `sandbox`.
    pub accessor: Ident,
    /// The type of the view: `Sandbox`.
    pub ident: Ident,
    /// What the view is, for its docs.
    pub docs: Docs,
    /// The operations that mirror one of the client, sorted by `route`.
    pub mirrors: Vec<Mirror>,
}

/// A twin operation that mirrors one of the client.
#[derive(Clone, Debug, PartialEq)]
pub struct Mirror {
    /// The twin operation.
    pub route: Ident,
    /// The client method that it mirrors.
    pub method: Ident,
    /// The setters of that method which the twin does not have.
    pub without: Vec<Ident>,
}

/// One generated file: what belongs to one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Module {
    /// The file and module name: `daily_sleep`.
    pub ident: Ident,
    /// The description of its tag.
    pub docs: Docs,
    /// Types, sorted by `ident`.
    pub types: Vec<TypeDef>,
    /// Operations, sorted by `route`.
    pub operations: Vec<Operation>,
}

/// Prose for one item. Rendering turns it into doc comments: unwrapped paragraphs, code
/// blocks fenced as `text`, everything that rustdoc would misread escaped.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Docs {
    /// The spec's own words, possibly empty, possibly several paragraphs.
    pub text: String,
    /// One-line remarks made from the spec's keywords, in order: bounds, formats,
    /// defaults, examples ("Range: 1 to 100.", "Length: at least 1.", "Default: `true`.").
    pub notes: Vec<String>,
    /// The place in the spec, as a sentence in Markdown: "Schema `PublicDailySleep`.",
    /// "Operation `Multiple_...`."
    pub source: String,
}

impl Docs {
    /// Docs that are nothing but text.
    #[must_use]
    pub fn sentence(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

/// A named type.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeDef {
    /// The Rust name.
    pub ident: Ident,
    /// The docs.
    pub docs: Docs,
    /// Whether the spec marks it deprecated.
    pub deprecated: bool,
    /// The place of the schema.
    pub origin: Origin,
    /// The kind of type.
    pub kind: TypeKind,
}

/// The kind of a named type.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeKind {
    /// An object with known properties.
    Struct(Struct),
    /// A string of a set that may grow; has `Unrecognized(String)`.
    StringEnum(StringEnum),
    /// An integer of a set that may grow; has `Unrecognized(i64)`.
    IntegerEnum(IntegerEnum),
    /// One of several types, distinguished by shape or by a discriminator; has
    /// `Unrecognized(serde_json::Value)`.
    Union(Union),
    /// The response of an operation with several success statuses.
    Responses(Responses),
}

/// An object with known properties.
#[derive(Clone, Debug, PartialEq)]
pub struct Struct {
    /// The struct has one type parameter `T`; fields refer to it by [`Type::Parameter`].
    pub generic: bool,
    /// Fields, in the spec's order.
    pub fields: Vec<Field>,
    /// Values of properties that the spec does not name but allows with a type: a
    /// flattened map field of that ident. Free-form `additionalProperties: true` beside
    /// named properties is ignored, as unknown fields are.
    pub additional: Option<(Ident, Type)>,
    /// The struct is sent in a request: it gets `new(required..)` and setters.
    pub in_request: bool,
    /// The struct is a page of documents.
    pub page: Option<Page>,
    /// Values at regular intervals, which methods give as points in time.
    pub series: Vec<Series>,
}

/// Values at regular intervals.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The method that gives the points.
    pub method: Ident,
    /// The field of the first moment: a timestamp, or an `Option` of one.
    pub start: Ident,
    /// What the values are.
    pub values: SeriesValues,
}

/// What the values of a series are.
#[derive(Clone, Debug, PartialEq)]
pub enum SeriesValues {
    /// Numbers of a list.
    Items {
        /// The field of the interval in seconds: a number, or an `Option` of one.
        every: Ident,
        /// The field of the list, or of an `Option` of it.
        items: Ident,
    },
    /// Characters of a text.
    Codes {
        /// The field of the text, or of an `Option` of it.
        text: Ident,
        /// The interval in seconds, above zero.
        every: f64,
        /// The open enum of the characters.
        ty: Type,
    },
}

/// How a page is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The ident of the field that holds the documents, and its wire name.
    pub items: (Ident, String),
    /// The ident of the field that holds the cursor of the next page, and its wire name.
    pub cursor: (Ident, String),
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The property's name in JSON.
    pub wire_name: String,
    /// The Rust name.
    pub ident: Ident,
    /// The whole Rust type, `Option` and `Box` included. Where a PATCH distinguishes null from a
    /// missing property, it is an `Option` of an `Option`.
    pub ty: Type,
    /// The setter that makes it null, where a PATCH distinguishes null from a missing property.
    pub null_setter: Option<Ident>,
    /// Whether the property must be present: a required field of type `Option` is written
    /// as null, an optional one is left out when `None`. A field that is not `Option` must
    /// be present when read.
    pub required: bool,
    /// `readOnly`: never an argument of `new` and without a setter.
    pub read_only: bool,
    /// `writeOnly`: absent from responses.
    pub write_only: bool,
    /// `format: password`: never shown by `Debug`.
    pub secret: bool,
    /// Whether the spec marks it deprecated.
    pub deprecated: bool,
    /// The docs.
    pub docs: Docs,
}

/// A string of a set that may grow.
#[derive(Clone, Debug, PartialEq)]
pub struct StringEnum {
    /// Known values, in the spec's order (field enums: in the order of the fields).
    pub variants: Vec<StringVariant>,
}

/// A known value of a string enum.
#[derive(Clone, Debug, PartialEq)]
pub struct StringVariant {
    /// The value in JSON.
    pub wire_name: String,
    /// The Rust name.
    pub ident: Ident,
    /// The docs.
    pub docs: Docs,
}

/// An integer of a set that may grow.
#[derive(Clone, Debug, PartialEq)]
pub struct IntegerEnum {
    /// Known values, in the spec's order.
    pub variants: Vec<IntegerVariant>,
}

/// A known value of an integer enum.
#[derive(Clone, Debug, PartialEq)]
pub struct IntegerVariant {
    /// The value in JSON.
    pub value: i64,
    /// The Rust name.
    pub ident: Ident,
    /// The docs.
    pub docs: Docs,
}

/// One of several types.
#[derive(Clone, Debug, PartialEq)]
pub struct Union {
    /// The property that names the variant; without one the variants are tried in order.
    pub discriminator: Option<String>,
    /// The variants, in the spec's order, or (tried in order) the strictest first
    /// where the spec's order would hide one behind another.
    pub variants: Vec<UnionVariant>,
}

/// A variant of a union.
#[derive(Clone, Debug, PartialEq)]
pub struct UnionVariant {
    /// The Rust name.
    pub ident: Ident,
    /// What it holds.
    pub ty: Type,
    /// Values of the discriminator that choose it, the first one when written; empty
    /// without a discriminator.
    pub tags: Vec<String>,
    /// The docs.
    pub docs: Docs,
}

/// The response of an operation with several success statuses.
#[derive(Clone, Debug, PartialEq)]
pub struct Responses {
    /// One variant a status, in ascending order.
    pub variants: Vec<ResponseVariant>,
}

/// One success status of several.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseVariant {
    /// The status or range of statuses.
    pub status: StatusRange,
    /// The Rust name: `Ok`, `Accepted`, `NoContent`.
    pub ident: Ident,
    /// What it holds; a variant of an empty body is a unit variant.
    pub body: BodyType,
    /// The docs.
    pub docs: Docs,
}

/// A Rust type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `String`.
    String,
    /// `bool`.
    Bool,
    /// `i32`.
    I32,
    /// `i64`.
    I64,
    /// `u32`.
    U32,
    /// `u64`.
    U64,
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// `time::Date`, in JSON `YYYY-MM-DD`.
    Date,
    /// `time::OffsetDateTime`, in JSON RFC 3339.
    DateTime,
    /// `time::OffsetDateTime` that is known to be in UTC, so that the offset may be left out.
    UtcDateTime,
    /// `DateOrDateTime` of the runtime, either of the two.
    DateOrDateTime,
    /// `uuid::Uuid`.
    Uuid,
    /// `File` of the runtime, bytes that a form sends as a file.
    File,
    /// `serde_json::Value`: the spec allows anything.
    Json,
    /// A type of this API.
    Named(Ident),
    /// A generic type of this API with its argument.
    Generic(Ident, Box<Type>),
    /// The type parameter `T`.
    Parameter,
    /// `Vec<_>`.
    List(Box<Type>),
    /// `BTreeMap<String, _>`.
    Map(Box<Type>),
    /// `Option<_>`.
    Option(Box<Type>),
    /// `Box<_>`, where a type would contain itself.
    Boxed(Box<Type>),
}

impl Type {
    /// The type directly inside this one.
    #[must_use]
    pub fn inner(&self) -> Option<&Self> {
        match self {
            Self::Generic(_, inner)
            | Self::List(inner)
            | Self::Map(inner)
            | Self::Option(inner)
            | Self::Boxed(inner) => Some(inner),
            Self::String
            | Self::Bool
            | Self::I32
            | Self::I64
            | Self::U32
            | Self::U64
            | Self::F32
            | Self::F64
            | Self::Date
            | Self::DateTime
            | Self::UtcDateTime
            | Self::DateOrDateTime
            | Self::Uuid
            | Self::File
            | Self::Json
            | Self::Named(_)
            | Self::Parameter => None,
        }
    }

    /// This type and all types inside it, from the outside in.
    pub fn walk(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |ty| ty.inner())
    }

    /// The name of a type of this API.
    #[must_use]
    pub fn ident(&self) -> Option<&Ident> {
        if let Self::Named(ident) | Self::Generic(ident, _) = self {
            Some(ident)
        } else {
            None
        }
    }

    /// Whether a value is written as one text. A [`Type::Named`] is not, whatever its kind.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        self.inner().is_none() && !matches!(self, Self::Json | Self::Named(_) | Self::Parameter)
    }

    /// Whether it is a point in time or a day.
    #[must_use]
    pub fn is_time(&self) -> bool {
        matches!(
            self,
            Self::Date | Self::DateTime | Self::UtcDateTime | Self::DateOrDateTime
        )
    }

    /// The type without `Option`.
    #[must_use]
    pub fn without_option(&self) -> &Self {
        match self {
            Self::Option(inner) => inner,
            ty => ty,
        }
    }

    /// `Option` of this; an `Option` stays as it is.
    #[must_use]
    pub fn optional(self) -> Self {
        match self {
            Self::Option(_) => self,
            ty => Self::Option(Box::new(ty)),
        }
    }
}

impl TypeKind {
    /// The struct, when it is one.
    #[must_use]
    pub fn as_struct(&self) -> Option<&Struct> {
        match self {
            Self::Struct(kind) => Some(kind),
            Self::StringEnum(_) | Self::IntegerEnum(_) | Self::Union(_) | Self::Responses(_) => {
                None
            }
        }
    }

    /// The types that this type directly holds.
    #[must_use]
    pub fn types(&self) -> Vec<&Type> {
        match self {
            Self::Struct(kind) => {
                let fields = kind.fields.iter().map(|field| &field.ty);
                let codes = kind
                    .series
                    .iter()
                    .filter_map(|series| match &series.values {
                        SeriesValues::Codes { ty, .. } => Some(ty),
                        SeriesValues::Items { .. } => None,
                    });
                let additional = kind.additional.iter().map(|(_, ty)| ty);
                fields.chain(additional).chain(codes).collect()
            }
            Self::Union(kind) => kind.variants.iter().map(|variant| &variant.ty).collect(),
            Self::Responses(kind) => {
                let bodies = kind.variants.iter();
                bodies.filter_map(|variant| variant.body.ty()).collect()
            }
            Self::StringEnum(_) | Self::IntegerEnum(_) => Vec::new(),
        }
    }
}

/// One operation: a route, a marker type and a client method.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The variant of `Route` and the name of the marker type: `SandboxListDailySleep`.
    pub route: Ident,
    /// The client method: `list_daily_sleep`, on `Client` or on the twin's view.
    pub method: Ident,
    /// Whether the method is on the twin's view.
    pub is_twin: bool,
    /// The HTTP method, in upper case.
    pub http_method: String,
    /// The path, with `{name}` where an argument goes.
    pub path_template: String,
    /// The spec's `operationId`, or empty.
    pub operation_id: String,
    /// The spec's summary, or empty.
    pub summary: String,
    /// The first tag, or empty.
    pub tag: String,
    /// The credentials that the route takes.
    pub security: RouteSecurity,
    /// The OAuth2 scope that the server requires of an access token.
    pub scope: Option<String>,
    /// Required parameters in the order of the arguments: path (in the order of the
    /// template), query, header, cookie.
    pub arguments: Vec<Parameter>,
    /// Optional parameters, in the spec's order.
    pub setters: Vec<Parameter>,
    /// Field selection: a setter `fields` over a field enum.
    pub selection: Option<Selection>,
    /// The request body.
    pub body: Option<RequestBody>,
    /// The type and the form of the response.
    pub success: BodyType,
    /// The media types that are asked for, the best first.
    pub accept: Vec<String>,
    /// The operation is paged: its response is a [`Page`] and this query parameter takes
    /// the cursor.
    pub cursor_parameter: Option<String>,
    /// The bounds, if the operation is paged and takes two bounds.
    pub range: Option<Range>,
    /// Documented error responses, in ascending order of status.
    pub errors: Vec<ErrorResponse>,
    /// Whether the spec marks it deprecated.
    pub deprecated: bool,
    /// The first line of the docs: what the operation does.
    pub title: String,
    /// The rest of the docs. The notes are the route and its scope.
    pub docs: Docs,
    /// The place of the operation.
    pub origin: Origin,
}

/// The credentials that a route takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RouteSecurity {
    /// The kind of credentials.
    pub auth: Auth,
    /// The names of the security schemes of each alternative; an empty one takes none.
    pub alternatives: Vec<Vec<String>>,
}

/// Which credentials a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Auth {
    /// None.
    None,
    /// `Authorization: Bearer` with an access token.
    Bearer,
    /// The two schemes of [`Security::client`].
    ClientSecret,
    /// Values of other schemes.
    Other,
}

/// A parameter of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Parameter {
    /// The name in the URL or header.
    pub wire_name: String,
    /// The Rust name of the argument or setter.
    pub ident: Ident,
    /// Where it goes.
    pub location: Location,
    /// The type of the value, never `Option`. Lists and objects only with a [`ListStyle`].
    pub ty: Type,
    /// How a value of several parts is written; `None` for a single text.
    pub list: Option<ListStyle>,
    /// Whether the spec marks it deprecated.
    pub deprecated: bool,
    /// The docs.
    pub docs: Docs,
}

/// An optional parameter that several operations take in the same way: one setter for requests
/// of all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedParameter {
    /// The trait of the operations that take it.
    pub ident: Ident,
    /// The parameter.
    pub parameter: Parameter,
    /// Whether it selects fields: each operation has a field enum.
    pub is_selection: bool,
    /// The operations, sorted.
    pub routes: Vec<Ident>,
}

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Location {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
    /// In the `Cookie` header.
    Cookie,
}

impl Location {
    /// The place as OpenAPI spells it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }
}

/// How a value of several parts is written: the elements of a list, the members of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListStyle {
    /// `a=1&a=2` (`form` with `explode`).
    Repeat,
    /// `a=1,2` (`form` without `explode`; `simple`).
    Comma,
    /// `a=1%202` (`spaceDelimited`).
    Space,
    /// `a=1|2` (`pipeDelimited`).
    Pipe,
    /// `a[b]=1` (`deepObject`).
    Deep,
    /// JSON (`content`).
    Json,
}

/// Field selection of an operation whose response is a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// The query parameter that takes the field names, separated by commas.
    pub parameter: Parameter,
    /// The field enum: `DailySleepField`.
    pub field_enum: Ident,
    /// The generic page type: the response is `Page<Partial<FieldEnum>>`.
    pub page: Ident,
}

impl Selection {
    /// The type of a field's name.
    #[must_use]
    pub fn field_type(&self) -> Type {
        Type::Named(self.field_enum.clone())
    }
}

/// Two optional query parameters that bound a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// The parameter of the lower bound.
    pub start: String,
    /// The parameter of the upper bound.
    pub end: String,
    /// The type of both.
    pub bound: Type,
    /// The flag that asks for the last document of the range alone, where there is one.
    pub latest: Option<String>,
}

/// A request body.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestBody {
    /// What is sent.
    pub body: BodyType,
    /// How a value of [`BodyType::Json`] is written.
    pub form: BodyForm,
    /// The media type that is sent.
    pub media_type: String,
    /// Whether it is required: an argument `body`, otherwise a setter `body`.
    pub required: bool,
    /// The docs.
    pub docs: Docs,
}

/// How a value is written in a request body.
#[derive(Clone, Debug, PartialEq)]
pub enum BodyForm {
    /// As its [`BodyType`] says.
    Plain,
    /// URL-encoded pairs, with the properties that are not written in the usual style.
    UrlEncoded(Vec<(String, ListStyle)>),
    /// A part for each field of a struct.
    Multipart,
}

/// The form and type of a body.
#[derive(Clone, Debug, PartialEq)]
pub enum BodyType {
    /// No body: `()`.
    Empty,
    /// A value of a type, in JSON or in a [`BodyForm`].
    Json(Type),
    /// Text: `String`, with its media type.
    Text(String),
    /// Bytes: `bytes::Bytes`, with its media type.
    Binary(String),
    /// A type of kind [`TypeKind::Responses`].
    Several(Ident),
}

impl BodyType {
    /// The type of a JSON body.
    #[must_use]
    pub fn ty(&self) -> Option<&Type> {
        match self {
            Self::Json(ty) => Some(ty),
            Self::Empty | Self::Text(_) | Self::Binary(_) | Self::Several(_) => None,
        }
    }
}

/// A documented error response.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ErrorResponse {
    /// The status.
    pub status: StatusRange,
    /// The spec's description of it.
    pub description: String,
}

/// One status or a range of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatusRange {
    /// `200`.
    Code(u16),
    /// `4XX`, as its first digit.
    Class(u8),
    /// `default`.
    Default,
}
