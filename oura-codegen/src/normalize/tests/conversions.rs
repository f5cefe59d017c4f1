//! Each conversion of a schema, and of references elsewhere.

use serde_json::{Value as Json, json};

use super::{normalize, schema, with_path, with_schemas};
use crate::document::{Node, Number};
use crate::normalize::Line;

#[test]
fn the_dialect_is_read_and_the_result_is_strict() {
    let normalized = normalize(&with_schemas(""));
    assert_eq!(normalized.dialect.version, "3.1.0");
    assert_eq!(normalized.dialect.line, Line::V3_1);
    assert_eq!(normalized.openapi.openapi, "3.0.3");
    let normalized = normalize(&with_path("/a", "{}"));
    assert_eq!(normalized.dialect.line, Line::V3_0);
}

#[test]
fn a_type_or_null_is_nullable() {
    let expected = json!({"type": "string", "nullable": true, "maxLength": 3});
    assert_eq!(schema("{type: [string, 'null'], maxLength: 3}"), expected);
    assert_eq!(schema("{type: [string]}"), json!({"type": "string"}));
    assert_eq!(
        schema("{type: [integer, number]}"),
        json!({"type": "number"})
    );
}

#[test]
fn null_alone_has_one_spelling() {
    let expected = json!({"nullable": true, "enum": [null]});
    for spelling in [
        "{type: 'null'}",
        "{type: ['null']}",
        "{const: null}",
        "{enum: [null]}",
        "{anyOf: [{type: 'null'}, {const: null}]}",
        "{type: [string, integer, 'null'], enum: [null]}",
    ] {
        assert_eq!(schema(spelling), expected, "{spelling}");
    }
}

#[test]
fn the_only_branch_beside_null_replaces_the_union() {
    assert_eq!(
        schema("{title: T, anyOf: [{type: string, format: date}, {type: 'null'}]}"),
        json!({"title": "T", "type": "string", "format": "date", "nullable": true})
    );
    assert_eq!(
        schema("{oneOf: [{type: 'null'}, {type: array, items: {type: string}}]}"),
        json!({"type": "array", "items": {"type": "string"}, "nullable": true})
    );
    assert_eq!(
        schema("{description: D, anyOf: [{$ref: '#/components/schemas/Pet'}, {type: 'null'}]}"),
        json!({
            "description": "D",
            "allOf": [{"$ref": "#/components/schemas/Pet"}],
            "nullable": true,
        })
    );
}

#[test]
fn a_branch_that_says_something_else_than_the_union_loses_nothing() {
    assert_eq!(
        schema("{title: Outer, anyOf: [{type: string, title: Inner}, {type: 'null'}]}"),
        json!({
            "title": "Outer",
            "type": "string",
            "x-title": "Inner",
            "nullable": true,
        })
    );
    assert_eq!(
        schema("{properties: {a: {}}, anyOf: [{additionalProperties: false}, {type: 'null'}]}"),
        json!({
            "properties": {"a": {}},
            "allOf": [{"additionalProperties": false}],
            "nullable": true,
        })
    );
}

#[test]
fn several_branches_beside_null_stay_a_union() {
    assert_eq!(
        schema("{anyOf: [{type: string}, {type: 'null'}, {type: integer}]}"),
        json!({"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": true})
    );
}

#[test]
fn a_reference_to_null_is_a_null_branch() {
    assert_eq!(
        schema("{anyOf: [{type: string}, {$ref: '#/components/schemas/Nothing'}]}"),
        json!({"type": "string", "nullable": true})
    );
}

#[test]
fn annotations_of_null_are_kept() {
    assert_eq!(
        schema("{anyOf: [{type: string}, {type: 'null', description: unknown}]}"),
        json!({
            "type": "string",
            "nullable": true,
            "x-null": {"description": "unknown", "nullable": true, "enum": [null]},
        })
    );
}

