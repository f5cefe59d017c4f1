//! The keyword table: which keywords OpenAPI 3.0 and 3.1 allow in each kind of object, and what
//! happens to them.
//!
//! The extensions that this generator reads, `x-rust-..`, are in the table too; those of
//! others may be used anywhere. The table is data. Normalization walks a spec along it, the test
//! of what openapiv3 loses compares along it, and a test spec that uses every keyword is
//! generated from it. A keyword in no table is an error.

use self::Required::{Always, In3_0};
use self::Shape::*;
use self::Usage::{Aside, Ignored, Unsupported};
use super::tree::is_empty;
use crate::document::{Node, Value};

/// A kind of object that a spec is made of.
#[derive(Debug)]
pub(super) struct ObjectKind {
    /// Its name in messages, with its article: `an operation`.
    pub(super) name: &'static str,
    /// The section of `components` that references to it point into.
    pub(super) section: Option<&'static str>,
    /// The names that it gives a meaning.
    pub(super) keywords: &'static [Keyword],
    /// The kind whose keywords it has as well.
    pub(super) extends: Option<&'static ObjectKind>,
    /// What all other names are; with `None` they are errors.
    pub(super) names: Option<(NamePattern, Shape)>,
    /// The kinds it is one of, by the value of a keyword.
    pub(super) variants: Option<Variants>,
    /// Keywords of which exactly one is given.
    pub(super) exactly_one: &'static [&'static str],
}

/// A keyword, and the kind for each of its values.
pub(super) type Variants = (&'static str, &'static [(&'static str, &'static ObjectKind)]);

/// Names that a spec chooses within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NamePattern {
    /// A path template: it starts with `/`.
    Path,
    /// A status code or a range of them: `404`, `4XX`.
    Status,
}

/// A name with a meaning.
#[derive(Debug)]
pub(super) struct Keyword {
    /// The name.
    pub(super) name: &'static str,
    /// The values that it takes.
    pub(super) shape: Shape,
    /// What becomes of it.
    pub(super) usage: Usage,
    /// Where the object is wrong without it.
    pub(super) required: Required,
    /// Whether `false`, an empty list or object, or (where the keyword takes any value) null
    /// means the same as no value. openapiv3 drops such values.
    pub(super) droppable: bool,
    /// The types of values that it constrains, for the keywords of schemas that constrain
    /// some only.
    pub(super) types: &'static [&'static str],
}

/// Where an object is wrong without a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Required {
    /// Nowhere.
    Never,
    /// In OpenAPI 3.0. In 3.1 its absence means an empty object.
    In3_0,
    /// Everywhere.
    Always,
}

