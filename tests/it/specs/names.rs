//! Names that an overlay gives, and the actions that errors propose.

use oura_codegen::document::parse_document;
use oura_codegen::error::Errors;
use oura_codegen::overlay::{apply_overlay, parse_overlay};
use oura_codegen::policy::{Collisions, Policy};
use oura_codegen::render::render_files;
use oura_tests::{lower, read};

/// An operation, a parameter, a value, a field, a type in place, a schema and a branch, each with
/// the same Rust name as another one.
const COLLISIONS: &str = "
openapi: 3.0.3
info: {title: Names that are one in Rust, version: '1'}
paths:
  /a-b: {get: {responses: {'200': {description: One., content: {application/json: {schema: {$ref: '#/components/schemas/thing'}}}}}}}
  /a_b: {get: {responses: {'200': {description: One., content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}}}}
  /it's-\"c\": {get: {responses: {'204': {description: Done.}}}}
  /its-c:
    get:
      parameters:
        - {name: since, in: query, schema: {type: string}}
        - {name: Since, in: query, schema: {type: string}}
      responses: {'204': {description: Done.}}
  /it.s-c: {get: {responses: {'204': {description: Done.}}}}
components:
  schemas:
    thing: {type: object, properties: {aB: {type: string}, a_b: {type: string}, part: {type: object, properties: {n: {type: string}}}}}
    Thing: {type: string, enum: [asc, ASC, Asc]}
    ThingPart: {oneOf: [{type: object, title: One, properties: {a: {type: string}}}, {type: object, title: one, properties: {b: {type: string}}}]}
";

#[test]
fn proposed_actions_resolve_all_collisions() {
    let errors = generate(COLLISIONS, None, &Policy::default()).expect_err("names collide");
    let help = errors.iter().filter_map(|error| error.help.as_deref());
    let actions: Vec<&str> = help
        .filter_map(|help| help.split_once(": - ")?.1.split_once("; `--names"))
        .map(|(action, _)| action)
        .collect();
    assert_eq!(actions.len(), errors.len(), "{errors}");
    assert!(actions.len() >= 8, "{errors}");
    let actions = actions.iter().map(|action| format!("  - {action}\n"));
    let overlay = overlay(&actions.collect::<String>());
    let again = generate(COLLISIONS, Some(&overlay), &Policy::default());
    assert!(again.is_ok(), "{overlay}\n{}", again.unwrap_err());
}

#[test]
fn numbers_resolve_all_collisions() {
    let policy = Policy {
        collisions: Collisions::Numbered,
        ..Policy::default()
    };
    let code = generate(COLLISIONS, None, &policy).unwrap_or_else(|errors| panic!("{errors}"));
    for line in [
        "pub fn get_a_b_2(",
        "pub a_b_2: Option<String>",
        "pub enum Thing2 {",
        "Asc3,",
    ] {
        assert!(code.contains(line), "no `{line}` in\n{code}");
    }
}

#[test]
fn an_overlay_names_a_field_and_its_type() {
    let spec = read("tests/specs/self_inline_object.yaml");
    let action = |update: &str| {
        let target = "$.components.schemas.Links.properties.self";
        let action =
            format!("  - {{target: {target}, x-evidence: It reads better., update: {update}}}\n");
        let generated = generate(&spec, Some(&overlay(&action)), &Policy::default());
        generated.unwrap_or_else(|errors| panic!("{errors}"))
    };
    let field = action("{x-rust-name: this}");
    assert!(field.contains("pub this: Option<LinksThis>"), "{field}");
    let ty = action("{x-rust-type: Link}");
    assert!(ty.contains("pub self_: Option<Link>"), "{ty}");
    let both = action("{x-rust-name: this, x-rust-type: Link}");
    assert!(both.contains("pub this: Option<Link>"), "{both}");
}

/// New operations and another order change no names.
#[test]
fn names_of_operations_do_not_depend_on_others() {
    let path = |template: &str| {
        let parameters = template.split('{').skip(1).map(|part| {
            let name = part.split('}').next().unwrap_or_default();
            format!("{{name: {name}, in: path, required: true, schema: {{type: string}}}}")
        });
        let parameters: Vec<String> = parameters.collect();
        let parameters = parameters.join(", ");
        format!(
            "  {template}: {{get: {{parameters: [{parameters}], \
             responses: {{'204': {{description: Done.}}}}}}}}\n"
        )
    };
    let head = "openapi: 3.0.3\ninfo: {title: Apps, version: '1'}\npaths:\n";
    let spec = |templates: &[&str]| {
        let paths = templates.iter().map(|template| path(template));
        let spec = head.to_owned() + &paths.collect::<String>();
        generate(&spec, None, &Policy::default()).unwrap_or_else(|errors| panic!("{errors}"))
    };
    let all = ["/apps", "/apps/{id}", "/apps/{id}/keys", "/apps/{id}/{key}"];
    let names = [
        "get_apps(",
        "get_apps_by_id(",
        "get_apps_by_id_keys(",
        "get_apps_by_id_and_key(",
    ];
    let reversed: Vec<&str> = all.iter().rev().copied().collect();
    for code in [spec(&all), spec(&reversed)] {
        for name in names {
            assert!(
                code.contains(&format!("pub fn {name}")),
                "{name} in\n{code}"
            );
        }
    }
    for (template, name) in all.iter().zip(names) {
        let code = spec(&[*template]);
        assert!(
            code.contains(&format!("pub fn {name}")),
            "{name} in\n{code}"
        );
    }
}

fn overlay(actions: &str) -> String {
    format!("overlay: 1.0.0\ninfo: {{title: Names, version: '1'}}\nactions:\n{actions}")
}

/// The code generated from a spec and an overlay.
fn generate(spec: &str, overlay: Option<&str>, policy: &Policy) -> Result<String, Errors> {
    let mut document = parse_document("spec", spec)?;
    if let Some(overlay) = overlay {
        let overlay = parse_overlay(&parse_document("overlay", overlay)?)?;
        document = apply_overlay(document, &overlay)?.0;
    }
    let lowered = lower(document, policy)?;
    let files = render_files(&lowered.api).into_iter();
    Ok(files.map(|file| file.text).collect())
}
