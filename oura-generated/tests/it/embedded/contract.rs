//! Every response follows the spec, and the client reads all of its fields.

use std::sync::{Arc, Mutex};

use oura_generated::models::{Sleep, SleepPhase};
use oura_generated::testing::{Oura, User};
use serde_json::{Map, Value, json};

use super::{get, server, today};

const SPEC: &str = include_str!("../../../src/generated/document.json");

/// The spec as JSON Schema, which has no `nullable`. Objects have the properties that the
/// spec lists and no others.
fn schemas() -> Value {
    convert(&serde_json::from_str(SPEC).expect("JSON"))
}

fn convert(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(convert).collect(),
        Value::Object(members) => {
            let mut converted: Map<String, Value> = members
                .iter()
                .map(|(key, value)| (key.clone(), convert(value)))
                .collect();
            let is_schema = members.get("properties").is_some_and(Value::is_object);
            if is_schema && !members.contains_key("additionalProperties") {
                converted.insert("additionalProperties".to_owned(), json!(false));
            }
            match converted.remove("nullable") {
                Some(Value::Bool(true)) => json!({ "anyOf": [converted, { "type": "null" }] }),
                _ => Value::Object(converted),
            }
        }
        other => other.clone(),
    }
}

/// What is wrong with the body of a response.
fn problems(root: &Value, schema: &Value, body: &Value) -> Vec<String> {
    let mut schema = schema.clone();
    // After the schemas of the documents there is a branch that allows anything.
    if let Some(first) = schema["anyOf"]
        .get(0)
        .filter(|_| schema["anyOf"][1]["type"] != "null")
    {
        schema = first.clone();
    }
    schema["components"] = root["components"].clone();
    let options = jsonschema::options().should_validate_formats(true);
    let validator = options.build(&schema).expect("a schema");
    let errors = validator.iter_errors(body);
    errors
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect()
}

/// The GET operations: path, and the schema of their responses.
fn gets(root: &Value) -> Vec<(String, Value)> {
    let paths = root["paths"].as_object().expect("paths");
    let gets = paths.iter().filter_map(|(path, item)| {
        let responses = &item.get("get")?["responses"];
        let schema = &responses["200"]["content"]["application/json"]["schema"];
        Some((path.clone(), schema.clone()))
    });
    gets.collect()
}

#[tokio::test]
async fn every_response_is_valid() {
    let root = schemas();
    let (oura, alice) = server();
    let mut lists = 0;
    for (path, schema) in gets(&root) {
        if path.contains("{document_id}") || path.contains("{id}") {
            continue;
        }
        let range = [("start_datetime", "2025-03-28T00:00:00+00:00")];
        let query = if path.ends_with("heartrate") {
            &range[..]
        } else {
            &[]
        };
        let (status, body) = get(&alice, &path, query).await;
        assert_eq!(status, 200, "{path}");
        let mut problems = problems(&root, &schema, &body);
        if path.contains("/sandbox/") {
            // The live sandbox has this field, but the spec does not.
            problems.retain(|problem| !problem.contains("producer_timestamp"));
        }
        assert!(problems.is_empty(), "{path}: {problems:#?}");
        let Some(documents) = body["data"].as_array() else {
            continue;
        };
        assert!(!documents.is_empty(), "{path} has nothing");
        lists += 1;
        if path.contains("/sandbox/") || documents[0].get("id").is_none() {
            continue;
        }
        let by_id = format!("{path}/{}", documents[0]["id"].as_str().expect("an id"));
        assert_eq!(get(&alice, &by_id, &[]).await, (200, documents[0].clone()));
    }
    let resources = oura_generated::Resource::ALL.iter();
    let listed = resources.filter(|one| one.list_route().is_some()).count();
    assert_eq!(lists, 2 * listed, "all resources and their twins");
    assert!(oura.complaints().is_empty(), "{:?}", oura.complaints());
}

#[tokio::test]
async fn the_client_reads_everything_and_misses_nothing() {
    let (_oura, alice) = server();
    let reports = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&reports);
    let client = alice.client_builder().on_drift(move |report| {
        sink.lock()
            .expect("no test panics with it")
            .push(report.clone());
    });
    let client = client.build().expect("settings");
    macro_rules! list {
        ($($method:ident)*) => {$(
            let page = client.$method().send().await.expect(stringify!($method));
            assert!(!page.data.is_empty(), stringify!($method));
            let page = client.sandbox().$method().send().await.expect(stringify!($method));
            assert!(!page.data.is_empty(), stringify!($method));
        )*};
    }
    list!(
        list_tag list_enhanced_tag list_workout list_session list_daily_activity list_daily_sleep
        list_daily_spo2 list_daily_readiness list_sleep list_sleep_time list_rest_mode_period
        list_ring_configuration list_daily_stress list_daily_resilience
        list_daily_cardiovascular_age list_vo2_max list_heartrate list_ring_battery_level
    );
    let me = client.get_personal_info().await.expect("the user");
    assert_eq!(me.id, alice.id());
    let mut reports = reports.lock().expect("no test panics with it").clone();
    // The rows of the live sandbox have this field.
    reports.retain(|report| {
        report
            .unknown_fields
            .iter()
            .any(|field| !field.contains("producer_timestamp"))
            || !report.unrecognized_values.is_empty()
    });
    assert!(reports.is_empty(), "{reports:#?}");
}

