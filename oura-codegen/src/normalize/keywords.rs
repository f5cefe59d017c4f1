//! The keyword table: what OpenAPI 3.0 and 3.1 let each kind of object say, and what
//! becomes of it.
//!
//! The extensions that this generator reads, `x-rust-..`, are in the table too; those of
//! others may stand anywhere. The table is data. Normalization walks a document along it, the test of what openapiv3
//! loses compares along it, and a test document that uses every keyword is generated from
//! it. A keyword in no table is an error.

use super::tree::is_empty;
use crate::document::Value;

/// A kind of object that a document is made of.
#[derive(Debug)]
pub(super) struct ObjectKind {
    /// What messages call it, with its article: `an operation`.
    pub(super) name: &'static str,
    /// The section of `components` that references to it point into.
    pub(super) section: Option<&'static str>,
    /// The names that it gives a meaning.
    pub(super) keywords: &'static [Keyword],
    /// The kind whose keywords it has as well.
    pub(super) extends: Option<&'static ObjectKind>,
    /// What all other names are; `None`: errors.
    pub(super) names: Option<(NamePattern, Shape)>,
    /// The kinds it is one of, by the value of a keyword.
    pub(super) variants: Option<Variants>,
    /// Keywords of which exactly one is given.
    pub(super) exactly_one: &'static [&'static str],
}

/// The kinds that the value of a keyword tells apart.
#[derive(Debug)]
pub(super) struct Variants {
    /// The keyword.
    pub(super) keyword: &'static str,
    /// Its values.
    pub(super) kinds: &'static [(&'static str, &'static ObjectKind)],
}

/// Names that a document chooses within bounds.
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
    /// The value that means the same as no value. openapiv3 drops such values.
    pub(super) absent: Absent,
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
    /// It stays as it is.
    Read,
    /// It is put into the words of OpenAPI 3.0: the same keyword or another one.
    Converted,
    /// OpenAPI 3.0 cannot say it and the SDK does not need it, for this reason: it is kept
    /// as an extension of the same name, `x-contains`.
    Aside(&'static str),
    /// It stays, but has no effect on the SDK, for this reason. openapiv3 may drop it.
    Ignored(&'static str),
    /// It is an error, with this advice.
    Unsupported(&'static str),
}

/// A value that means the same as no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    /// There is none.
    Never,
    /// `false`.
    False,
    /// The empty list or object.
    Empty,
    /// `null`: a default or an example that says nothing.
    Null,
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
    /// An object whose names the document chooses.
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

    /// The kind that an object of this kind is, by the value of the telling keyword.
    pub(super) fn variant<'a>(
        &'static self,
        value: impl FnOnce(&str) -> Option<&'a str>,
    ) -> &'static Self {
        let Some(Variants { keyword, kinds }) = &self.variants else {
            return self;
        };
        let value = value(keyword);
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
    const fn required(mut self) -> Self {
        self.required = Required::Always;
        self
    }

    const fn required_in_3_0(mut self) -> Self {
        self.required = Required::In3_0;
        self
    }

    const fn absent(mut self, absent: Absent) -> Self {
        self.absent = absent;
        self
    }

    const fn of(mut self, types: &'static [&'static str]) -> Self {
        self.types = types;
        self
    }
}

impl Absent {
    /// Whether a value means the same as no value.
    pub(super) fn accepts(self, value: &Value) -> bool {
        match self {
            Self::Never => false,
            Self::False => *value == Value::Bool(false),
            Self::Empty => is_empty(value),
            Self::Null => *value == Value::Null,
        }
    }
}