#[test]
fn siblings_of_a_reference_are_kept() {
    assert_eq!(
        schema("{$ref: '#/components/schemas/Pet', description: D, nullable: true}"),
        json!({
            "allOf": [{"$ref": "#/components/schemas/Pet"}],
            "description": "D",
            "nullable": true,
        })
    );
    assert_eq!(
        schema("{$ref: '#/components/schemas/Pet', allOf: [{title: T}]}"),
        json!({"allOf": [{"$ref": "#/components/schemas/Pet"}], "title": "T"})
    );
    assert_eq!(
        schema("{$ref: '#/components/schemas/Pet'}"),
        json!({"$ref": "#/components/schemas/Pet"})
    );
}

#[test]
fn simpler_schemas_of_the_same_meaning_replace_combinations() {
    let pet = json!({"$ref": "#/components/schemas/Pet"});
    for (written, simple) in [
        (
            "{allOf: [{type: string}, {maxLength: 9}, {maxLength: 7}]}",
            json!({"type": "string", "maxLength": 7}),
        ),
        (
            "{type: object, allOf: [{$ref: '#/components/schemas/Pet'}]}",
            json!({"allOf": [pet]}),
        ),
        (
            "{oneOf: [{const: a, title: A}, {const: b}]}",
            json!({
                "type": "string",
                "enum": ["a", "b"],
                "x-oneOf": [
                    {"title": "A", "enum": ["a"], "type": "string"},
                    {"enum": ["b"], "type": "string"},
                ],
            }),
        ),
        (
            "{type: object, properties: {a: {}}, anyOf: [{required: [a]}]}",
            json!({"type": "object", "properties": {"a": {}}, "x-anyOf": [{"required": ["a"]}]}),
        ),
        (
            "{type: array, oneOf: [{items: {}}, {maxItems: 1}], minItems: 1}",
            json!({
                "oneOf": [
                    {"type": "array", "items": {}, "minItems": 1},
                    {"type": "array", "maxItems": 1, "minItems": 1},
                ],
                "x-minItems": 1,
            }),
        ),
        (
            "{type: object, required: [a], oneOf: [{$ref: '#/components/schemas/Pet'}, {properties: {b: {}}}]}",
            json!({"oneOf": [
                {"allOf": [{"type": "object", "required": ["a"]}, pet]},
                {"allOf": [
                    {"type": "object", "required": ["a"]},
                    {"properties": {"b": {}}, "type": "object"},
                ]},
            ]}),
        ),
        (
            "{type: string, enum: ['200', 404, 404]}",
            json!({"type": "string", "enum": ["200", "404"]}),
        ),
    ] {
        assert_eq!(schema(written), simple, "{written}");
    }
}

#[test]
fn references_have_one_spelling() {
    let yaml = with_schemas(
        "    a~b/c d: {type: string}\n    S: {$ref: '#/components/schemas/a~0b~1c%20d'}\n",
    );
    let document = normalize(&yaml).document.root.to_json_value();
    assert_eq!(
        document["components"]["schemas"]["S"],
        json!({"$ref": "#/components/schemas/a~0b~1c d"})
    );
    assert_eq!(
        schema("{discriminator: {propertyName: p, mapping: {a: Pet}}}"),
        json!({
            "discriminator": {"propertyName": "p", "mapping": {"a": "#/components/schemas/Pet"}},
        })
    );
}

#[test]
fn const_is_an_enumeration_of_one() {
    let expected = json!({"type": "string", "enum": ["a"]});
    assert_eq!(schema("{type: string, const: a}"), expected);
    assert_eq!(schema("{const: a}"), expected);
    assert_eq!(schema("{const: a, enum: [a, b]}"), expected);
}

#[test]
fn null_in_an_enumeration_is_nullable() {
    let expected = json!({"type": "string", "enum": ["a", "b"], "nullable": true});
    assert_eq!(
        schema("{type: [string, 'null'], enum: [a, null, b]}"),
        expected
    );
    assert_eq!(schema("{type: string, enum: [a, null, b]}"), expected);
    assert_eq!(schema("{enum: [a, null, b]}"), expected);
}