/// All lists, as text.
async fn everything(oura: &Oura) -> Vec<String> {
    let bob: User = oura.add_user("bob");
    let mut bodies = Vec::new();
    for (path, _) in gets(&schemas()) {
        if !path.contains('{') {
            bodies.push(get(&bob, &path, &[]).await.1.to_string());
        }
    }
    bodies
}

#[tokio::test]
async fn the_same_seed_and_day_give_the_same_bytes() {
    let make = |seed: u64| {
        let builder = Oura::builder().today(today()).seed(seed);
        builder.in_memory().expect("the spec can be read")
    };
    let first = everything(&make(7)).await;
    assert_eq!(first, everything(&make(7)).await);
    assert_ne!(first, everything(&make(8)).await);
}

#[tokio::test]
async fn a_resource_that_the_next_spec_adds_is_served() {
    let mut spec: Value = serde_json::from_str(SPEC).expect("JSON");
    for (from, to) in [
        ("session", "mood"),
        ("session/{document_id}", "mood/{document_id}"),
    ] {
        let path = |name: &str| format!("/v2/usercollection/{name}");
        let item = spec["paths"][path(from)].clone();
        spec["paths"][path(to)] = item;
    }
    let schema = json!({
        "type": "object", "required": ["id", "day", "mood"],
        "properties": {
            "id": { "type": "string" },
            "day": { "type": "string", "format": "date" },
            "mood": { "type": "string", "enum": ["calm", "tense"] },
            "level": { "type": "integer", "minimum": 3, "maximum": 5 },
        },
    });
    let page = json!({
        "type": "object",
        "properties": { "data": { "type": "array", "items": schema }, "next_token": {} },
    });
    let responses = [
        ("mood", page.clone()),
        ("mood/{document_id}", schema.clone()),
    ];
    for (name, schema) in responses {
        let path = format!("/v2/usercollection/{name}");
        let response = &mut spec["paths"][path]["get"]["responses"]["200"];
        response["content"]["application/json"]["schema"] = schema;
    }
    let builder = Oura::builder().today(today()).spec(spec.to_string());
    let oura = builder.in_memory().expect("the spec can be read");
    let alice = oura.add_user("alice");

    let query = [("start_date", "2025-04-01"), ("end_date", "2025-04-04")];
    let (status, body) = get(&alice, "/v2/usercollection/mood", &query).await;
    assert_eq!(status, 200);
    let documents = body["data"].as_array().expect("a list");
    // Without evidence the last day is not included.
    assert_eq!(documents.len(), 3);
    for document in documents {
        let problems = problems(&json!({}), &convert(&schema), document);
        assert!(problems.is_empty(), "{problems:?}");
        let path = format!(
            "/v2/usercollection/mood/{}",
            document["id"].as_str().expect("an id")
        );
        assert_eq!(get(&alice, &path, &[]).await.1, *document);
    }
    assert!(oura.complaints().is_empty(), "{:?}", oura.complaints());
}

#[tokio::test]
async fn every_route_of_the_crate_is_served() {
    let (oura, alice) = server();
    let client = alice.client();
    for route in oura_generated::Route::ALL {
        let arguments: Vec<&str> = route.path_params().iter().map(|_| "x").collect();
        let path = route.url_path(&arguments).expect("arguments");
        // Other tests check the response; here the server must know the path and the method.
        let _ = client.raw(route.method(), path).send().await;
    }
    let statuses: Vec<u16> = oura.requests().iter().map(|asked| asked.status).collect();
    assert_eq!(statuses.len(), oura_generated::Route::ALL.len());
    assert!(!statuses.contains(&405));
    let complaints = oura.complaints();
    let unknown = complaints
        .iter()
        .filter(|complaint| complaint.message.contains("no such path"));
    assert_eq!(unknown.count(), 0);
}

#[test]
fn examples_of_codes_have_all_codes() {
    let night = Sleep::example();
    let phases: Vec<SleepPhase> = night
        .sleep_phase_5_min_points()
        .map(|(_, phase)| phase)
        .collect();
    assert_eq!(phases, SleepPhase::KNOWN);
}
