//! The spec that the server follows: its operations and its resources.
//!
//! Input: `document.json`. Output: the operation of a method and a path. Invariant: a
//! resource that a later spec adds is found here, without code that names it.

use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::runtime::route::Auth;

/// The spec of this version of the crate.
pub(super) const EMBEDDED: &str = include_str!("../generated/document.json");

/// The prefix of the sandbox routes, the twins of the users' routes.
const SANDBOX: &str = "/v2/sandbox/";

/// The resources whose lists include the day of `end_date`, as recorded.
const LAST_DAY_INCLUDED: &[&str] = &[
    "daily_readiness",
    "daily_resilience",
    "daily_sleep",
    "daily_spo2",
    "daily_stress",
];

/// The operations and resources of a spec.
pub(super) struct Spec {
    root: Value,
    pub(super) operations: Vec<Operation>,
    pub(super) resources: Vec<Resource>,
    /// The scopes that an application can ask for.
    pub(super) scopes: Vec<String>,
}

/// The facts about an operation that a server needs.
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) template: String,
    pub(super) auth: Auth,
    pub(super) is_sandbox: bool,
    /// The scope that a token needs.
    pub(super) scope: Option<String>,
    /// Query parameters: name, schema, whether it is required.
    pub(super) query: Vec<(String, Value, bool)>,
    /// Whether the operation supports the selection of fields.
    pub(super) selects_fields: bool,
    /// The schema of the request's JSON body.
    pub(super) body: Option<Value>,
    /// The status of a success, and the schema of its JSON body.
    pub(super) success: (u16, Option<Value>),
    pub(super) kind: Kind,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Lists the documents of a resource, by its index.
    List(usize),
    /// Returns a document of a resource by its id.
    Document(usize),
    /// Returns the one document of a user: `personal_info`.
    Single,
    /// Reads or changes webhook subscriptions.
    Subscription,
    /// Anything else: the response is made up from its schema.
    Other,
}

/// A kind of documents.
pub(super) struct Resource {
    /// The spelling of webhook events: `vo2_max`.
    pub(super) name: String,
    /// The schema of a document.
    pub(super) schema: Value,
    pub(super) bounds: Bounds,
}

/// How a list is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bounds {
    /// It has no bounds.
    None,
    /// By days.
    Days {
        /// Whether the day of `end_date` is included.
        includes_last: bool,
    },
    /// By moments, half open.
    Moments,
}

/// The result of looking up a method and a path.
pub(super) enum Found<'s> {
    /// An operation with its path arguments.
    Operation(&'s Operation, Vec<String>),
    /// A path of the spec, but not with this method.
    OtherMethod,
    Nothing,
}

impl Spec {
    /// Reads a spec.
    pub(super) fn parse(json: &str) -> Result<Self, String> {
        let root: Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let mut spec = Self {
            root,
            operations: Vec::new(),
            resources: Vec::new(),
            scopes: Vec::new(),
        };
        spec.scopes = spec.read_scopes();
        let root = spec.root.clone();
        let paths = root["paths"].as_object().ok_or("the spec has no paths")?;
        for (template, item) in paths {
            for (method, operation) in item.as_object().into_iter().flatten() {
                if let Ok(method) = method.to_ascii_uppercase().parse::<Method>() {
                    spec.add(method, template, operation);
                }
            }
        }
        spec.sort_kinds();
        Ok(spec)
    }

