//! Reads the operations from the spec: the expected requests, and responses to each.
//!
//! Nothing here uses the generator: the spec and its overlay are read independently.

use std::collections::BTreeSet;

use jsonpath_rust::JsonPath;
use jsonpath_rust::query::queryable::Queryable;
use oura_tests::read;
use serde_json::Value;

use super::calls::{Call, ID, Set};
use super::sample::{Form, Samples, resolve, sample, samples};

/// The vendored spec with its corrections.
pub(crate) struct Spec(Value);

/// An operation of the spec.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) template: String,
    pub(crate) id: String,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) security: Security,
    /// The body with all properties and with the required ones alone, or null.
    bodies: [Value; 3],
    pub(crate) status: u16,
    pub(crate) samples: Samples,
    pub(crate) errors: Vec<(u16, String)>,
}

/// A parameter that the server reads.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// `path`, `query`, `header` or `cookie`.
    pub(crate) place: String,
    pub(crate) required: bool,
    /// Whether it selects fields of the documents in the response.
    is_selection: bool,
    /// The value that is sent, in each set.
    values: [String; 3],
}

/// The credentials that a request must have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Security {
    None,
    Bearer,
    Client,
}

/// The sets of parameters, each with the form of the values that are sent.
const SETS: [(Set, Form); 3] = [
    (Set::Nothing, Form::Least),
    (Set::Days, Form::Full),
    (Set::Moments, Form::Moments),
];

/// All operations of the vendored spec.
pub(crate) fn read_operations() -> Vec<Operation> {
    const METHODS: [&str; 8] = [
        "delete", "get", "head", "options", "patch", "post", "put", "trace",
    ];
    let spec = Spec::read();
    let paths = spec.0["paths"].as_object().expect("there are paths");
    let operations = paths.iter().flat_map(|(template, item)| {
        let operations = item.as_object().into_iter().flatten();
        let operations = operations.filter(|(method, _)| METHODS.contains(&method.as_str()));
        operations.map(move |(method, source)| (template, method, item, source))
    });
    operations
        .map(|(template, method, item, source)| spec.operation(template, method, item, source))
        .collect()
}

impl Spec {
    pub(crate) fn read() -> Self {
        let parse = |path| -> Value {
            serde_yaml::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
        };
        let mut spec = parse("spec/openapi.yaml");
        let overlay = parse("spec/overlay.yaml");
        for action in overlay["actions"].as_array().into_iter().flatten() {
            correct(&mut spec, action);
        }
        Self(spec)
    }

    pub(crate) fn samples_at(&self, at: &str) -> Samples {
        let schema = self.0.pointer(at);
        samples(&self.0, schema.unwrap_or_else(|| panic!("nothing at {at}")))
    }

    /// The places of the objects with properties in successful responses, without pages.
    pub(crate) fn objects_in_responses(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let items = self.0["paths"].as_object().into_iter().flatten();
        let members = items.flat_map(|(_, item)| item.as_object().into_iter().flatten());
        for (_, operation) in members {
            let responses = operation["responses"].as_object().into_iter().flatten();
            for (_, response) in responses.filter(|(code, _)| code.starts_with('2')) {
                let schema = self.json_schema(response);
                // The first branch has the documents; the other one accepts any object.
                let meant = schema["anyOf"].get(0).unwrap_or(&schema);
                self.collect_schemas(meant, &mut names);
            }
        }
        let places = names
            .into_iter()
            .map(|name| format!("/components/schemas/{name}"));
        let is_object = |at: &String| {
            let schema = self.0.pointer(at).expect("it is there");
            let title = schema["title"].as_str().unwrap_or_default();
            schema.get("properties").is_some() && !title.contains('[')
        };
        places.filter(is_object).collect()
    }

    /// The names of all schemas that `value` refers to.
    fn collect_schemas(&self, value: &Value, names: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    match (key.as_str(), value.as_str()) {
                        ("$ref", Some(reference)) => {
                            let name = reference.trim_start_matches("#/components/schemas/");
                            if names.insert(name.to_owned()) {
                                let schema = &self.0["components"]["schemas"][name];
                                self.collect_schemas(schema, names);
                            }
                        }
                        _ => self.collect_schemas(value, names),
                    }
                }
            }
            Value::Array(items) => {
                items
                    .iter()
                    .for_each(|item| self.collect_schemas(item, names));
            }
            _ => {}
        }
    }

    fn operation(&self, template: &str, method: &str, item: &Value, source: &Value) -> Operation {
        let responses = source["responses"].as_object();
        let responses = responses.expect("there are responses");
        let (success, errors): (Vec<_>, Vec<_>) = responses
            .iter()
            .partition(|(code, _)| code.starts_with('2'));
        let [(code, response)] = success[..] else {
            panic!("one success: {template}")
        };
        let samples = samples(&self.0, &self.json_schema(response));
        let errors = errors.iter().map(|(code, error)| {
            let error = resolve(&self.0, error);
            (status(code), text(&error["description"]))
        });
        let body = self.json_schema(&source["requestBody"]);
        Operation {
            method: method.to_uppercase(),
            template: template.to_owned(),
            id: text(&source["operationId"]),
            parameters: self.parameters(item, source, &samples),
            security: self.security(source),
            bodies: SETS.map(|(_, form)| sample(&self.0, &body, form)),
            status: status(code),
            samples,
            errors: errors.collect(),
        }
    }

    /// The schema of a request's or a response's JSON.
    fn json_schema(&self, of: &Value) -> Value {
        let schema = resolve(&self.0, of).pointer("/content/application~1json/schema");
        schema.cloned().unwrap_or_default()
    }

    /// The parameters of an operation and of its path, without the selections of fields that the
    /// overlay marks as not working.
    fn parameters(&self, item: &Value, source: &Value, samples: &Samples) -> Vec<Parameter> {
        let both = [source, item].into_iter();
        let all = both.flat_map(|holder| holder["parameters"].as_array().into_iter().flatten());
        let all = all.map(|parameter| resolve(&self.0, parameter));
        let effective = all.filter(|parameter| parameter["x-rust-field-selection"] != false);
        let mut found: Vec<Parameter> = Vec::new();
        for parameter in effective {
            let (name, place) = (text(&parameter["name"]), text(&parameter["in"]));
            let is_it = |one: &Parameter| (&one.name, &one.place) == (&name, &place);
            if found.iter().any(is_it) {
                continue;
            }
            let is_selection = parameter["x-rust-field-selection"] == true;
            let value = |(_, form)| match is_selection {
                true => all_fields(samples),
                false => plain(&sample(&self.0, &parameter["schema"], form)),
            };
            found.push(Parameter {
                required: parameter["required"] == true,
                is_selection,
                values: SETS.map(value),
                name,
                place,
            });
        }
        found
    }

    fn security(&self, source: &Value) -> Security {
        let own = source["security"].as_array();
        let alternatives = own.or(self.0["security"].as_array());
        let mut alternatives = alternatives.into_iter().flatten();
        if alternatives
            .clone()
            .any(|scheme| scheme.get("ClientIdAuth").is_some())
        {
            return Security::Client;
        }
        match alternatives.next() {
            Some(_) => Security::Bearer,
            None => Security::None,
        }
    }
}