#[test]
fn an_enumeration_of_one_type_has_that_type() {
    assert_eq!(
        schema("{enum: [1, 2]}"),
        json!({"type": "integer", "enum": [1, 2]})
    );
    assert_eq!(
        schema("{enum: [1, 2.5]}"),
        json!({"type": "number", "enum": [1, 2.5]})
    );
    assert_eq!(schema("{enum: [1, a]}"), json!({"enum": [1, "a"]}));
}

#[test]
fn several_types_are_a_union() {
    assert_eq!(
        schema(
            "{title: T, type: [string, integer, 'null'], minLength: 1, minimum: 2, format: date}"
        ),
        json!({
            "title": "T",
            "nullable": true,
            "anyOf": [
                {"type": "string", "minLength": 1, "format": "date"},
                {"type": "integer", "minimum": 2},
            ],
        })
    );
    assert_eq!(
        schema("{type: [string, integer], enum: [a, 1]}"),
        json!({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "integer", "enum": [1]}]})
    );
    assert_eq!(
        schema("{type: [string, integer], enum: [a, null]}"),
        json!({"type": "string", "enum": ["a"], "nullable": true})
    );
    assert_eq!(
        schema("{type: [array, integer], minimum: 1.0}"),
        json!({
            "anyOf": [{"type": "array", "items": {}}, {"type": "integer", "minimum": 1}],
        })
    );
    assert_eq!(
        schema("{type: [boolean, integer], minLength: 1, format: date}"),
        json!({
            "anyOf": [{"type": "boolean"}, {"type": "integer"}],
            "x-minLength": 1,
            "x-format": "date",
        })
    );
}

#[test]
fn examples_are_kept() {
    assert_eq!(schema("{examples: [a]}"), json!({"example": "a"}));
    assert_eq!(
        schema("{examples: [a, b]}"),
        json!({"example": "a", "x-examples": ["a", "b"]})
    );
    assert_eq!(
        schema("{example: c, examples: [a]}"),
        json!({"example": "c", "x-examples": ["a"]})
    );
}

#[test]
fn numeric_exclusive_bounds_are_bounds_with_a_flag() {
    assert_eq!(
        schema("{type: number, exclusiveMinimum: 1, exclusiveMaximum: 2.5}"),
        json!({
            "type": "number",
            "minimum": 1, "exclusiveMinimum": true,
            "maximum": 2.5, "exclusiveMaximum": true,
        })
    );
    assert_eq!(
        schema("{type: number, exclusiveMinimum: 1, minimum: 2, exclusiveMaximum: 3, maximum: 3}"),
        json!({"type": "number", "minimum": 2, "maximum": 3, "exclusiveMaximum": true})
    );
    assert_eq!(
        schema("{type: number, exclusiveMinimum: true, minimum: 2}"),
        json!({"type": "number", "minimum": 2, "exclusiveMinimum": true})
    );
}

#[test]
fn whole_numbers_of_an_integer_are_integers() {
    assert_eq!(
        schema("{type: integer, minimum: -1.0, maximum: 3.0, enum: [2.0]}").to_string(),
        json!({"type": "integer", "minimum": -1, "maximum": 3, "enum": [2]}).to_string()
    );
}

#[test]
fn encodings_are_formats_where_they_mean_them() {
    assert_eq!(
        schema("{type: string, contentEncoding: base64, contentMediaType: image/png}"),
        json!({"type": "string", "format": "byte", "x-contentMediaType": "image/png"})
    );
    assert_eq!(
        schema("{contentMediaType: application/octet-stream}"),
        json!({"type": "string", "format": "binary"})
    );
    assert_eq!(
        schema("{type: string, contentMediaType: application/json, contentSchema: {type: object}}"),
        json!({
            "type": "string",
            "x-contentMediaType": "application/json",
            "x-contentSchema": {"type": "object"},
        })
    );
}

