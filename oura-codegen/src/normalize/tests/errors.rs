//! Each kind of error, with the place that it names.

use super::{errors, schema_errors, with_path, with_schemas};

/// The one error of a schema.
fn schema_error(yaml: &str) -> String {
    let errors = schema_errors(yaml);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    errors.concat()
}

/// The one error of a spec.
fn error(yaml: &str) -> String {
    let errors = errors(yaml);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    errors.concat()
}

#[test]
fn other_versions() {
    assert_eq!(
        error("swagger: '2.0'"),
        ": the spec is written in Swagger 2.0; convert it to OpenAPI 3.0"
    );
    for version in ["3.2.0", "'3.1'", "3.0", "4.0.0", "''", "3.0.x", "3.0.0.0"] {
        assert_eq!(
            error(&format!("openapi: {version}")),
            "/openapi: `openapi` must be a supported version, such as \"3.0.3\"; \
             OpenAPI 3.0 and 3.1 are supported",
            "{version}"
        );
    }
    assert!(error("{}").contains("lacks `openapi`"));
}

#[test]
fn unknown_keywords() {
    assert_eq!(
        schema_error("{requierd: [a]}"),
        "/requierd: `requierd` is not a keyword of a schema; did you mean `required`"
    );
    let of_3_0 = with_schemas("    S: {wholly: 1}\n").replace("3.1.0", "3.0.3");
    assert!(errors(&of_3_0).contains(
        &"/components/schemas/S/wholly: `wholly` is not a keyword of a schema; extensions start \
          with `x-`"
            .to_owned()
    ));
    assert_eq!(
        error(&with_path("a", "{}")),
        "/paths/a: `a` is not a path, which starts with `/`"
    );
    assert_eq!(
        error(&with_path(
            "/a",
            "{get: {responses: {2xx: {description: D}}}}"
        )),
        "/paths/~1a/get/responses/2xx: `2xx` is not `default`, a status code such as `404` or \
         a range such as `4XX`"
    );
}

#[test]
fn unsupported_keywords() {
    assert_eq!(
        schema_error("{prefixItems: [{}]}"),
        "/prefixItems: `prefixItems` of a schema is not supported; tuples have no type; add \
         `items` with an overlay action"
    );
    // Servers of a path or an operation are facts: calls keep the client's base URL.
    let servers = "servers: [{url: 'https://a.example'}]";
    let item = format!("{{{servers}, get: {{{servers}, {RESPONSES}}}}}");
    assert_eq!(errors(&with_path("/a", &item)), [""; 0]);
}

#[test]
fn values_of_another_type() {
    assert_eq!(
        schema_error("{required: 'yes'}"),
        "/required: `required` must be an array, found a string"
    );
    assert_eq!(
        schema_error("{required: [true]}"),
        "/required/0: this element must be a string, found a boolean; put it in quotes"
    );
    assert_eq!(
        schema_error("{minLength: -1}"),
        "/minLength: `minLength` must be an integer that is not negative, found a number"
    );
    assert_eq!(
        schema_error("{type: strin}"),
        "/type: `type` must be one of string, integer, number, boolean, array, object, null or \
         an array of them, found `strin`"
    );
    assert_eq!(
        schema_error("{anyOf: []}"),
        "/anyOf: `anyOf` must be an array with at least one element, found an empty one"
    );
    assert!(schema_error("{properties: {a: 1}}").contains("`a` must be a schema"));
    assert!(schema_error("{properties: {a: false}}").contains("no value satisfies"));
    assert!(schema_error("{description: null}").contains("found null"));
}

#[test]
fn missing_keywords() {
    let lines = errors("openapi: 3.0.3\ninfo: {title: T}\npaths: {'/a': {get: {}}}\n");
    assert_eq!(
        lines,
        [
            "/info: the info object lacks `version`; add it with an overlay action",
            "/paths/~1a/get: an operation lacks `responses`; add it with an overlay action",
        ]
    );
    let item =
        "{parameters: [{name: a, in: query}, {name: b, in: query, schema: {}, content: {}}]}";
    assert_eq!(
        errors(&with_path("/a", item)),
        [
            "/paths/~1a/parameters/0: a query parameter has exactly one of `schema` and `content`",
            "/paths/~1a/parameters/1: a query parameter has exactly one of `schema` and `content`",
        ]
    );
}