/// What becomes of a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Usage {
    /// It stays as it is, or is converted to keywords of OpenAPI 3.0.
    Read,
    /// OpenAPI 3.0 cannot say it and the SDK does not need it, for this reason: it is kept
    /// as an extension of the same name, `x-contains`.
    Aside(&'static str),
    /// It stays, but has no effect on the SDK, for this reason. openapiv3 may drop it.
    Ignored(&'static str),
    /// It is an error, with this advice.
    Unsupported(&'static str),
}

/// The values that a keyword takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Anything, kept as it is.
    Any,
    /// A string.
    Text,
    /// A string that can be the name of a header or cookie.
    Token,
    /// A string of a set.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// An integer that is not negative.
    Size,
    /// A number, or `true` or `false` beside the other bound.
    Bound,
    /// A type's name or a list of them.
    Types,
    /// A schema's name or a reference to it.
    SchemaName,
    /// A reference to a schema.
    SchemaRef,
    /// A list with elements of a shape.
    List(&'static Shape),
    /// A list with at least one element of a shape.
    Filled(&'static Shape),
    /// An object whose names the spec chooses.
    Map(&'static Shape),
    /// An object of a kind.
    Object(&'static ObjectKind),
    /// An object of a kind or a reference to one.
    RefOr(&'static ObjectKind),
    /// An object of a kind or a reference to one, which is replaced by what it points at.
    Inlined(&'static ObjectKind),
    /// A schema or a reference to one.
    Schema,
    /// A schema, a reference to one, or `true` or `false`.
    SchemaOrBool,
}

impl ObjectKind {
    /// The entry of a name, also among the keywords that it has from another kind.
    pub(super) fn keyword(&self, name: &str) -> Option<&'static Keyword> {
        let own = self.keywords.iter().find(|keyword| keyword.name == name);
        own.or_else(|| self.extends.and_then(|kind| kind.keyword(name)))
    }

    /// All entries. Its own replace those that it has from another kind.
    pub(super) fn all_keywords(&self) -> impl Iterator<Item = &'static Keyword> {
        let own = self.keywords;
        let shared = self.extends.map_or(&[][..], |kind| kind.keywords).iter();
        let is_new = |keyword: &&Keyword| own.iter().all(|one| one.name != keyword.name);
        own.iter().chain(shared.filter(is_new))
    }

    /// The values of a member of a name.
    pub(super) fn shape(&self, name: &str) -> Option<Shape> {
        let named = self.names.filter(|(names, _)| names.accepts(name));
        let keyword = self.keyword(name).map(|keyword| keyword.shape);
        keyword.or(named.map(|(_, shape)| shape))
    }

    /// The variant of this kind that an object is, by the value of the keyword for variants.
    pub(super) fn variant(&'static self, node: &Node) -> &'static Self {
        let Some((keyword, kinds)) = self.variants else {
            return self;
        };
        let value = node.get(keyword).and_then(Node::as_str);
        let kind = kinds.iter().find(|(word, _)| Some(*word) == value);
        kind.map_or(self, |(_, kind)| kind)
    }
}

impl NamePattern {
    /// Whether a name fits.
    pub(super) fn accepts(self, name: &str) -> bool {
        match (self, name.as_bytes()) {
            (Self::Path, [b'/', ..]) => true,
            (Self::Status, [b'1'..=b'5', b'X', b'X']) => true,
            (Self::Status, [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9']) => true,
            (Self::Path | Self::Status, _) => false,
        }
    }

    /// What such a name is, for messages.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Path => "a path, which starts with `/`",
            Self::Status => "`default`, a status code such as `404` or a range such as `4XX`",
        }
    }
}

impl Keyword {
    /// Whether a value means the same as no value.
    pub(super) fn says_nothing(&self, value: &Value) -> bool {
        self.droppable
            && match self.shape {
                Any => *value == Value::Null,
                Bool | Bound => *value == Value::Bool(false),
                _ => is_empty(value),
            }
    }
}

impl Shape {
    /// The kind of object that such a value is.
    pub(super) fn kind(&self) -> Option<&'static ObjectKind> {
        match self {
            Object(kind) | RefOr(kind) | Inlined(kind) => Some(kind),
            Schema | SchemaOrBool => Some(&SCHEMA),
            _ => None,
        }
    }

    /// The values of a member or an element of `node`, which has this shape: `None` where there
    /// is no such place.
    pub(super) fn below(self, node: &Node, key: &str) -> Option<Shape> {
        match self {
            Map(shape) | List(shape) | Filled(shape) => Some(*shape),
            _ => self.kind()?.variant(node).shape(key),
        }
    }

    /// What such a value is, for messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Any => "any value".into(),
            Text => "a string".into(),
            Token => "a token, such as `X-Name` or `session_id`".into(),
            Word(words) => format!("one of {}", words.join(", ")),
            Bool => "`true` or `false`".into(),
            Number => "a number".into(),
            Size => "an integer that is not negative".into(),
            Bound => "a number, or `true` or `false`".into(),
            Types => format!("one of {} or an array of them", TYPE_NAMES.join(", ")),
            SchemaName => "the name of a schema".into(),
            SchemaRef => "a reference such as `#/components/schemas/Name`".into(),
            List(_) => "an array".into(),
            Filled(_) => "an array with at least one element".into(),
            Map(_) => "an object".into(),
            Object(kind) | RefOr(kind) | Inlined(kind) => {
                format!("{}, which is an object", kind.name)
            }
            Schema => "a schema, which is an object".into(),
            SchemaOrBool => "a schema, `true` or `false`".into(),
        }
    }
}

/// The keywords of schemas whose values are bounds of numbers.
pub(super) const BOUNDS: &[&str] = &[
    "minimum",
    "maximum",
    "multipleOf",
    "exclusiveMinimum",
    "exclusiveMaximum",
];

/// The prefix of the extensions of this generator: one that is not in the table is an error.
pub(super) const OURS: &str = "x-rust-";

/// The extension that keeps a keyword which OpenAPI 3.0 does not have.
pub(super) fn aside_name(keyword: &str) -> String {
    format!("x-{}", keyword.trim_start_matches('$'))
}

/// The names that `type` takes in a schema, in 3.1 also as a list.
pub(super) const TYPE_NAMES: &[&str] = &[
    "string", "integer", "number", "boolean", "array", "object", "null",
];

/// Rows of keywords: the name, the values that it takes, and what else holds for it.
macro_rules! kinds {
    ($($(#[$docs:meta])* $vis:vis $kind:ident = $title:literal $(, $field:ident: $value:expr)* => {
        $($name:literal: $shape:expr $(, $set:ident: $to:expr)*;)*
    })*) => {$(
        $(#[$docs])*
        $vis static $kind: ObjectKind = ObjectKind {
            name: $title,
            keywords: &[$(Keyword { $($set: $to,)* ..read($name, $shape) }),*],
            $($field: $value,)*
            ..PLAIN
        };
    )*};
}

const fn read(name: &'static str, shape: Shape) -> Keyword {
    Keyword {
        name,
        shape,
        usage: Usage::Read,
        required: Required::Never,
        droppable: false,
        types: &[],
    }
}

const PLAIN: ObjectKind = ObjectKind {
    name: "",
    section: None,
    keywords: &[],
    extends: None,
    names: None,
    variants: None,
    exactly_one: &[],
};

const STRINGS: Shape = List(&Text);
const SECURITY: Shape = List(&Map(&STRINGS));
const STYLES: &[&str] = &["form", "spaceDelimited", "pipeDelimited", "deepObject"];
const NUMBERS: &[&str] = &["integer", "number"];
const SCHEMA_OR_CONTENT: &[&str] = &["schema", "content"];

/// The type of the schemes that 3.0 does not know.
pub(super) const MUTUAL_TLS: &str = "mutualTLS";

const INBOUND: &str = "the API sends these requests; a client receives none";
const NO_PLACE: &str = "OpenAPI 3.0 has no place for it, and no code depends on it";
const NOT_VALIDATED: &str =
    "it restricts values without changing their shape, and the SDK does not validate";
const ANY_DIALECT: &str = "a keyword that the table does not know is an error in any dialect";
const QUERY_ONLY: &str = "it applies to query parameters only";
const RAW_HEADER: &str = "response headers are handed over as they came";
const TUPLE: &str = "tuples have no type; add `items` with an overlay action";
const CONDITION: &str = "conditions have no type; use `oneOf` or `anyOf` with an overlay action";
const REFERRED: &str = "those that are referred to are components too";
const LOCAL: &str = "move the schemas to `components/schemas`";
const DYNAMIC: &str = "refer to the schema with `$ref`";

kinds! {
    /// The spec itself.
    pub(super) DOCUMENT = "the spec" => {
        "openapi": Text, required: Always;
        "info": Object(&INFO), required: Always;
        "servers": List(&Object(&SERVER)), droppable: true;
        "paths": Object(&PATHS), required: In3_0;
        "components": Object(&COMPONENTS);
        "security": SECURITY;
        "tags": List(&Object(&TAG)), droppable: true;
        "externalDocs": Object(&EXTERNAL_DOCS);
        "webhooks": Map(&Any), usage: Aside(INBOUND);
        "jsonSchemaDialect": Text, usage: Aside(ANY_DIALECT);
    }

    pub(super) INFO = "the info object" => {
        "title": Text, required: Always;
        "description": Text;
        "termsOfService": Text;
        "contact": Object(&CONTACT);
        "license": Object(&LICENSE);
        "version": Text, required: Always;
        "summary": Text, usage: Aside(NO_PLACE);
    }

    CONTACT = "a contact" => {
        "name": Text;
        "url": Text;
        "email": Text;
    }

    LICENSE = "a license" => {
        "name": Text, required: Always;
        "url": Text;
        "identifier": Text, usage: Aside(NO_PLACE);
    }

    SERVER = "a server" => {
        "url": Text, required: Always;
        "description": Text;
        "variables": Map(&Object(&SERVER_VARIABLE));
    }

    SERVER_VARIABLE = "a server variable" => {
        "enum": STRINGS, droppable: true;
        "default": Text, required: Always;
        "description": Text;
    }

    TAG = "a tag" => {
        "name": Text, required: Always;
        "description": Text;
        "externalDocs": Object(&EXTERNAL_DOCS);
    }

    EXTERNAL_DOCS = "an external documentation object" => {
        "description": Text;
        "url": Text, required: Always;
    }

    COMPONENTS = "the components object" => {
        "schemas": Map(&Schema), droppable: true;
        "responses": Map(&RefOr(&RESPONSE)), droppable: true;
        "parameters": Map(&RefOr(&PARAMETER)), droppable: true;
        "examples": Map(&RefOr(&EXAMPLE)), droppable: true;
        "requestBodies": Map(&RefOr(&REQUEST_BODY)), droppable: true;
        "headers": Map(&RefOr(&HEADER)), droppable: true;
        "securitySchemes": Map(&RefOr(&SECURITY_SCHEME)), droppable: true;
        "links": Map(&RefOr(&LINK)), droppable: true;
        "callbacks": Map(&Any), usage: Aside(INBOUND);
        "pathItems": Map(&Any), usage: Aside("paths that refer to them hold copies");
    }

    PATHS = "the paths object", names: Some((NamePattern::Path, Inlined(&PATH_ITEM))) => {}

    /// A path with its operations.
    pub(super) PATH_ITEM = "a path item", section: Some("pathItems") => {
        "summary": Text;
        "description": Text;
        "get": Object(&OPERATION);
        "put": Object(&OPERATION);
        "post": Object(&OPERATION);
        "delete": Object(&OPERATION);
        "options": Object(&OPERATION);
        "head": Object(&OPERATION);
        "patch": Object(&OPERATION);
        "trace": Object(&OPERATION);
        "parameters": List(&RefOr(&PARAMETER)), droppable: true;
        "servers": List(&Object(&SERVER)), droppable: true;
    }

    OPERATION = "an operation" => {
        "tags": STRINGS, droppable: true;
        "summary": Text;
        "description": Text;
        "externalDocs": Object(&EXTERNAL_DOCS);
        "operationId": Text;
        "parameters": List(&RefOr(&PARAMETER)), droppable: true;
        "requestBody": RefOr(&REQUEST_BODY);
        "x-rust-name": Text;
        "x-rust-scope": Text;
        "responses": Object(&RESPONSES), required: In3_0;
        "deprecated": Bool, droppable: true;
        "security": SECURITY;
        "callbacks": Map(&Any), usage: Aside(INBOUND);
        "servers": List(&Object(&SERVER)), droppable: true;
    }

    /// A parameter: one of four kinds, by `in`.
    pub(super) PARAMETER = "a parameter",
        section: Some("parameters"), variants: Some(("in", &[
            ("query", &QUERY_PARAMETER), ("path", &PATH_PARAMETER),
            ("header", &HEADER_PARAMETER), ("cookie", &COOKIE_PARAMETER),
        ])),
        exactly_one: SCHEMA_OR_CONTENT => {
        "name": Text, required: Always;
        "in": Word(&["query", "path", "header", "cookie"]), required: Always;
        "description": Text;
        "required": Bool, droppable: true;
        "deprecated": Bool;
        "schema": Schema;
        "content": Map(&Object(&MEDIA_TYPE));
        "example": Any, droppable: true;
        "examples": Map(&RefOr(&EXAMPLE)), droppable: true;
        "explode": Bool;
        "x-rust-name": Text;
        "x-rust-field-selection": Bool;
    }

    QUERY_PARAMETER = "a query parameter",
        extends: Some(&PARAMETER), exactly_one: SCHEMA_OR_CONTENT => {
        "style": Word(STYLES);
        "allowReserved": Bool, droppable: true;
        "allowEmptyValue": Bool;
    }

    PATH_PARAMETER = "a path parameter",
        extends: Some(&PARAMETER), exactly_one: SCHEMA_OR_CONTENT => {
        "style": Word(&["simple", "label", "matrix"]);
        "allowReserved": Bool, usage: Ignored(QUERY_ONLY);
        "allowEmptyValue": Bool, usage: Ignored(QUERY_ONLY);
    }

    HEADER_PARAMETER = "a header parameter",
        extends: Some(&PARAMETER), exactly_one: SCHEMA_OR_CONTENT => {
        "name": Token, required: Always;
        "style": Word(&["simple"]);
        "allowReserved": Bool, usage: Ignored(QUERY_ONLY);
        "allowEmptyValue": Bool, usage: Ignored(QUERY_ONLY);
    }

    COOKIE_PARAMETER = "a cookie parameter",
        extends: Some(&PARAMETER), exactly_one: SCHEMA_OR_CONTENT => {
        "name": Token, required: Always;
        "style": Word(&["form"]);
        "allowReserved": Bool, usage: Ignored(QUERY_ONLY);
        "allowEmptyValue": Bool, usage: Ignored(QUERY_ONLY);
    }

    REQUEST_BODY = "a request body", section: Some("requestBodies") => {
        "description": Text;
        "content": Map(&Object(&MEDIA_TYPE)), droppable: true, required: Always;
        "required": Bool, droppable: true;
    }

    MEDIA_TYPE = "a media type" => {
        "schema": Schema;
        "example": Any, droppable: true;
        "examples": Map(&RefOr(&EXAMPLE)), droppable: true;
        "encoding": Map(&Object(&ENCODING)), droppable: true;
    }

    ENCODING = "an encoding" => {
        "contentType": Text;
        "headers": Map(&RefOr(&HEADER)), droppable: true;
        "style": Word(STYLES);
        // openapiv3 takes an absent one for `false`: lowering reads the tree.
        "explode": Bool;
        "allowReserved": Bool, droppable: true;
    }

    RESPONSES = "a responses object", names: Some((NamePattern::Status, RefOr(&RESPONSE))) => {
        "default": RefOr(&RESPONSE);
    }

    pub(super) RESPONSE = "a response", section: Some("responses") => {
        "description": Text, required: Always;
        "headers": Map(&RefOr(&HEADER)), droppable: true;
        "content": Map(&Object(&MEDIA_TYPE)), droppable: true;
        "links": Map(&RefOr(&LINK)), droppable: true;
    }

    HEADER = "a header", section: Some("headers"), exactly_one: SCHEMA_OR_CONTENT => {
        "description": Text;
        "required": Bool, droppable: true;
        "deprecated": Bool;
        "schema": Schema;
        "content": Map(&Object(&MEDIA_TYPE));
        "style": Word(&["simple"]);
        "example": Any, droppable: true;
        "examples": Map(&RefOr(&EXAMPLE)), droppable: true;
        "explode": Bool, usage: Ignored(RAW_HEADER);
        "allowReserved": Bool, usage: Ignored(QUERY_ONLY);
        "allowEmptyValue": Bool, usage: Ignored(QUERY_ONLY);
    }

    EXAMPLE = "an example", section: Some("examples") => {
        "summary": Text;
        "description": Text;
        "value": Any, droppable: true;
        "externalValue": Text;
    }

    LINK = "a link", section: Some("links"), exactly_one: &["operationRef", "operationId"] => {
        "operationRef": Text;
        "operationId": Text;
        "parameters": Map(&Any), droppable: true;
        "requestBody": Any, droppable: true;
        "description": Text;
        "server": Object(&SERVER);
    }

    /// A security scheme: one of five kinds, by `type`.
    SECURITY_SCHEME = "a security scheme",
        section: Some("securitySchemes"), variants: Some(("type", &[
            ("apiKey", &API_KEY_SCHEME), ("http", &HTTP_SCHEME),
            ("oauth2", &OAUTH2_SCHEME), ("openIdConnect", &OPEN_ID_SCHEME),
        ])) => {
        "type": Word(&["apiKey", "http", "oauth2", "openIdConnect", MUTUAL_TLS]), required: Always;
        "description": Text;
    }

    API_KEY_SCHEME = "an API key scheme", extends: Some(&SECURITY_SCHEME) => {
        "name": Text, required: Always;
        "in": Word(&["query", "header", "cookie"]), required: Always;
    }

    HTTP_SCHEME = "an HTTP scheme", extends: Some(&SECURITY_SCHEME) => {
        "scheme": Text, required: Always;
        "bearerFormat": Text;
    }

    OAUTH2_SCHEME = "an OAuth2 scheme", extends: Some(&SECURITY_SCHEME) => {
        "flows": Object(&FLOWS), required: Always;
    }

    OPEN_ID_SCHEME = "an OpenID Connect scheme", extends: Some(&SECURITY_SCHEME) => {
        "openIdConnectUrl": Text, required: Always;
    }

    FLOWS = "an OAuth flows object" => {
        "implicit": Object(&IMPLICIT_FLOW);
        "password": Object(&PASSWORD_FLOW);
        "clientCredentials": Object(&CREDENTIALS_FLOW);
        "authorizationCode": Object(&CODE_FLOW);
    }

    IMPLICIT_FLOW = "an implicit flow" => {
        "authorizationUrl": Text, required: Always;
        "refreshUrl": Text;
        "scopes": Map(&Text), required: Always;
        "tokenUrl": Text, usage: Ignored("an implicit flow requests no token");
    }

    PASSWORD_FLOW = "a password flow", extends: Some(&TOKEN_FLOW) => {}

    CREDENTIALS_FLOW = "a client credentials flow", extends: Some(&TOKEN_FLOW) => {}

    TOKEN_FLOW = "a flow" => {
        "tokenUrl": Text, required: Always;
        "refreshUrl": Text;
        "scopes": Map(&Text), required: Always;
        "authorizationUrl": Text, usage: Ignored("nobody is sent to a page");
    }

    CODE_FLOW = "an authorization code flow" => {
        "authorizationUrl": Text, required: Always;
        "tokenUrl": Text, required: Always;
        "refreshUrl": Text;
        "scopes": Map(&Text), required: Always;
    }

    /// A schema or a reference to one.
    pub(super) SCHEMA = "a schema", section: Some("schemas") => {
        "$ref": SchemaRef;
        "type": Types;
        "title": Text;
        "description": Text;
        "format": Text, types: &["string", "integer", "number"];
        "nullable": Bool, droppable: true;
        "anyOf": Filled(&Schema);
        "enum": Filled(&Any);
        "properties": Map(&Schema), droppable: true, types: &["object"];
        "required": STRINGS, droppable: true, types: &["object"];
        "items": Schema, types: &["array"];
        "default": Any, droppable: true;
        "example": Any, droppable: true;
        "additionalProperties": SchemaOrBool, types: &["object"];
        "allOf": Filled(&Schema);
        "oneOf": Filled(&Schema);
        "discriminator": Object(&DISCRIMINATOR);
        "deprecated": Bool, droppable: true;
        "readOnly": Bool, droppable: true;
        "writeOnly": Bool, droppable: true;
        "externalDocs": Object(&EXTERNAL_DOCS);
        "minLength": Size, types: &["string"];
        "maxLength": Size, types: &["string"];
        "pattern": Text, types: &["string"];
        "minimum": Number, types: NUMBERS;
        "maximum": Number, types: NUMBERS;
        "multipleOf": Number, types: NUMBERS;
        "exclusiveMinimum": Bound, droppable: true, types: NUMBERS;
        "exclusiveMaximum": Bound, droppable: true, types: NUMBERS;
        "minItems": Size, types: &["array"];
        "maxItems": Size, types: &["array"];
        "uniqueItems": Bool, droppable: true, types: &["array"];
        "minProperties": Size, types: &["object"];
        "maxProperties": Size, types: &["object"];
        "xml": Object(&XML), usage: Ignored("the SDK speaks JSON");
        "x-rust-name": Text;
        "x-rust-type": Text;
        "x-rust-names": Map(&Text);
        "x-rust-utc": Bool, droppable: true, types: &["string"];
        "x-rust-series": Object(&SERIES);
        "x-rust-codes": Object(&CODES);
        "const": Any;
        "examples": List(&Any);
        "contentEncoding": Text;
        "contentMediaType": Text;
        "contentSchema": Any, usage: Aside("on the wire the value is a string");
        "$comment": Text, usage: Aside("it speaks to the authors of the spec");
        "$schema": Text, usage: Aside(ANY_DIALECT);
        "$anchor": Text, usage: Aside("a reference to it is an error");
        "not": Any, usage: Aside(NOT_VALIDATED);
        "contains": Any, usage: Aside(NOT_VALIDATED);
        "minContains": Size, usage: Aside(NOT_VALIDATED);
        "maxContains": Size, usage: Aside(NOT_VALIDATED);
        "propertyNames": Any, usage: Aside(NOT_VALIDATED);
        "dependentRequired": Map(&STRINGS), usage: Aside(NOT_VALIDATED);
        "unevaluatedProperties": SchemaOrBool;
        "unevaluatedItems": Bool, usage: Aside(NOT_VALIDATED);
        "prefixItems": Any, usage: Unsupported(TUPLE);
        "additionalItems": Any, usage: Unsupported(TUPLE);
        "patternProperties": Any,
            usage: Unsupported("use `additionalProperties` with an overlay action");
        "dependentSchemas": Any, usage: Unsupported(CONDITION);
        "dependencies": Any, usage: Unsupported(CONDITION);
        "if": Any, usage: Unsupported(CONDITION);
        "then": Any, usage: Unsupported(CONDITION);
        "else": Any, usage: Unsupported(CONDITION);
        "$defs": Map(&Schema), usage: Aside(REFERRED);
        "definitions": Map(&Schema), usage: Aside(REFERRED);
        "$id": Any, usage: Unsupported(LOCAL);
        "$vocabulary": Any, usage: Unsupported("use the vocabularies of OpenAPI");
        "$dynamicRef": Any, usage: Unsupported(DYNAMIC);
        "$dynamicAnchor": Any, usage: Unsupported(DYNAMIC);
        "$recursiveRef": Any, usage: Unsupported(DYNAMIC);
        "$recursiveAnchor": Any, usage: Unsupported(DYNAMIC);
    }

    /// The mark of an object whose values lie at regular intervals.
    SERIES = "a series" => {
        "start": Text, required: Always;
        "every": Text, required: Always;
        "items": Text, required: Always;
    }

    /// The mark of a text whose characters are codes at regular intervals.
    CODES = "a text of codes" => {
        "name": Text, required: Always;
        "start": Text, required: Always;
        "every": Number, required: Always;
        "codes": Map(&Text), required: Always;
    }

    DISCRIMINATOR = "a discriminator" => {
        "propertyName": Text, required: Always;
        "mapping": Map(&SchemaName), droppable: true;
    }

    XML = "an XML object" => {
        "name": Text;
        "namespace": Text;
        "prefix": Text;
        "attribute": Bool, droppable: true;
        "wrapped": Bool, droppable: true;
    }
}
