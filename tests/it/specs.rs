//! Specs with features that other APIs use, each with the code or the errors that it must give.
//! Nothing aborts, and the cost is linear.

mod chains;
mod mutations;
mod names;

use std::collections::BTreeSet;
use std::fs;

use oura_codegen::document::parse_document;
use oura_codegen::error::Errors;
use oura_codegen::facts::surface;
use oura_codegen::lower::lower_api;
use oura_codegen::normalize::{normalize_document, without_prose};
use oura_codegen::policy::Policy;
use oura_codegen::render::{render_data, render_files};
use oura_tests::{read, root};

/// The expected result for a spec.
enum Expected {
    /// Code and facts that contain these lines, without blanks at their ends.
    Lines(&'static [&'static str]),
    /// These errors, each as its place and the beginning of its message.
    Errors(&'static [(&'static str, &'static str)]),
}

use Expected::{Errors as Refused, Lines};

const SPECS: &[(&str, Expected)] = &[
    (
        "all_of_one_inline.yaml",
        Lines(&["pub struct Item {", "pub n: Option<i64>,"]),
    ),
    (
        "all_of_one_inline_property.yaml",
        Lines(&["pub a: Option<LinksA>,", "pub b: Option<LinksB>,"]),
    ),
    (
        "api_key.yaml",
        Lines(&[
            "&rt::Scheme::new(\"key\", rt::Sends::Header(\"X-Api-Key\")),",
            "const AUTH_1: rt::RouteSecurity = (rt::Auth::Other, &[&[SCHEMES[0]]]);",
            "key: name X-Api-Key",
        ]),
    ),
    (
        "all_of_one_with_type.yaml",
        Lines(&["pub fn q(self, q: impl Into<Colour>) -> Self {"]),
    ),
    (
        "any_of_required.yaml",
        Lines(&[
            "CreateA body: requires any_of a | b",
            "/// At least one of `a`, `b` is required.",
            "pub a: Option<String>,",
            "pub b: Option<String>,",
        ]),
    ),
    (
        "body_list_of_dates.yaml",
        Lines(&[
            "pub fn body(self, body: &[time::Date]) -> Self {",
            "self.with_wire(body)",
        ]),
    ),
    (
        "body_shapes.yaml",
        Lines(&[
            "pub fn body(self, body: &[uuid::Uuid]) -> Self {",
            "pub fn body(self, body: &[CreateCRequestItem]) -> Self {",
            "pub fn body(self, body: &Option<Vec<bool>>) -> Self {",
        ]),
    ),
    (
        "bounds_with_fraction.yaml",
        Lines(&["X.f: maximum 100", "X.f: minimum 1"]),
    ),
    (
        "chain_lists_200.json",
        Refused(&[("/components/schemas/S79", "with this schema, lists, maps")]),
    ),
    (
        "collection_and_element.yaml",
        Lines(&[
            "GetApps: route GET /apps",
            "GetAppsById: route GET /apps/{id}",
            "pub fn get_apps(&self) -> rt::Request<op::GetApps, GetAppsResponse> {",
        ]),
    ),
    (
        "discriminator_of_base.yaml",
        Lines(&[
            "pub fn list_pets(&self) -> rt::Request<op::ListPets, Vec<Pet>> {",
            "rt::tagged_union!(Pet by \"type\" {",
            "Cat(Cat) = \"cat\",",
            "Base(PetBase) = \"Pet\",",
            "pub lives: Option<i64>,",
        ]),
    ),
    (
        "enum_as_one_of.yaml",
        Lines(&[
            "State: value PLANNED",
            "Planned,",
            "Running,",
            "Unrecognized(String),",
        ]),
    ),
    (
        "enum_in_body.yaml",
        Refused(&[(
            "/paths/~1a/get/responses/200/content/application~1json/schema/properties/order/enum/1",
            "`ASC` and `asc` both become `Asc`",
        )]),
    ),
    (
        "enum_value_twice.yaml",
        Lines(&[
            "GetA query order: value asc",
            "Asc = \"asc\",",
            "Desc = \"desc\",",
        ]),
    ),
    (
        "enum_without_letters.yaml",
        Lines(&["Comma = \",\",", "Semicolon = \";\",", "Minus = \"-\","]),
    ),
    (
        "gen_operation.yaml",
        Lines(&[
            "pub fn r#gen(&self) -> rt::Request<op::Gen, Gen> {",
            "/// let response = client.r#gen().send().await?;",
        ]),
    ),
    (
        "gen_parameter.yaml",
        Lines(&[
            "pub fn r#gen(self, r#gen: impl Into<String>) -> Self {",
            "self.with_query(\"gen\", r#gen.into())",
        ]),
    ),
    ("gen_property.yaml", Lines(&["pub r#gen: Option<String>,"])),
    (
        "form_body.yaml",
        Lines(&[
            "rt::Request::new(self, rt::decode::empty).with_form(body, &[])",
            "pub status: CreateThingsRequestStatus,",
        ]),
    ),
    (
        "header_no_token.yaml",
        Refused(&[
            ("/paths/~1a/get/parameters/0/name", "`name` must be a token"),
            ("/paths/~1a/get/parameters/1/name", "`name` must be a token"),
        ]),
    ),
    (
        "keyword_paths.yaml",
        Lines(&["pub fn get_mod(&self) -> rt::Request<op::GetMod, B> {"]),
    ),
    (
        "large_bounds.yaml",
        Lines(&[
            "GetX query q: maximum 18446744073709552000",
            "GetX query q: minimum -9223372036854776000",
            "pub fn q(self, q: impl Into<i64>) -> Self {",
        ]),
    ),
    (
        "length_with_fraction.yaml",
        Lines(&[
            "GetA query q: max_length 10",
            "GetB query q: max_length 1000",
        ]),
    ),
    (
        "list_of_enum_without_letters.yaml",
        Lines(&["Empty = \"\",", "Question = \"?\",", "Exclamation = \"!\","]),
    ),
    (
        "one_of_two_lists.yaml",
        Lines(&["ListOfA(Vec<A>),", "ListOfB(Vec<B>),"]),
    ),
    (
        "only_4xx.yaml",
        Lines(&["pub fn get_x(&self) -> rt::Request<op::GetX, ()> {"]),
    ),
    (
        "media_types.yaml",
        Lines(&[
            ".with_content_type(\"application/merge-patch+json\")",
            ".accepting(\"application/vnd.api+json, application/json\")",
            ".with_content_type(\"application/vnd.api+json\")",
            "rt::Request::new(self, rt::decode::text).accepting(\"text/csv, application/json\")",
            ".accepting(\"application/octet-stream, application/json\")",
            "rt::Request::new(self, rt::decode::json)",
        ]),
    ),
    (
        "multipart_body.yaml",
        Lines(&[
            "pub file: rt::File,",
            ".with_multipart([rt::multipart::files(\"file\", &body.file)])",
        ]),
    ),
    (
        "null_in_a_patch.yaml",
        Lines(&[
            "PatchX body.note: sends_null true",
            "pub note: Option<Option<String>>,",
            "pub fn note(mut self, note: impl Into<String>) -> Self {",
            "self.note = Some(Some(note.into()));",
            "pub fn note_null(mut self) -> Self {",
            "self.note = Some(None);",
        ]),
    ),
    (
        "path_catch_all.yaml",
        Lines(&["rt::Request::new(self, rt::decode::empty).with_path(\"*rest\", star_rest)"]),
    ),
    (
        "path_not_a_path.yaml",
        Refused(&[
            (
                "/paths/~1e?x=y",
                "`/e?x=y` is not a valid path: `?` begins a query",
            ),
            (
                "/paths/~1f#g",
                "`/f#g` is not a valid path: what follows `#`",
            ),
            (
                "/paths/~1l~1..~1m",
                "`/l/../m` is not a valid path: `.` and `..`",
            ),
        ]),
    ),
    ("path_to_encode.yaml", Lines(&["/// `GET /h i`."])),
    (
        "ref_into_schema.yaml",
        Lines(&["pub fn get_a(&self) -> rt::Request<op::GetA, String> {"]),
    ),
    (
        "self_inline_all_of.yaml",
        Lines(&["pub this: Option<This>,", "pub href: Option<String>,"]),
    ),
    (
        "self_inline_object.yaml",
        Lines(&["pub self_: Option<LinksSelf>,"]),
    ),
    (
        "symbol_segment.yaml",
        Lines(&[
            "pub fn get_a_b(&self) -> rt::Request<op::GetAB, ()> {",
            "pub fn create_batch(&self) -> rt::Request<op::CreateBatch, ()> {",
            "pub fn get_users_me(&self) -> rt::Request<op::GetUsersMe, ()> {",
        ]),
    ),
    (
        "two_inline_enums.yaml",
        Lines(&[
            "pub a_b: Option<LinksAB>,",
            "pub a_beta: Option<LinksABeta>,",
        ]),
    ),
    (
        "v31_no_paths.yaml",
        Lines(&["T_: schema T", "T_: type object"]),
    ),
    (
        "v31_no_responses.yaml",
        Lines(&["pub fn get_a(&self) -> rt::Request<op::GetA, ()> {"]),
    ),
    (
        "v31_unevaluated_schema.yaml",
        Lines(&[") -> rt::Request<op::GetA, std::collections::BTreeMap<String, String>> {"]),
    ),
];