#[test]
fn keywords_that_contradict_the_type() {
    assert_eq!(
        schema_error("{type: integer, x-rust-utc: true}"),
        "/x-rust-utc: `x-rust-utc` says nothing about a value of type `integer`; correct the \
         type or remove the keyword"
    );
    assert_eq!(
        schema_error("{type: string, enum: ['200', []]}"),
        "/enum/1: `type` is `string`, but this enumerated value is an array; put it in quotes"
    );
    assert_eq!(
        schema_error("{const: a, enum: [b]}"),
        "/const: `enum` does not list the value of `const`; remove one of them"
    );
    assert!(schema_error("{type: [string, integer], anyOf: [{}]}").contains("several types"));
    assert!(schema_error("{type: 'null', enum: [a, null]}").contains("`type` is `null`"));
    assert!(
        schema_error("{type: [string, integer], enum: [true]}")
            .contains("is `string` or `integer`, but")
    );
}

#[test]
fn extensions_that_are_taken() {
    assert_eq!(
        schema_error("{not: {}, x-not: 1}"),
        "/not: `not` and `x-not` cannot be used beside each other"
    );
    assert!(schema_error("{examples: [1, 2], x-examples: 1}").contains("beside each other"));
}

#[test]
fn references_to_nothing() {
    assert_eq!(
        schema_error("{$ref: '#/components/schemas/Pets'}"),
        "/$ref: `#/components/schemas/Pets` points at nothing; did you mean `Pet`"
    );
    assert_eq!(
        schema_error("{$ref: 'other.yaml#/Pet'}"),
        "/$ref: `other.yaml#/Pet` leads out of the spec; bundle everything into one file"
    );
    for malformed in [
        "#Pet", "#", "#/a~2", "#/a~", "#/%4", "#/%zz", "#/%ff", "#/%é",
    ] {
        let error = schema_error(&format!("{{$ref: '{malformed}'}}"));
        assert!(
            error.contains("is not a reference into the spec"),
            "{error}"
        );
    }
    assert!(schema_error("{$ref: 5}").contains("must be a reference such as"));
    let mapping = "{discriminator: {propertyName: p, mapping: {a: '#/components/schemas/Pest'}}}";
    assert!(schema_error(mapping).contains("did you mean `Pet`"));
}

#[test]
fn references_to_another_kind() {
    assert_eq!(
        schema_error("{$ref: '#/info'}"),
        "/$ref: `#/info` is not where a schema can be referred to; \
         `#/components/schemas/..` is"
    );
    let item = "{parameters: [{$ref: '#/components/schemas/Pet'}]}";
    let document = with_schemas("").replace("paths: {}", &format!("paths: {{/a: {item}}}"));
    assert_eq!(
        error(&document),
        "/paths/~1a/parameters/0/$ref: `#/components/schemas/Pet` is not where a parameter can \
         be referred to; `#/components/parameters/..` is"
    );
}

#[test]
fn schemas_that_contain_only_themselves() {
    const HELP: &str = "; a type may contain itself in a property or an element";
    let reference = |name: &str| format!("{{$ref: '#/components/schemas/{name}'}}");
    assert_eq!(
        schema_error(&reference("S")),
        format!("/$ref: `S` contains only itself: `S` -> `S`{HELP}")
    );
    assert_eq!(
        schema_error(&format!(
            "{{anyOf: [{{type: string}}, {}]}}",
            reference("S")
        )),
        format!("/anyOf/1/$ref: `S` contains only itself: `S` -> `S`{HELP}")
    );
    let two = format!(
        "    A: {}\n    B: {{allOf: [{}]}}\n",
        reference("B"),
        reference("A")
    );
    assert_eq!(
        error(&with_schemas(&two)),
        format!(
            "/components/schemas/B/allOf/0/$ref: `A` contains only itself: `A` -> `B` -> `A`{HELP}"
        )
    );
    let recursive = format!("{{type: object, properties: {{a: {}}}}}", reference("S"));
    assert_eq!(schema_errors(&recursive), [""; 0]);
}

#[test]
fn a_long_chain_of_references_is_no_stack_overflow() {
    let link = |n: usize| {
        format!(
            "    L{n}: {{$ref: '#/components/schemas/L{}'}}\n",
            (n + 1) % 20_000
        )
    };
    let chain: String = (0..20_000).map(link).collect();
    let error = error(&with_schemas(&chain));
    assert!(
        error.starts_with("/components/schemas/L19999/$ref: `L0` contains only itself"),
        "{error}"
    );
    assert!(error.len() < 200, "{error}");
}