impl Operation {
    pub(crate) fn is_called_by(&self, call: &Call) -> bool {
        call.method == self.method && call.template == self.template
    }

    /// The parameters that a call sends in a place (`path`, `query`, ..), with their values.
    pub(crate) fn sent<'o>(
        &'o self,
        place: &'o str,
        set: Set,
    ) -> impl Iterator<Item = (&'o Parameter, &'o str)> {
        let sent = self.parameters.iter().filter(move |parameter| {
            parameter.place == place && (parameter.required || set != Set::Nothing)
        });
        sent.map(move |parameter| (parameter, parameter.values[index(set)].as_str()))
    }

    pub(crate) fn body(&self, set: Set) -> &Value {
        &self.bodies[index(set)]
    }

    /// The path with [`ID`], encoded as it must arrive.
    pub(crate) fn encoded_path(&self) -> String {
        let segments = self
            .template
            .split('/')
            .map(|segment| match segment.starts_with('{') {
                true => encoded(ID),
                false => segment.to_owned(),
            });
        segments.collect::<Vec<_>>().join("/")
    }
}

impl Parameter {
    /// The name and the value, as they must arrive in a query.
    pub(crate) fn pair(&self, value: &str) -> String {
        let value = match self.is_selection {
            true => sorted(&encoded(value)),
            false => encoded(value),
        };
        format!("{}={value}", encoded(&self.name))
    }

    /// A pair as it arrived, with selected fields sorted, because their order has no meaning.
    pub(crate) fn comparable(&self, pair: &str) -> String {
        match pair.split_once('=') {
            Some((name, value)) if self.is_selection => format!("{name}={}", sorted(value)),
            _ => pair.to_owned(),
        }
    }
}

/// Percent-encodes all but unreserved characters.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn sorted(fields: &str) -> String {
    let mut names: Vec<&str> = fields.split("%2C").collect();
    names.sort_unstable();
    names.join("%2C")
}

/// The names of all properties of a document of the list.
fn all_fields(samples: &Samples) -> String {
    let document = samples[0].sent.pointer("/data/0");
    let properties = document.and_then(Value::as_object).expect("a document");
    properties.keys().cloned().collect::<Vec<_>>().join(",")
}

/// A value as text outside of JSON; for a list, its only item.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.first().map(plain).unwrap_or_default(),
        other => other.to_string(),
    }
}

fn index(set: Set) -> usize {
    let position = SETS.iter().position(|(one, _)| *one == set);
    position.expect("all sets are listed")
}

/// A status that matches a key of `responses`.
fn status(code: &str) -> u16 {
    match code.strip_suffix("XX") {
        Some(class) => class.parse::<u16>().expect("a class of statuses") * 100 + 18,
        None => code.parse().expect("all other codes are numbers"),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Applies an overlay action. The generator checks whether it fits, so this does not.
fn correct(spec: &mut Value, action: &Value) {
    let target = action["target"].as_str().expect("an action has a target");
    let places = spec.query_only_path(target);
    let mut places = places.unwrap_or_else(|error| panic!("{target}: {error}"));
    // From the last to the first: removing an item moves those after it.
    places.reverse();
    for place in places {
        if action["remove"] == true {
            remove(spec, &place);
        } else if let Some(node) = spec.reference_mut(place) {
            merge(node, &action["update"]);
        }
    }
}

/// Removes the value at a normalized path: `$['paths']['/v2/..']['get']['parameters'][0]`.
fn remove(spec: &mut Value, place: &str) {
    let cut = place.rfind('[').expect("the root is never removed");
    let last = place[cut..].trim_matches(['[', ']']);
    match spec.reference_mut(place[..cut].to_owned()) {
        Some(Value::Object(members)) => drop(members.remove(last.trim_matches('\''))),
        Some(Value::Array(items)) => drop(items.remove(last.parse().expect("an index"))),
        _ => panic!("nothing at {place}"),
    }
}

fn merge(node: &mut Value, update: &Value) {
    match (node, update) {
        (Value::Object(members), Value::Object(update)) => {
            for (key, value) in update {
                merge(members.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(items), Value::Array(update)) => items.extend(update.iter().cloned()),
        (node, update) => *node = update.clone(),
    }
}
