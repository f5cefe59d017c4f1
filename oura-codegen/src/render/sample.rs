//! An API made by hand that has one of everything the IR can say.

use std::sync::Arc;

use crate::ir::*;
use crate::pointer::{Origin, Pointer};

/// Prose that tries to become something else in each way that comments and Markdown offer.
pub(super) const HOSTILE: &str = "*/ pub fn evil() {} /* \"quoted\" \\ unbalanced `tick\n\n\
    See https://example.com/a_b?c=[1], (http://example.com). Range [1, 100] of [Client], [`Client`], \
    [crate::Client], Vec<String> <b>bold</b> <token>\rlone carriage return, \u{202E}reversed\u{202C}, \
    bell \u{7}, &lt;i&gt; &amp;lt; &#x202E; __init__ snake_case * star a|b ~~gone~~ ~5 --flag\n\n\
    # Heading\n\n    let x = 1;\n\n```\nassert!(false);\n```\n\n~~~rust\npanic!();\n~~~\n\n\
    | a | b |\n| --- | :-: |\n| 1 | `x\\|y` |\n\n- one\n  two\n  - nested\n\n    far\n1. first\n\n\
    > quote\n\n[kept](https://example.com/x) [anchor](#tag/Some-Tag) [ref]: ![image](http://x.y/z.png)\n\n\
    \tindented by a tab\n\n[^1] [^note]: x\n\n[dead]: javascript:alert(1)\n[link][dead]\n\n***\n\n\
    <script>\nalert(1)\n</script>\n\n```\nnever closed";

pub(super) fn docs(text: &str) -> Docs {
    Docs {
        text: text.to_owned(),
        ..Docs::default()
    }
}

fn origin() -> Origin {
    Origin {
        file: Arc::from("sample.yaml"),
        pointer: Pointer::root(),
    }
}

fn named(name: &str) -> Type {
    Type::Named(name.to_owned())
}

fn list(item: Type) -> Type {
    Type::List(Box::new(item))
}

fn map(value: Type) -> Type {
    Type::Map(Box::new(value))
}

fn option(inner: Type) -> Type {
    Type::Option(Box::new(inner))
}

fn boxed(inner: Type) -> Type {
    Type::Boxed(Box::new(inner))
}

fn type_def(ident: &str, kind: TypeKind) -> TypeDef {
    TypeDef {
        ident: ident.to_owned(),
        docs: Docs {
            source: format!("Schema `{ident}`."),
            ..docs("")
        },
        deprecated: false,
        origin: origin(),
        kind,
    }
}

fn struct_of(fields: Vec<Field>) -> Struct {
    Struct {
        generic: false,
        fields,
        additional: None,
        in_request: false,
        series: Vec::new(),
        page: None,
    }
}

fn field(ident: &str, ty: Type) -> Field {
    Field {
        secret: false,
        wire_name: ident.strip_prefix("r#").unwrap_or(ident).to_owned(),
        ident: ident.to_owned(),
        required: !matches!(ty, Type::Option(_)),
        ty,
        read_only: false,
        write_only: false,
        deprecated: false,
        docs: docs(""),
    }
}

fn string_enum(values: &[(&str, &str)]) -> TypeKind {
    let variants = values.iter().map(|(ident, wire_name)| StringVariant {
        wire_name: (*wire_name).to_owned(),
        ident: (*ident).to_owned(),
        docs: docs(""),
    });
    TypeKind::StringEnum(StringEnum {
        variants: variants.collect(),
    })
}

fn variant(ident: &str, ty: Type, tags: &[&str]) -> UnionVariant {
    UnionVariant {
        ident: ident.to_owned(),
        ty,
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        docs: docs(""),
    }
}

fn parameter(ident: &str, location: Location, ty: Type) -> Parameter {
    Parameter {
        wire_name: ident.strip_prefix("r#").unwrap_or(ident).to_owned(),
        ident: ident.to_owned(),
        location,
        list: matches!(ty, Type::List(_)).then_some(ListStyle::Comma),
        ty,
        deprecated: false,
        docs: docs(""),
    }
}