#[test]
fn constraints_without_effect_are_set_aside() {
    assert_eq!(
        schema("{type: object, format: x, minimum: 1, properties: {}, not: {type: string}}"),
        json!({
            "type": "object",
            "properties": {},
            "x-format": "x",
            "x-minimum": 1,
            "x-not": {"type": "string"},
        })
    );
}

#[test]
fn boolean_schemas_and_arrays_of_anything_are_written_out() {
    assert_eq!(
        schema("{properties: {a: true}, additionalProperties: false}"),
        json!({"properties": {"a": {}}, "additionalProperties": false})
    );
    assert_eq!(
        schema("{type: array}"),
        json!({"type": "array", "items": {}})
    );
}

#[test]
fn moved_nodes_know_where_they_came_from() {
    let yaml = with_schemas("    S: {anyOf: [{type: string, format: date}, {type: 'null'}]}\n");
    let normalized = normalize(&yaml);
    let keys = ["components", "schemas", "S", "format"];
    let format = super::super::tree::descend(&normalized.document.root, &keys);
    let origin = format.map(|node| node.origin.to_string());
    let expected = "test.yaml#/components/schemas/S/anyOf/0/format";
    assert_eq!(origin.as_deref(), Some(expected));
}

#[test]
fn a_described_reference_is_a_copy_with_that_description() {
    let yaml = with_path(
        "/a",
        "{get: {responses: {'404': {$ref: '#/components/responses/R', description: Mine}}}}",
    ) + "components: {responses: {R: {$ref: '#/components/responses/Q'}, \
         Q: {description: Theirs, x-a: 1}}}\n";
    let document = normalize(&yaml).document.root.to_json_value();
    let response = &document["paths"]["/a"]["get"]["responses"]["404"];
    assert_eq!(*response, json!({"description": "Mine", "x-a": 1}));
    let shared = &document["components"]["responses"];
    assert_eq!(shared["R"], json!({"$ref": "#/components/responses/Q"}));
}

#[test]
fn a_path_that_is_a_reference_is_a_copy() {
    let yaml = with_path("/a", "{$ref: '#/components/pathItems/A', summary: S}")
        + "components: {pathItems: {A: {get: {responses: {'200': {description: D}}}}}}\n";
    let document = normalize(&yaml).document.root.to_json_value();
    assert_eq!(
        document["paths"]["/a"],
        json!({"summary": "S", "get": {"responses": {"200": {"description": "D"}}}})
    );
    assert!(document["components"].get("pathItems").is_none());
}

/// The node at a place of a spec after normalization.
fn in_document(document: &str, at: &[&str]) -> Json {
    let normalized = normalize(document);
    let node = super::super::tree::descend(&normalized.document.root, at);
    node.expect("the place is there").to_json_value()
}

#[test]
fn chains_of_references_end_soon() {
    let aliases = (0..8_000).map(|index| {
        format!(
            "    S{index}: {{$ref: '#/components/schemas/S{}'}}\n",
            index + 1
        )
    });
    let document = with_schemas(&(aliases.collect::<String>() + "    S8000: {type: string}\n"));
    let end = json!({"$ref": "#/components/schemas/S8000"});
    for key in ["S0", "S1", "S7999"] {
        assert_eq!(in_document(&document, &["components", "schemas", key]), end);
    }
}

#[test]
fn schemas_within_others_can_be_referred_to() {
    let document = with_schemas(
        "    T: {type: object, properties: {a: {type: string}, b: {type: array, items: {enum: [x]}}}}\n\
         \x20   U: {$ref: '#/components/schemas/T/properties/a'}\n\
         \x20   V: {oneOf: [{$ref: '#/components/schemas/T/properties/b/items'}, {type: integer}]}\n\
         \x20   T-a: {type: boolean}\n",
    );
    let schemas = in_document(&document, &["components", "schemas"]);
    let reference = |key: &str| json!({"$ref": format!("#/components/schemas/{key}")});
    assert_eq!(schemas["T"]["properties"]["a"], reference("T-a-2"));
    assert_eq!(schemas["U"], reference("T-a-2"));
    assert_eq!(schemas["T-a-2"], json!({"type": "string"}));
    assert_eq!(schemas["T-a"], json!({"type": "boolean"}));
    assert_eq!(
        schemas["T"]["properties"]["b"]["items"],
        reference("T-b-item")
    );
    assert_eq!(schemas["V"]["oneOf"][0], reference("T-b-item"));
    assert_eq!(
        schemas["T-b-item"],
        json!({"type": "string", "enum": ["x"]})
    );
}