#[test]
fn copies_without_end() {
    let header = "{$ref: '#/components/headers/H', description: D}";
    let document = with_path("/a", "{}")
        + &format!(
            "components: {{headers: {{H: {{content: {{a/b: {{encoding: {{e: {{headers: \
             {{h: {header}}}}}}}}}}}}}}}}}\n"
        );
    assert!(error(&document).contains("would never end"));
    let item = "{$ref: '#/paths/~1a'}";
    assert!(error(&with_path("/a", item)).contains("refers only to itself"));
}

#[test]
fn siblings_that_a_reference_cannot_have() {
    let document = with_path(
        "/a",
        "{parameters: [{$ref: '#/components/parameters/P', name: n}]}",
    ) + "components: {parameters: {P: {name: p, in: query, schema: {}}}}\n";
    assert_eq!(
        error(&document),
        "/paths/~1a/parameters/0/name: `name` cannot be used beside `$ref`; set it where a \
         parameter is defined"
    );
}

const RESPONSES: &str = "responses: {'200': {description: D}}";

#[test]
fn paths_that_contradict_their_parameters() {
    let parameters = "[{name: b, in: path, required: true, schema: {}}, \
                      {name: q, in: query, schema: {}}, {name: q, in: query, schema: {}}]";
    let item = format!("{{get: {{{RESPONSES}, parameters: {parameters}}}}}");
    assert_eq!(
        errors(&with_path("/x/{a}", &item)),
        [
            "/paths/~1x~1{a}/get: no parameter is declared for `{a}` of `/x/{a}`",
            "/paths/~1x~1{a}/get/parameters/0: `/x/{a}` has no `{b}`",
            "/paths/~1x~1{a}/get/parameters/2: the query parameter `q` is listed twice (see also \
             /paths/~1x~1{a}/get/parameters/1)",
        ]
    );
    let optional = "{parameters: [{name: a, in: path, schema: {}}]}";
    assert!(error(&with_path("/{a}", optional)).contains("set `required: true`"));
    for path in ["/{a", "/a}", "/{}", "/{a{b}}", "/{a/b}", "/{a}}"] {
        assert!(
            error(&with_path(path, "{}")).contains("do not enclose names"),
            "{path}"
        );
    }
    assert!(error(&with_path("/{a}/{a}", "{}")).contains("twice"));
}

#[test]
fn parameters_of_the_path_count_for_its_operations() {
    let shared = "parameters: [{$ref: '#/components/parameters/A'}]";
    let own = "parameters: [{name: a, in: path, required: true, schema: {type: string}}]";
    let item = format!("{{{shared}, get: {{{RESPONSES}}}, put: {{{RESPONSES}, {own}}}}}");
    let document = with_path("/{a}", &item)
        + "components: {parameters: {A: {name: a, in: path, required: true, schema: {}}}}\n";
    assert_eq!(errors(&document), [""; 0]);
}

#[test]
fn operations_and_paths_that_are_not_unique() {
    let item =
        format!("{{get: {{operationId: o, {RESPONSES}}}, put: {{operationId: o, {RESPONSES}}}}}");
    assert_eq!(
        error(&with_path("/a", &item)),
        "/paths/~1a/put/operationId: `o` is the id of another operation (see also \
         /paths/~1a/get/operationId)"
    );
    let operation = |method, name| {
        let parameter = format!("[{{name: {name}, in: path, required: true, schema: {{}}}}]");
        format!("{{{method}: {{parameters: {parameter}, {RESPONSES}}}}}")
    };
    let two = |method| {
        let items = format!(
            "{}, '/{{b}}': {}",
            operation("get", "a"),
            operation(method, "b")
        );
        errors(&with_path("/{a}", &items))
    };
    assert_eq!(two("put"), [""; 0]);
    assert_eq!(
        two("get"),
        [
            "/paths/~1{b}/get: `GET /{b}` matches what another operation matches (see also \
             /paths/~1{a}/get); remove one of them with an overlay action"
        ]
    );
}

#[test]
fn errors_come_in_the_order_of_the_spec() {
    let document = with_schemas("    S: {type: string, properties: [], wrong: 1}\n")
        .replace("paths: {}", "paths: {'/{a}': {get: {}}, b: {}}")
        .replace("3.1.0", "3.0.3")
        .replace("    Nothing: {type: 'null'}\n", "");
    let lines = errors(&document);
    let pointers: Vec<_> = lines
        .iter()
        .filter_map(|line| line.split(':').next())
        .collect();
    assert_eq!(
        pointers,
        [
            "/paths/~1{a}/get",
            "/paths/~1{a}/get",
            "/paths/b",
            "/components/schemas/S/properties",
            "/components/schemas/S/wrong",
        ]
    );
}