fn query(ident: &str, ty: Type) -> Parameter {
    parameter(ident, Location::Query, ty)
}

fn path(ident: &str, ty: Type) -> Parameter {
    parameter(ident, Location::Path, ty)
}

fn operation(route: &str, method: &str, http: &str, template: &str) -> Operation {
    Operation {
        route: route.to_owned(),
        method: method.to_owned(),
        is_twin: false,
        http_method: http.to_owned(),
        path_template: template.to_owned(),
        operation_id: format!("{method}_id"),
        summary: format!("Does {method}"),
        tag: "Things".to_owned(),
        auth: Auth::Bearer,
        scope: Some("daily".to_owned()),
        arguments: Vec::new(),
        setters: Vec::new(),
        selection: None,
        body: None,
        success: BodyType::Empty,
        cursor_parameter: None,
        range: None,
        errors: Vec::new(),
        deprecated: false,
        docs: Docs {
            source: format!("`{http} {template}`, operation `{method}_id`."),
            ..docs("")
        },
        origin: origin(),
    }
}

fn error(status: StatusRange, description: &str) -> ErrorResponse {
    ErrorResponse {
        status,
        description: description.to_owned(),
    }
}

fn body(body: BodyType, required: bool) -> Option<RequestBody> {
    Some(RequestBody {
        body,
        required,
        docs: docs("What to make."),
    })
}

fn page_of(item: Type) -> BodyType {
    BodyType::Json(Type::Generic("Page".to_owned(), Box::new(item)))
}

pub(super) fn sample() -> Api {
    Api {
        title: "Sample \"API\"".to_owned(),
        server: Some(Server {
            url: "https://api.example.com".to_owned(),
            description: String::new(),
        }),
        security: Security {
            client_id_header: Some("x-id".to_owned()),
            ..Security::default()
        },
        modules: vec![shared(), thing(), r#type()],
        twin: Some(Twin {
            accessor: "sandbox".to_owned(),
            ident: "Sandbox".to_owned(),
            docs: docs("The same operations over made-up data."),
        }),
        documents: Documents {
            data_type: Some("Color".to_owned()),
            resources: vec![Resource {
                wire_name: "\"}); evil!(\u{202E}`".to_owned(),
                ident: "Quote".to_owned(),
                ty: "Thing".to_owned(),
                id: Some("id".to_owned()),
                day: None,
                get: Some(Access {
                    route: "GetThing".to_owned(),
                    path_template: "/v1/thing/{id}".to_owned(),
                }),
                list: None,
                origin: origin(),
            }],
        },
    }
}

fn shared() -> Module {
    let page = Struct {
        generic: true,
        page: Some(Page {
            items: ("data".to_owned(), "data".to_owned()),
            cursor: ("next_token".to_owned(), "nextToken".to_owned()),
        }),
        ..struct_of(vec![
            field("data", list(Type::Parameter)),
            Field {
                wire_name: "nextToken".to_owned(),
                ..field("next_token", option(Type::String))
            },
        ])
    };
    let level = IntegerVariant {
        value: -1,
        ident: "MinusOne".to_owned(),
        docs: docs(""),
    };
    let types = vec![
        type_def(
            "Color",
            string_enum(&[("Red", "red"), ("Quote", "\"}); evil!(\u{202E}")]),
        ),
        type_def("Empty", string_enum(&[])),
        type_def(
            "Level",
            TypeKind::IntegerEnum(IntegerEnum {
                variants: vec![level],
            }),
        ),
        type_def("Page", TypeKind::Struct(page)),
    ];
    Module {
        ident: "shared".to_owned(),
        docs: docs(""),
        types,
        operations: Vec::new(),
    }
}

fn r#type() -> Module {
    let operation = Operation {
        tag: String::new(),
        ..operation("GetType", "r#type", "GET", "/type")
    };
    Module {
        ident: "r#type".to_owned(),
        docs: docs(HOSTILE),
        types: Vec::new(),
        operations: vec![operation],
    }
}