impl Shape {
    /// What such a value is, for messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Any => "any value".into(),
            Self::Text => "a string".into(),
            Self::Token => "a token, such as `X-Name` or `session_id`".into(),
            Self::Word(words) => format!("one of {}", words.join(", ")),
            Self::Bool => "`true` or `false`".into(),
            Self::Number => "a number".into(),
            Self::Size => "an integer that is not negative".into(),
            Self::Bound => "a number, or `true` or `false`".into(),
            Self::Types => format!("one of {} or an array of them", TYPE_NAMES.join(", ")),
            Self::SchemaName => "the name of a schema".into(),
            Self::SchemaRef => "a reference such as `#/components/schemas/Name`".into(),
            Self::List(_) => "an array".into(),
            Self::Filled(_) => "an array with at least one element".into(),
            Self::Map(_) => "an object".into(),
            Self::Object(kind) | Self::RefOr(kind) | Self::Inlined(kind) => {
                format!("{}, which is an object", kind.name)
            }
            Self::Schema => "a schema, which is an object".into(),
            Self::SchemaOrBool => "a schema, `true` or `false`".into(),
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

/// How the extensions begin that are ours: one that is not in the table is an error.
pub(super) const OURS: &str = "x-rust-";

/// The extension that keeps a keyword which OpenAPI 3.0 does not have.
pub(super) fn aside_name(keyword: &str) -> String {
    format!("x-{}", keyword.trim_start_matches('$'))
}

/// The names that `type` takes in a schema, in 3.1 also as a list.
pub(super) const TYPE_NAMES: &[&str] = &[
    "string", "integer", "number", "boolean", "array", "object", "null",
];

const fn keyword(name: &'static str, shape: Shape, usage: Usage) -> Keyword {
    Keyword {
        name,
        shape,
        usage,
        required: Required::Never,
        absent: Absent::Never,
        types: &[],
    }
}

const fn read(name: &'static str, shape: Shape) -> Keyword {
    keyword(name, shape, Usage::Read)
}

/// A boolean whose absence means `false`.
const fn flag(name: &'static str) -> Keyword {
    read(name, Shape::Bool).absent(Absent::False)
}

/// A list or object whose absence means that it is empty.
const fn several(name: &'static str, shape: Shape) -> Keyword {
    read(name, shape).absent(Absent::Empty)
}

const fn converted(name: &'static str, shape: Shape) -> Keyword {
    keyword(name, shape, Usage::Converted)
}

const fn aside(name: &'static str, shape: Shape, reason: &'static str) -> Keyword {
    keyword(name, shape, Usage::Aside(reason))
}

const fn ignored(name: &'static str, shape: Shape, reason: &'static str) -> Keyword {
    keyword(name, shape, Usage::Ignored(reason))
}

const fn unsupported(name: &'static str, advice: &'static str) -> Keyword {
    keyword(name, Shape::Any, Usage::Unsupported(advice))
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

const STRINGS: Shape = Shape::List(&Shape::Text);
const SECURITY: Shape = Shape::List(&Shape::Map(&STRINGS));

const INBOUND: &str = "the API sends these requests; a client receives none";
const NO_PLACE: &str = "OpenAPI 3.0 has no place for it, and no code depends on it";
const NOT_VALIDATED: &str =
    "it restricts values without changing their shape, and the SDK does not validate";
const QUERY_ONLY: &str = "it applies to query parameters only";
const RAW_HEADER: &str = "response headers are handed over as they came";

/// The document itself.
pub(super) static DOCUMENT: ObjectKind = ObjectKind {
    name: "the document",
    keywords: &[
        converted("openapi", Shape::Text).required(),
        read("info", Shape::Object(&INFO)).required(),
        several("servers", Shape::List(&Shape::Object(&SERVER))),
        read("paths", Shape::Object(&PATHS)).required_in_3_0(),
        read("components", Shape::Object(&COMPONENTS)),
        read("security", SECURITY),
        several("tags", Shape::List(&Shape::Object(&TAG))),
        read("externalDocs", Shape::Object(&EXTERNAL_DOCS)),
        aside("webhooks", Shape::Map(&Shape::Any), INBOUND),
        aside(
            "jsonSchemaDialect",
            Shape::Text,
            "a keyword that the table does not know is an error in any dialect",
        ),
    ],
    ..PLAIN
};

static INFO: ObjectKind = ObjectKind {
    name: "the info object",
    keywords: &[
        read("title", Shape::Text).required(),
        read("description", Shape::Text),
        read("termsOfService", Shape::Text),
        read("contact", Shape::Object(&CONTACT)),
        read("license", Shape::Object(&LICENSE)),
        read("version", Shape::Text).required(),
        aside("summary", Shape::Text, NO_PLACE),
    ],
    ..PLAIN
};

static CONTACT: ObjectKind = ObjectKind {
    name: "a contact",
    keywords: &[
        read("name", Shape::Text),
        read("url", Shape::Text),
        read("email", Shape::Text),
    ],
    ..PLAIN
};

static LICENSE: ObjectKind = ObjectKind {
    name: "a license",
    keywords: &[
        read("name", Shape::Text).required(),
        read("url", Shape::Text),
        aside("identifier", Shape::Text, NO_PLACE),
    ],
    ..PLAIN
};

static SERVER: ObjectKind = ObjectKind {
    name: "a server",
    keywords: &[
        read("url", Shape::Text).required(),
        read("description", Shape::Text),
        read("variables", Shape::Map(&Shape::Object(&SERVER_VARIABLE))),
    ],
    ..PLAIN
};

static SERVER_VARIABLE: ObjectKind = ObjectKind {
    name: "a server variable",
    keywords: &[
        several("enum", STRINGS),
        read("default", Shape::Text).required(),
        read("description", Shape::Text),
    ],
    ..PLAIN
};

static TAG: ObjectKind = ObjectKind {
    name: "a tag",
    keywords: &[
        read("name", Shape::Text).required(),
        read("description", Shape::Text),
        read("externalDocs", Shape::Object(&EXTERNAL_DOCS)),
    ],
    ..PLAIN
};

static EXTERNAL_DOCS: ObjectKind = ObjectKind {
    name: "an external documentation object",
    keywords: &[
        read("description", Shape::Text),
        read("url", Shape::Text).required(),
    ],
    ..PLAIN
};

static COMPONENTS: ObjectKind = ObjectKind {
    name: "the components object",
    keywords: &[
        several("schemas", Shape::Map(&Shape::Schema)),
        several("responses", Shape::Map(&Shape::RefOr(&RESPONSE))),
        several("parameters", Shape::Map(&Shape::RefOr(&PARAMETER))),
        several("examples", Shape::Map(&Shape::RefOr(&EXAMPLE))),
        several("requestBodies", Shape::Map(&Shape::RefOr(&REQUEST_BODY))),
        several("headers", Shape::Map(&Shape::RefOr(&HEADER))),
        several(
            "securitySchemes",
            Shape::Map(&Shape::RefOr(&SECURITY_SCHEME)),
        ),
        several("links", Shape::Map(&Shape::RefOr(&LINK))),
        aside("callbacks", Shape::Map(&Shape::Any), INBOUND),
        aside(
            "pathItems",
            Shape::Map(&Shape::Any),
            "paths that refer to them hold copies",
        ),
    ],
    ..PLAIN
};

static PATHS: ObjectKind = ObjectKind {
    name: "the paths object",
    names: Some((NamePattern::Path, Shape::Inlined(&PATH_ITEM))),
    ..PLAIN
};

/// A path with its operations.
pub(super) static PATH_ITEM: ObjectKind = ObjectKind {
    name: "a path item",
    section: Some("pathItems"),
    keywords: &[
        read("summary", Shape::Text),
        read("description", Shape::Text),
        read("get", Shape::Object(&OPERATION)),
        read("put", Shape::Object(&OPERATION)),
        read("post", Shape::Object(&OPERATION)),
        read("delete", Shape::Object(&OPERATION)),
        read("options", Shape::Object(&OPERATION)),
        read("head", Shape::Object(&OPERATION)),
        read("patch", Shape::Object(&OPERATION)),
        read("trace", Shape::Object(&OPERATION)),
        several("parameters", Shape::List(&Shape::RefOr(&PARAMETER))),
        several("servers", Shape::List(&Shape::Object(&SERVER))),
    ],
    ..PLAIN
};

static OPERATION: ObjectKind = ObjectKind {
    name: "an operation",
    keywords: &[
        several("tags", STRINGS),
        read("summary", Shape::Text),
        read("description", Shape::Text),
        read("externalDocs", Shape::Object(&EXTERNAL_DOCS)),
        read("operationId", Shape::Text),
        several("parameters", Shape::List(&Shape::RefOr(&PARAMETER))),
        read("requestBody", Shape::RefOr(&REQUEST_BODY)),
        read("x-rust-name", Shape::Text),
        read("x-rust-scope", Shape::Text),
        read("responses", Shape::Object(&RESPONSES)).required_in_3_0(),
        flag("deprecated"),
        read("security", SECURITY),
        aside("callbacks", Shape::Map(&Shape::Any), INBOUND),
        several("servers", Shape::List(&Shape::Object(&SERVER))),
    ],
    ..PLAIN
};

/// A parameter: one of four kinds, by `in`.
pub(super) static PARAMETER: ObjectKind = ObjectKind {
    name: "a parameter",
    section: Some("parameters"),
    keywords: &[
        read("name", Shape::Text).required(),
        read("in", Shape::Word(&["query", "path", "header", "cookie"])).required(),
        read("description", Shape::Text),
        flag("required"),
        read("deprecated", Shape::Bool),
        read("schema", Shape::Schema),
        read("content", Shape::Map(&Shape::Object(&MEDIA_TYPE))),
        read("example", Shape::Any).absent(Absent::Null),
        several("examples", Shape::Map(&Shape::RefOr(&EXAMPLE))),
        read("explode", Shape::Bool),
        read("x-rust-name", Shape::Text),
        read("x-rust-field-selection", Shape::Bool),
    ],
    variants: Some(Variants {
        keyword: "in",
        kinds: &[
            ("query", &QUERY_PARAMETER),
            ("path", &PATH_PARAMETER),
            ("header", &HEADER_PARAMETER),
            ("cookie", &COOKIE_PARAMETER),
        ],
    }),
    exactly_one: &["schema", "content"],
    ..PLAIN
};

static QUERY_PARAMETER: ObjectKind = ObjectKind {
    name: "a query parameter",
    keywords: &[
        read(
            "style",
            Shape::Word(&["form", "spaceDelimited", "pipeDelimited", "deepObject"]),
        ),
        flag("allowReserved"),
        read("allowEmptyValue", Shape::Bool),
    ],
    extends: Some(&PARAMETER),
    exactly_one: &["schema", "content"],
    ..PLAIN
};

static PATH_PARAMETER: ObjectKind = ObjectKind {
    name: "a path parameter",
    keywords: &[
        read("style", Shape::Word(&["simple", "label", "matrix"])),
        ignored("allowReserved", Shape::Bool, QUERY_ONLY),
        ignored("allowEmptyValue", Shape::Bool, QUERY_ONLY),
    ],
    extends: Some(&PARAMETER),
    exactly_one: &["schema", "content"],
    ..PLAIN
};

static HEADER_PARAMETER: ObjectKind = ObjectKind {
    name: "a header parameter",
    keywords: &[
        read("name", Shape::Token).required(),
        read("style", Shape::Word(&["simple"])),
        ignored("allowReserved", Shape::Bool, QUERY_ONLY),
        ignored("allowEmptyValue", Shape::Bool, QUERY_ONLY),
    ],
    extends: Some(&PARAMETER),
    exactly_one: &["schema", "content"],
    ..PLAIN
};

static COOKIE_PARAMETER: ObjectKind = ObjectKind {
    name: "a cookie parameter",
    keywords: &[
        read("name", Shape::Token).required(),
        read("style", Shape::Word(&["form"])),
        ignored("allowReserved", Shape::Bool, QUERY_ONLY),
        ignored("allowEmptyValue", Shape::Bool, QUERY_ONLY),
    ],
    extends: Some(&PARAMETER),
    exactly_one: &["schema", "content"],
    ..PLAIN
};

static REQUEST_BODY: ObjectKind = ObjectKind {
    name: "a request body",
    section: Some("requestBodies"),
    keywords: &[
        read("description", Shape::Text),
        several("content", Shape::Map(&Shape::Object(&MEDIA_TYPE))).required(),
        flag("required"),
    ],
    ..PLAIN
};

static MEDIA_TYPE: ObjectKind = ObjectKind {
    name: "a media type",
    keywords: &[
        read("schema", Shape::Schema),
        read("example", Shape::Any).absent(Absent::Null),
        several("examples", Shape::Map(&Shape::RefOr(&EXAMPLE))),
        several("encoding", Shape::Map(&Shape::Object(&ENCODING))),
    ],
    ..PLAIN
};

static ENCODING: ObjectKind = ObjectKind {
    name: "an encoding",
    keywords: &[
        read("contentType", Shape::Text),
        several("headers", Shape::Map(&Shape::RefOr(&HEADER))),
        read(
            "style",
            Shape::Word(&["form", "spaceDelimited", "pipeDelimited", "deepObject"]),
        ),
        // openapiv3 reads an absent `explode` as `false`, where the specification says `true`.
        unsupported(
            "explode",
            "only the default of the style can be told apart; remove it",
        ),
        flag("allowReserved"),
    ],
    ..PLAIN
};

static RESPONSES: ObjectKind = ObjectKind {
    name: "a responses object",
    keywords: &[read("default", Shape::RefOr(&RESPONSE))],
    names: Some((NamePattern::Status, Shape::RefOr(&RESPONSE))),
    ..PLAIN
};

static RESPONSE: ObjectKind = ObjectKind {
    name: "a response",
    section: Some("responses"),
    keywords: &[
        read("description", Shape::Text).required(),
        several("headers", Shape::Map(&Shape::RefOr(&HEADER))),
        several("content", Shape::Map(&Shape::Object(&MEDIA_TYPE))),
        several("links", Shape::Map(&Shape::RefOr(&LINK))),
    ],
    ..PLAIN
};

static HEADER: ObjectKind = ObjectKind {
    name: "a header",
    section: Some("headers"),
    keywords: &[
        read("description", Shape::Text),
        flag("required"),
        read("deprecated", Shape::Bool),
        read("schema", Shape::Schema),
        read("content", Shape::Map(&Shape::Object(&MEDIA_TYPE))),
        read("style", Shape::Word(&["simple"])),
        read("example", Shape::Any).absent(Absent::Null),
        several("examples", Shape::Map(&Shape::RefOr(&EXAMPLE))),
        ignored("explode", Shape::Bool, RAW_HEADER),
        ignored("allowReserved", Shape::Bool, QUERY_ONLY),
        ignored("allowEmptyValue", Shape::Bool, QUERY_ONLY),
    ],
    exactly_one: &["schema", "content"],
    ..PLAIN
};

static EXAMPLE: ObjectKind = ObjectKind {
    name: "an example",
    section: Some("examples"),
    keywords: &[
        read("summary", Shape::Text),
        read("description", Shape::Text),
        read("value", Shape::Any).absent(Absent::Null),
        read("externalValue", Shape::Text),
    ],
    ..PLAIN
};

static LINK: ObjectKind = ObjectKind {
    name: "a link",
    section: Some("links"),
    keywords: &[
        read("operationRef", Shape::Text),
        read("operationId", Shape::Text),
        several("parameters", Shape::Map(&Shape::Any)),
        read("requestBody", Shape::Any).absent(Absent::Null),
        read("description", Shape::Text),
        read("server", Shape::Object(&SERVER)),
    ],
    exactly_one: &["operationRef", "operationId"],
    ..PLAIN
};

/// The type of the schemes that 3.0 does not know.
pub(super) const MUTUAL_TLS: &str = "mutualTLS";

/// A security scheme: one of five kinds, by `type`.
static SECURITY_SCHEME: ObjectKind = ObjectKind {
    name: "a security scheme",
    section: Some("securitySchemes"),
    keywords: &[
        read(
            "type",
            Shape::Word(&["apiKey", "http", "oauth2", "openIdConnect", MUTUAL_TLS]),
        )
        .required(),
        read("description", Shape::Text),
    ],
    variants: Some(Variants {
        keyword: "type",
        kinds: &[
            ("apiKey", &API_KEY_SCHEME),
            ("http", &HTTP_SCHEME),
            ("oauth2", &OAUTH2_SCHEME),
            ("openIdConnect", &OPEN_ID_SCHEME),
        ],
    }),
    ..PLAIN
};

static API_KEY_SCHEME: ObjectKind = ObjectKind {
    name: "an API key scheme",
    keywords: &[
        read("name", Shape::Text).required(),
        read("in", Shape::Word(&["query", "header", "cookie"])).required(),
    ],
    extends: Some(&SECURITY_SCHEME),
    ..PLAIN
};

static HTTP_SCHEME: ObjectKind = ObjectKind {
    name: "an HTTP scheme",
    keywords: &[
        read("scheme", Shape::Text).required(),
        read("bearerFormat", Shape::Text),
    ],
    extends: Some(&SECURITY_SCHEME),
    ..PLAIN
};

static OAUTH2_SCHEME: ObjectKind = ObjectKind {
    name: "an OAuth2 scheme",
    keywords: &[read("flows", Shape::Object(&FLOWS)).required()],
    extends: Some(&SECURITY_SCHEME),
    ..PLAIN
};

static OPEN_ID_SCHEME: ObjectKind = ObjectKind {
    name: "an OpenID Connect scheme",
    keywords: &[read("openIdConnectUrl", Shape::Text).required()],
    extends: Some(&SECURITY_SCHEME),
    ..PLAIN
};

static FLOWS: ObjectKind = ObjectKind {
    name: "an OAuth flows object",
    keywords: &[
        read("implicit", Shape::Object(&IMPLICIT_FLOW)),
        read("password", Shape::Object(&PASSWORD_FLOW)),
        read("clientCredentials", Shape::Object(&CREDENTIALS_FLOW)),
        read("authorizationCode", Shape::Object(&CODE_FLOW)),
    ],
    ..PLAIN
};

static IMPLICIT_FLOW: ObjectKind = ObjectKind {
    name: "an implicit flow",
    keywords: &[
        read("authorizationUrl", Shape::Text).required(),
        read("refreshUrl", Shape::Text),
        read("scopes", Shape::Map(&Shape::Text)).required(),
        ignored(
            "tokenUrl",
            Shape::Text,
            "an implicit flow requests no token",
        ),
    ],
    ..PLAIN
};

static PASSWORD_FLOW: ObjectKind = ObjectKind {
    name: "a password flow",
    ..TOKEN_FLOW
};

static CREDENTIALS_FLOW: ObjectKind = ObjectKind {
    name: "a client credentials flow",
    ..TOKEN_FLOW
};

const TOKEN_FLOW: ObjectKind = ObjectKind {
    keywords: &[
        read("tokenUrl", Shape::Text).required(),
        read("refreshUrl", Shape::Text),
        read("scopes", Shape::Map(&Shape::Text)).required(),
        ignored("authorizationUrl", Shape::Text, "nobody is sent to a page"),
    ],
    ..PLAIN
};

static CODE_FLOW: ObjectKind = ObjectKind {
    name: "an authorization code flow",
    keywords: &[
        read("authorizationUrl", Shape::Text).required(),
        read("tokenUrl", Shape::Text).required(),
        read("refreshUrl", Shape::Text),
        read("scopes", Shape::Map(&Shape::Text)).required(),
    ],
    ..PLAIN
};

/// A schema or a reference to one.
pub(super) static SCHEMA: ObjectKind = ObjectKind {
    name: "a schema",
    section: Some("schemas"),
    keywords: &[
        converted("$ref", Shape::SchemaRef),
        converted("type", Shape::Types),
        read("title", Shape::Text),
        read("description", Shape::Text),
        read("format", Shape::Text).of(&["string", "integer", "number"]),
        flag("nullable"),
        converted("anyOf", Shape::Filled(&Shape::Schema)),
        converted("enum", Shape::Filled(&Shape::Any)),
        several("properties", Shape::Map(&Shape::Schema)).of(&["object"]),
        several("required", STRINGS).of(&["object"]),
        read("items", Shape::Schema).of(&["array"]),
        read("default", Shape::Any).absent(Absent::Null),
        read("example", Shape::Any).absent(Absent::Null),
        read("additionalProperties", Shape::SchemaOrBool).of(&["object"]),
        read("allOf", Shape::Filled(&Shape::Schema)),
        converted("oneOf", Shape::Filled(&Shape::Schema)),
        read("discriminator", Shape::Object(&DISCRIMINATOR)),
        flag("deprecated"),
        flag("readOnly"),
        flag("writeOnly"),
        read("externalDocs", Shape::Object(&EXTERNAL_DOCS)),
        read("minLength", Shape::Size).of(&["string"]),
        read("maxLength", Shape::Size).of(&["string"]),
        read("pattern", Shape::Text).of(&["string"]),
        read("minimum", Shape::Number).of(&["integer", "number"]),
        read("maximum", Shape::Number).of(&["integer", "number"]),
        read("multipleOf", Shape::Number).of(&["integer", "number"]),
        converted("exclusiveMinimum", Shape::Bound)
            .absent(Absent::False)
            .of(&["integer", "number"]),
        converted("exclusiveMaximum", Shape::Bound)
            .absent(Absent::False)
            .of(&["integer", "number"]),
        read("minItems", Shape::Size).of(&["array"]),
        read("maxItems", Shape::Size).of(&["array"]),
        flag("uniqueItems").of(&["array"]),
        read("minProperties", Shape::Size).of(&["object"]),
        read("maxProperties", Shape::Size).of(&["object"]),
        ignored("xml", Shape::Object(&XML), "the SDK speaks JSON"),
        read("x-rust-name", Shape::Text),
        read("x-rust-type", Shape::Text),
        read("x-rust-names", Shape::Map(&Shape::Text)),
        flag("x-rust-utc").of(&["string"]),
        read("x-rust-series", Shape::Object(&SERIES)),
        read("x-rust-codes", Shape::Object(&CODES)),
        converted("const", Shape::Any),
        converted("examples", Shape::List(&Shape::Any)),
        converted("contentEncoding", Shape::Text),
        converted("contentMediaType", Shape::Text),
        aside(
            "contentSchema",
            Shape::Any,
            "on the wire the value is a string",
        ),
        aside(
            "$comment",
            Shape::Text,
            "it speaks to the authors of the document",
        ),
        aside(
            "$schema",
            Shape::Text,
            "a keyword that the table does not know is an error in any dialect",
        ),
        aside("$anchor", Shape::Text, "a reference to it is an error"),
        aside("not", Shape::Any, NOT_VALIDATED),
        aside("contains", Shape::Any, NOT_VALIDATED),
        aside("minContains", Shape::Size, NOT_VALIDATED),
        aside("maxContains", Shape::Size, NOT_VALIDATED),
        aside("propertyNames", Shape::Any, NOT_VALIDATED),
        aside("dependentRequired", Shape::Map(&STRINGS), NOT_VALIDATED),
        converted("unevaluatedProperties", Shape::SchemaOrBool),
        aside("unevaluatedItems", Shape::Bool, NOT_VALIDATED),
        unsupported("prefixItems", TUPLE),
        unsupported("additionalItems", TUPLE),
        unsupported(
            "patternProperties",
            "say `additionalProperties` with an overlay action",
        ),
        unsupported("dependentSchemas", CONDITION),
        unsupported("dependencies", CONDITION),
        unsupported("if", CONDITION),
        unsupported("then", CONDITION),
        unsupported("else", CONDITION),
        aside("$defs", Shape::Map(&Shape::Schema), REFERRED),
        aside("definitions", Shape::Map(&Shape::Schema), REFERRED),
        unsupported("$id", LOCAL),
        unsupported("$vocabulary", "use the vocabularies of OpenAPI"),
        unsupported("$dynamicRef", DYNAMIC),
        unsupported("$dynamicAnchor", DYNAMIC),
        unsupported("$recursiveRef", DYNAMIC),
        unsupported("$recursiveAnchor", DYNAMIC),
    ],
    ..PLAIN
};

const TUPLE: &str = "tuples have no type; say `items` with an overlay action";
const CONDITION: &str = "conditions have no type; say `oneOf` or `anyOf` with an overlay action";
const REFERRED: &str = "those that are referred to are components too";
const LOCAL: &str = "move the schemas to `components/schemas`";
const DYNAMIC: &str = "refer to the schema with `$ref`";

/// Our mark of an object whose values lie at regular intervals.
static SERIES: ObjectKind = ObjectKind {
    name: "a series",
    keywords: &[
        read("start", Shape::Text).required(),
        read("every", Shape::Text).required(),
        read("items", Shape::Text).required(),
    ],
    ..PLAIN
};

/// Our mark of a text whose characters are codes at regular intervals.
static CODES: ObjectKind = ObjectKind {
    name: "a text of codes",
    keywords: &[
        read("name", Shape::Text).required(),
        read("start", Shape::Text).required(),
        read("every", Shape::Number).required(),
        read("codes", Shape::Map(&Shape::Text)).required(),
    ],
    ..PLAIN
};

static DISCRIMINATOR: ObjectKind = ObjectKind {
    name: "a discriminator",
    keywords: &[
        read("propertyName", Shape::Text).required(),
        several("mapping", Shape::Map(&Shape::SchemaName)),
    ],
    ..PLAIN
};

static XML: ObjectKind = ObjectKind {
    name: "an XML object",
    keywords: &[
        read("name", Shape::Text),
        read("namespace", Shape::Text),
        read("prefix", Shape::Text),
        flag("attribute"),
        flag("wrapped"),
    ],
    ..PLAIN
};