#[test]
fn each_spec_gives_what_it_must() {
    for (file, expected) in SPECS {
        let generated = generate(&read(&format!("tests/specs/{file}")));
        match (expected, generated) {
            (Lines(expected), Ok(text)) => {
                let lines: Vec<&str> = text.lines().map(str::trim).collect();
                for line in *expected {
                    assert!(lines.contains(line), "{file}: no line `{line}` in\n{text}");
                }
            }
            (Refused(expected), Err(errors)) => {
                assert_eq!(errors.len(), expected.len(), "{file}:\n{errors}");
                for ((place, message), error) in expected.iter().zip(&errors) {
                    let at = error.at.to_string();
                    assert_eq!(at, format!("spec#{place}"), "{file}");
                    assert!(error.message.starts_with(message), "{file}: {error}");
                }
            }
            (Lines(_), Err(errors)) => panic!("{file}: {errors}"),
            (Refused(_), Ok(text)) => panic!("{file} is not refused:\n{text}"),
        }
    }
}

#[test]
fn each_file_has_a_row() {
    let entries = fs::read_dir(root().join("tests/specs"));
    let entries = entries.unwrap_or_else(|error| panic!("{error}"));
    let files = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let rows = SPECS.iter().map(|(file, _)| (*file).to_owned());
    assert_eq!(files.collect::<BTreeSet<_>>(), rows.collect());
}

/// The facts and the code of a spec, generated with the default policy.
fn generate(spec: &str) -> Result<String, Errors> {
    let normalized = normalize_document(parse_document("spec", spec)?)?;
    let lowered = lower_api(&normalized, &Policy::default())?;
    let facts = surface(&lowered.facts).into_values();
    let code = render_files(&lowered.api);
    let data = render_data(&lowered.api, &without_prose(&normalized.document));
    let files = code.into_iter().chain(data).map(|file| file.text);
    Ok(facts.chain(files).collect())
}