    /// The operation of a method and a path. Fixed segments take precedence over parameters.
    pub(super) fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let mut found: Option<(&Operation, Vec<String>)> = None;
        let mut is_known = false;
        for operation in &self.operations {
            let Some(arguments) = matches(&operation.template, path) else {
                continue;
            };
            is_known = true;
            let is_better = found
                .as_ref()
                .is_none_or(|(_, other)| arguments.len() < other.len());
            if operation.method == *method && is_better {
                found = Some((operation, arguments));
            }
        }
        match found {
            Some((operation, arguments)) => Found::Operation(operation, arguments),
            None if is_known => Found::OtherMethod,
            None => Found::Nothing,
        }
    }

    /// The resource of that name.
    pub(super) fn resource(&self, name: &str) -> Option<usize> {
        self.resources
            .iter()
            .position(|resource| resource.name == name)
    }

    /// The values of a property of the request that creates a subscription.
    pub(super) fn subscription_values(&self, property: &str) -> Vec<String> {
        let creates = |operation: &&Operation| {
            operation.kind == Kind::Subscription && operation.method == Method::POST
        };
        let body = self.operations.iter().find(creates);
        let body = body.and_then(|operation| operation.body.as_ref());
        let property = body.map(|body| &self.resolve(body)["properties"][property]);
        let values = property.map(|property| &self.resolve(property)["enum"]);
        let values = values.and_then(Value::as_array).into_iter().flatten();
        values
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    /// The schema that a reference leads to.
    pub(super) fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let mut schema = schema;
        // Bounded, although a spec whose references form a cycle does not get here.
        for _ in 0..64 {
            let parts = schema["allOf"].as_array().map(Vec::as_slice);
            let target = match (schema["$ref"].as_str(), parts) {
                (Some(reference), _) => self.root.pointer(reference.trim_start_matches('#')),
                (None, Some([part])) if !schema["properties"].is_object() => Some(part),
                _ => None,
            };
            match target {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    fn read_scopes(&self) -> Vec<String> {
        let schemes = self.root["components"]["securitySchemes"].as_object();
        let flows = schemes.into_iter().flat_map(Map::values);
        let flows = flows.filter_map(|scheme| scheme["flows"].as_object());
        let scopes = flows
            .flat_map(Map::values)
            .filter_map(|flow| flow["scopes"].as_object());
        scopes.flat_map(Map::keys).cloned().collect()
    }

    fn add(&mut self, method: Method, template: &str, operation: &Value) {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters: Vec<&Value> = parameters
            .map(|parameter| self.resolve(parameter))
            .collect();
        let query = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "query");
        let query = query.map(|parameter| {
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            let is_required = parameter["required"] == true;
            (name, parameter["schema"].clone(), is_required)
        });
        let selects = |parameter: &&Value| parameter["x-rust-field-selection"] == true;
        let body = &self.resolve(&operation["requestBody"])["content"];
        self.operations.push(Operation {
            is_sandbox: template.starts_with(SANDBOX),
            auth: self.auth(operation),
            scope: operation["x-rust-scope"].as_str().map(str::to_owned),
            query: query.collect(),
            selects_fields: parameters.iter().any(selects),
            body: body
                .get("application/json")
                .map(|media| media["schema"].clone()),
            success: self.success(operation),
            kind: Kind::Other,
            template: template.to_owned(),
            method,
        });
    }

    /// The credentials of the first way to authorize.
    fn auth(&self, operation: &Value) -> Auth {
        let security = operation.get("security").unwrap_or(&self.root["security"]);
        let first = security
            .as_array()
            .and_then(|ways| ways.first()?.as_object());
        let Some(name) = first.and_then(|way| way.keys().next()) else {
            return Auth::None;
        };
        let scheme = &self.root["components"]["securitySchemes"][name];
        match scheme["type"].as_str() {
            Some("apiKey") => Auth::ClientSecret,
            Some(_) => Auth::Bearer,
            // Some exports only name their schemes.
            None if name.starts_with("Client") => Auth::ClientSecret,
            None => Auth::Bearer,
        }
    }

    fn success(&self, operation: &Value) -> (u16, Option<Value>) {
        let responses = operation["responses"].as_object().into_iter().flatten();
        let mut responses = responses.filter_map(|(status, response)| {
            let status: u16 = status.parse().ok()?;
            (200..300).contains(&status).then_some((status, response))
        });
        let Some((status, response)) = responses.next() else {
            return (200, None);
        };
        let content = &self.resolve(response)["content"];
        let schema = content
            .get("application/json")
            .map(|media| media["schema"].clone());
        (status, schema)
    }

    /// Decides what the operations do, when all of them are known.
    fn sort_kinds(&mut self) {
        let lists: Vec<Option<Resource>> = self.operations.iter().map(|o| self.list(o)).collect();
        for (index, resource) in lists.into_iter().enumerate() {
            let Some(resource) = resource else { continue };
            let known = self.resource(&resource.name);
            let at = known.unwrap_or(self.resources.len());
            match (known, self.operations[index].is_sandbox) {
                (None, _) => self.resources.push(resource),
                // The sandbox twin has fewer facts.
                (Some(_), true) => {}
                (Some(at), false) => self.resources[at] = resource,
            }
            self.operations[index].kind = Kind::List(at);
        }
        let kinds: Vec<Kind> = self.operations.iter().map(|o| self.kind(o)).collect();
        for (operation, kind) in self.operations.iter_mut().zip(kinds) {
            operation.kind = kind;
        }
    }

    fn kind(&self, operation: &Operation) -> Kind {
        if matches!(operation.kind, Kind::List(_)) {
            return operation.kind;
        }
        if operation.template.starts_with("/v2/webhook/subscription") {
            return Kind::Subscription;
        }
        if operation.method != Method::GET {
            return Kind::Other;
        }
        let parent = operation.template.rsplit_once('/');
        match parent.filter(|(_, last)| last.starts_with('{')) {
            None if operation.auth == Auth::Bearer => Kind::Single,
            None => Kind::Other,
            Some((parent, _)) => {
                let list = self
                    .operations
                    .iter()
                    .find(|other| other.template == parent);
                match list.map(|list| list.kind) {
                    Some(Kind::List(resource)) => Kind::Document(resource),
                    _ => Kind::Other,
                }
            }
        }
    }

    /// The resource that an operation lists, if it does.
    fn list(&self, operation: &Operation) -> Option<Resource> {
        let is_plain = operation.method == Method::GET && !operation.template.contains('{');
        let page = operation.success.1.as_ref().filter(|_| is_plain)?;
        let page = self.first_with(page, "data")?;
        let data = self.resolve(&page["properties"]["data"]);
        let schema = self.resolve(data.get("items")?).clone();
        let name = operation.template.rsplit('/').next()?.to_ascii_lowercase();
        let has = |name: &str| operation.query.iter().any(|(known, ..)| known == name);
        let bounds = match (has("start_datetime"), has("start_date")) {
            (true, _) => Bounds::Moments,
            (false, true) => Bounds::Days {
                includes_last: LAST_DAY_INCLUDED.contains(&&*name),
            },
            (false, false) => Bounds::None,
        };
        Some(Resource {
            name,
            schema,
            bounds,
        })
    }

    /// The first of a schema's branches that has a property.
    fn first_with<'s>(&'s self, schema: &'s Value, property: &str) -> Option<&'s Value> {
        let schema = self.resolve(schema);
        if schema["properties"].get(property).is_some() {
            return Some(schema);
        }
        let branches = ["anyOf", "oneOf"]
            .iter()
            .filter_map(|key| schema[key].as_array());
        branches
            .flatten()
            .find_map(|branch| self.first_with(branch, property))
    }
}

impl Resource {
    /// Whether every document has that property.
    pub(super) fn requires(&self, property: &str) -> bool {
        let required = self.schema["required"].as_array();
        required.is_some_and(|names| names.iter().any(|name| name == property))
    }

    /// Whether a document can have that property.
    pub(super) fn has(&self, property: &str) -> bool {
        self.schema["properties"].get(property).is_some()
    }
}

/// The arguments of a path, if the path matches the template.
fn matches(template: &str, path: &str) -> Option<Vec<String>> {
    let mut arguments = Vec::new();
    let mut segments = path.split('/');
    for expected in template.split('/') {
        let segment = segments.next()?;
        if expected.starts_with('{') {
            let argument = percent_decode_str(segment).decode_utf8().ok()?;
            arguments.push(argument.into_owned());
        } else if expected != segment {
            return None;
        }
    }
    segments.next().is_none().then_some(arguments)
}