#[test]
fn parameters_of_other_operations_are_copied() {
    let parameter = "{name: q, in: query, schema: {type: string}}";
    let responses = "responses: {'204': {description: D}}";
    let document = with_path(
        "/a",
        &format!(
            "{{get: {{parameters: [{parameter}], {responses}}}, put: {{parameters: [{{$ref: \
             '#/paths/~1a/get/parameters/0'}}], {responses}}}}}"
        ),
    );
    let at = |method| in_document(&document, &["paths", "/a", method, "parameters", "0"]);
    assert_eq!(at("put"), at("get"));
}

#[test]
fn specs_of_3_1_may_leave_out_what_is_empty() {
    let document = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\ncomponents: {}\n";
    assert_eq!(in_document(document, &["paths"]), json!({}));
    let document = with_path("/a", "{get: {}}").replace("3.0.3", "3.1.0");
    let at = ["paths", "/a", "get", "responses"];
    assert_eq!(in_document(&document, &at), json!({}));
}

#[test]
fn unknown_keywords_of_3_1_are_annotations() {
    assert_eq!(schema("{wholly: 1}"), json!({"x-wholly": 1}));
    let values = json!({"type": "string"});
    assert_eq!(
        schema("{type: object, unevaluatedProperties: {type: string}}"),
        json!({"type": "object", "additionalProperties": values})
    );
    assert_eq!(
        schema("{allOf: [{type: object}], unevaluatedProperties: {type: string}}"),
        json!({"type": "object", "x-unevaluatedProperties": values})
    );
    assert_eq!(
        schema("{$defs: {A: {type: string}}, type: integer}"),
        json!({"type": "integer", "x-defs": {"A": {"type": "string"}}})
    );
}

#[test]
fn integers_may_be_written_with_a_fraction() {
    assert_eq!(
        schema("{type: string, minLength: 10.0, maxLength: 1e3}"),
        json!({"type": "string", "minLength": 10, "maxLength": 1000})
    );
}

#[test]
fn bounds_beyond_64_bits_stay_in_the_tree() {
    let large = "{type: integer, minimum: -9223372036854776000, maximum: 18446744073709552000}";
    let normalized = normalize(&with_schemas(&format!("    S: {large}\n")));
    let keys = ["components", "schemas", "S", "minimum"];
    let bound = super::super::tree::descend(&normalized.document.root, &keys);
    assert_eq!(
        bound.and_then(Node::as_number),
        Some(&Number::Large("-9223372036854776000".into()))
    );
}

#[test]
fn mutual_tls_is_left_to_the_transport() {
    let document = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n\
        security: [{m: [], k: []}, {m: []}]\n\
        components: {securitySchemes: {m: {type: mutualTLS}, k: {type: http, scheme: basic}}}\n";
    assert_eq!(in_document(document, &["security"]), json!([{"k": []}, {}]));
    let components = in_document(document, &["components"]);
    assert_eq!(
        components["securitySchemes"],
        json!({"k": {"type": "http", "scheme": "basic"}})
    );
    assert_eq!(
        components["x-mutualTLS"],
        json!({"m": {"type": "mutualTLS"}})
    );
}

#[test]
fn keywords_of_other_types_have_no_effect() {
    assert_eq!(
        schema("{type: string, properties: {a: {}}, required: [a], items: {}}"),
        json!({
            "type": "string", "x-properties": {"a": {}}, "x-required": ["a"], "x-items": {}
        })
    );
}