fn thing() -> Module {
    Module {
        ident: "thing".to_owned(),
        docs: docs("Things."),
        types: thing_types(),
        operations: thing_operations(),
    }
}

fn thing_types() -> Vec<TypeDef> {
    let cat = struct_of(vec![field("kind", option(Type::String))]);
    let dog = struct_of(vec![
        field("kind", Type::String),
        field("owner", option(boxed(named("Pet")))),
    ]);
    let pet = Union {
        discriminator: Some("kind".to_owned()),
        variants: vec![
            variant("Cat", named("Cat"), &["cat", "kitty"]),
            variant("Dog", boxed(named("Dog")), &["dog"]),
        ],
    };
    let text = Union {
        discriminator: None,
        variants: vec![
            variant("Integer", Type::I64, &[]),
            variant("String", Type::String, &[]),
        ],
    };
    let responses = Responses {
        variants: vec![
            response(StatusRange::Code(200), "Ok", BodyType::Json(named("Thing"))),
            response(
                StatusRange::Code(202),
                "Accepted",
                BodyType::Text("text/plain".to_owned()),
            ),
            response(StatusRange::Code(204), "NoContent", BodyType::Empty),
            response(
                StatusRange::Class(2),
                "Success",
                BodyType::Binary("image/png".to_owned()),
            ),
        ],
    };
    vec![
        type_def("Cat", TypeKind::Struct(cat)),
        type_def("Dog", TypeKind::Struct(dog)),
        type_def(
            "Filter",
            TypeKind::Struct(Struct {
                in_request: true,
                series: Vec::new(),
                ..struct_of(vec![field("tag", option(Type::String))])
            }),
        ),
        type_def("NewThing", TypeKind::Struct(new_thing())),
        type_def("Pet", TypeKind::Union(pet)),
        type_def("PutThingResponse", TypeKind::Responses(responses)),
        type_def("Text", TypeKind::Union(text)),
        TypeDef {
            deprecated: true,
            docs: docs(HOSTILE),
            ..type_def("Thing", TypeKind::Struct(struct_of(thing_fields())))
        },
        type_def("ThingField", string_enum(&[("Id", "id"), ("Day", "day")])),
    ]
}

fn response(status: StatusRange, ident: &str, body: BodyType) -> ResponseVariant {
    ResponseVariant {
        status,
        ident: ident.to_owned(),
        body,
        docs: docs(""),
    }
}

fn new_thing() -> Struct {
    Struct {
        in_request: true,
        series: Vec::new(),
        additional: Some(("additional".to_owned(), list(Type::Date))),
        ..struct_of(vec![
            field("name", Type::String),
            field("color", named("Color")),
            field("level", named("Level")),
            field("filter", named("Filter")),
            field("matrix", list(list(Type::F64))),
            field("text", named("Text")),
            field("times", list(Type::DateTime)),
            field("parent", boxed(named("Cat"))),
            field("count", Type::U32),
            Field {
                required: true,
                ..field("note", option(Type::I64))
            },
            Field {
                read_only: true,
                write_only: false,
                required: true,
                ..field("id", option(Type::String))
            },
            Field {
                deprecated: true,
                ..field("r#type", option(Type::String))
            },
            field("child", option(boxed(named("NewThing")))),
            field("tags", option(list(named("Color")))),
            field("labels", option(map(Type::String))),
            field("ratio", option(Type::F32)),
        ])
    }
}

fn thing_fields() -> Vec<Field> {
    let remarked = Docs {
        text: "Unique.".to_owned(),
        notes: vec![
            "Length: at least 1.".to_owned(),
            "Default: `\"a`b\"`.".to_owned(),
        ],
        source: String::new(),
    };
    vec![
        Field {
            docs: remarked,
            ..field("id", Type::String)
        },
        Field {
            wire_name: "Weird-\"Name`".to_owned(),
            ..field("weird_name", Type::Bool)
        },
        field("i32", Type::I32),
        field("u64", option(Type::U64)),
        field("day", Type::Date),
        Field {
            required: true,
            ..field("end", option(Type::DateTime))
        },
        field("start", option(Type::DateOrDateTime)),
        field("made", option(Type::UtcDateTime)),
        field("times", option(list(option(Type::DateTime)))),
        field("by_day", map(list(Type::Date))),
        field("uuid", option(Type::Uuid)),
        Field {
            deprecated: true,
            ..field("any", option(Type::Json))
        },
        field("pets", option(list(named("Pet")))),
        Field {
            docs: docs(HOSTILE),
            ..field("color", option(named("Color")))
        },
    ]
}