#[test]
fn paths_that_would_call_other_paths() {
    for (path, expected) in [
        (
            "/e?x=y",
            "`?` begins a query; declare what follows as query parameters",
        ),
        (
            "/f#g",
            "what follows `#` never reaches a server; remove the `#` and what follows it",
        ),
        (
            "/l/../m",
            "`.` and `..` lead to another path; write that path",
        ),
        (
            "/l/%2E/m",
            "`.` and `..` lead to another path; write that path",
        ),
    ] {
        let document = with_path(path, &format!("{{get: {{{RESPONSES}}}}}"));
        let at = path.replace('/', "~1");
        assert_eq!(
            error(&document),
            format!("/paths/{at}: `{path}` is not a valid path: {expected}")
        );
    }
    for path in ["/a..b/...", "/h i", "/gr\u{f6}\u{df}e", "/%6A"] {
        let document = with_path(path, &format!("{{get: {{{RESPONSES}}}}}"));
        assert_eq!(errors(&document), [""; 0], "{path}");
    }
}

#[test]
fn names_of_headers_and_cookies_that_are_no_tokens() {
    let item = |name: &str, place: &str| {
        let parameter = format!("{{name: '{name}', in: {place}, schema: {{type: string}}}}");
        with_path(
            "/a",
            &format!("{{get: {{parameters: [{parameter}], {RESPONSES}}}}}"),
        )
    };
    for (name, place) in [
        ("X-A Evil: 1", "header"),
        ("a;b=c", "cookie"),
        ("", "header"),
    ] {
        let error = error(&item(name, place));
        let at = "/paths/~1a/get/parameters/0/name: `name` must be a token, such as";
        assert!(error.starts_with(at), "{error}");
    }
    for (name, place) in [("X-A_b.1", "header"), ("a;b=c", "query")] {
        assert_eq!(errors(&item(name, place)), [""; 0]);
    }
}

#[test]
fn numbers_that_fit_no_type() {
    for (schema, at) in [
        (
            "{type: integer, enum: [1, 18446744073709551616]}",
            "/enum/1",
        ),
        ("{type: number, default: 1e400}", "/default"),
    ] {
        let error = schema_error(schema);
        assert!(
            error.starts_with(at) && error.ends_with("fits no 64-bit type"),
            "{error}"
        );
    }
    assert!(schema_error("{type: string, maxLength: 1.5}").contains("an integer"));
}

#[test]
fn specs_of_3_1_that_hold_nothing() {
    let empty = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n";
    assert!(error(empty).contains("none of `paths`, `components` and `webhooks`"));
    assert!(error(&empty.replace("3.1.0", "3.0.3")).contains("lacks `paths`"));
}

/// A chain of components, each the next one in this.
fn chain(length: usize, link: impl Fn(&str) -> String) -> String {
    let next = |index| format!("{{$ref: '#/components/schemas/C{}'}}", index + 1);
    let links = (0..length).map(|index| format!("    C{index}: {}\n", link(&next(index))));
    with_schemas(&(links.collect::<String>() + &format!("    C{length}: {{type: string}}\n")))
}

#[test]
fn chains_are_as_deep_as_specs_may_be() {
    type Link = fn(&str) -> String;
    let links: [Link; 3] = [
        |next| format!("{{type: array, items: {next}}}"),
        |next| format!("{{type: object, additionalProperties: {next}}}"),
        |next| format!("{{description: D, allOf: [{next}]}}"),
    ];
    for link in links {
        assert_eq!(errors(&chain(120, link)), [""; 0]);
        for length in [121, 200, 20_000] {
            // The error is at the first link that is too deep.
            let first = length - 121;
            assert_eq!(
                error(&chain(length, link)),
                format!(
                    "/components/schemas/C{first}: with this schema, lists, maps and `allOf` of \
                     one schema nest deeper than 120 levels, references followed; put an object \
                     with a property between some of them"
                )
            );
        }
    }
    let named: Link = |next| format!("{{type: object, properties: {{p: {next}}}}}");
    assert_eq!(errors(&chain(20_000, named)), [""; 0]);
}