fn thing_operations() -> Vec<Operation> {
    let errors = vec![
        error(StatusRange::Code(404), "Not\n\n# Found"),
        error(StatusRange::Class(5), ""),
        error(StatusRange::Default, HOSTILE),
    ];
    let mut list_things = Operation {
        arguments: vec![
            query("since", Type::DateOrDateTime),
            query("limit", Type::U32),
        ],
        setters: vec![
            query("until", Type::DateOrDateTime),
            query("latest", Type::Bool),
            query("colors", list(named("Color"))),
            query("ids", list(Type::U64)),
            query("next_token", Type::String),
        ],
        cursor_parameter: Some("next_token".to_owned()),
        range: None,
        success: page_of(named("Thing")),
        errors: errors.clone(),
        ..operation("ListThing", "list_thing", "GET", "/v1/thing")
    };
    let twin = Operation {
        is_twin: true,
        path_template: "/v1/sandbox/thing".to_owned(),
        route: "SandboxListThing".to_owned(),
        ..list_things.clone()
    };
    list_things.selection = Some(Selection {
        parameter: query("fields", list(Type::String)),
        field_enum: "ThingField".to_owned(),
        page: "Page".to_owned(),
    });
    vec![
        create_thing(),
        get_thing(errors),
        list_things,
        put_thing(),
        twin,
        upload_thing(),
    ]
}

fn create_thing() -> Operation {
    Operation {
        auth: Auth::ClientSecret,
        scope: None,
        arguments: vec![
            Parameter {
                docs: docs("Who asks.\n\n- really"),
                ..parameter("x_user", Location::Header, Type::I64)
            },
            parameter("session", Location::Cookie, Type::Uuid),
        ],
        setters: vec![
            parameter("x_tags", Location::Header, list(Type::String)),
            parameter("debug", Location::Cookie, list(Type::F64)),
        ],
        body: body(BodyType::Json(named("NewThing")), true),
        success: BodyType::Json(list(named("Thing"))),
        deprecated: true,
        ..operation("CreateThing", "create_thing", "POST", "/v1/thing")
    }
}

fn get_thing(errors: Vec<ErrorResponse>) -> Operation {
    Operation {
        auth: Auth::None,
        scope: None,
        arguments: vec![
            path("id", Type::String),
            path("color", named("Color")),
            path("day", Type::Date),
        ],
        setters: vec![Parameter {
            deprecated: true,
            ..query("r#in", Type::I32)
        }],
        body: body(BodyType::Json(list(named("NewThing"))), false),
        success: BodyType::Json(list(Type::Date)),
        errors,
        docs: docs(HOSTILE),
        ..operation(
            "GetThing",
            "get_thing",
            "GET",
            "/v1/thing/{id}/{color}/{day}",
        )
    }
}

fn put_thing() -> Operation {
    Operation {
        arguments: vec![path("id", Type::String)],
        body: body(BodyType::Text("text/plain".to_owned()), true),
        success: BodyType::Several("PutThingResponse".to_owned()),
        ..operation("PutThing", "put_thing", "PUT", "/v1/thing/{id}")
    }
}

fn upload_thing() -> Operation {
    Operation {
        body: body(
            BodyType::Binary("application/octet-stream".to_owned()),
            true,
        ),
        success: BodyType::Binary("application/octet-stream".to_owned()),
        setters: vec![query("r#type", Type::DateTime)],
        ..operation("UploadThing", "upload_thing", "PUT", "/v1/upload")
    }
}
