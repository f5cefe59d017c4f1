//! Enumerates the mutations: single changes that a walk over the spec finds, once for parts that
//! repeat word for word.

use std::collections::BTreeSet;
use std::sync::Arc;

use oura_codegen::document::{Document, Members, Node, Number, Value};
use oura_codegen::drift::Kind;
use oura_codegen::pointer::{Origin, Pointer, Token};

type Edit = Box<dyn Fn(&mut Document) + Send + Sync>;

/// A single change of a spec, and how it must be reported.
pub(crate) struct Mutation {
    pub(crate) what: String,
    /// The place in the tree whose neighbourhood it changes.
    pub(crate) at: Pointer,
    /// The kinds that are right for it.
    pub(crate) kinds: Vec<Kind>,
    /// The place in the old spec, or one above it.
    pub(crate) old: Option<Origin>,
    /// The place in the new spec, or one above it.
    pub(crate) new: Option<Origin>,
    /// The place of the old value that is replaced or removed, which may be in the overlay.
    pub(crate) replaced: Option<Origin>,
    /// Whether the mutated spec may be refused.
    pub(crate) may_be_refused: bool,
    pub(crate) edit: Edit,
}

/// All mutations of a spec.
pub(crate) fn mutations(document: &Document) -> Vec<Mutation> {
    let mut walk = Walk {
        document,
        parts: BTreeSet::new(),
        mutations: Vec::new(),
    };
    walk.document();
    let places = walk.marked_places();
    for mutation in &mut walk.mutations {
        // A mark requires its properties to be of certain types.
        mutation.may_be_refused |= places.iter().any(|place| lies_in(&mutation.at, place));
    }
    walk.mutations
}

fn lies_in(at: &Pointer, place: &Pointer) -> bool {
    at == place || at.to_string().starts_with(&format!("{place}/"))
}

/// Edits that change no meaning.
pub(crate) fn noise() -> Vec<(&'static str, Edit)> {
    vec![
        (
            "members in another order",
            Box::new(|document| each(&mut document.root, &mut reverse)),
        ),
        (
            "other titles",
            Box::new(|document| each(&mut document.root, &mut retitle)),
        ),
        (
            "no code samples",
            Box::new(|document| each(&mut document.root, &mut unsample)),
        ),
        (
            "null among the types",
            Box::new(|document| each(&mut document.root, &mut nullable_as_type)),
        ),
        (
            "null as a branch",
            Box::new(|document| each(&mut document.root, &mut nullable_as_branch)),
        ),
    ]
}

struct Walk<'d> {
    document: &'d Document,
    /// Parameters, responses and properties so far. What others have word for word is
    /// changed in the first one only.
    parts: BTreeSet<String>,
    mutations: Vec<Mutation>,
}

/// What a schema is a part of.
#[derive(Clone, Copy, PartialEq)]
enum Within {
    Schema,
    Parameter,
    Body,
    Response,
}

impl Walk<'_> {
    fn add(
        &mut self,
        what: String,
        kinds: &[Kind],
        at: (Option<&Pointer>, Option<&Pointer>),
        edit: Edit,
    ) {
        self.mutations.push(Mutation {
            what,
            at: at.0.or(at.1).cloned().unwrap_or_default(),
            kinds: kinds.to_vec(),
            old: at.0.map(|at| self.place(at)),
            new: at.1.map(|at| self.place(at)),
            replaced: None,
            may_be_refused: false,
            edit,
        });
    }

    /// Allows the spec to be refused after the last mutation.
    fn may_be_refused(&mut self) {
        if let Some(last) = self.mutations.last_mut() {
            last.may_be_refused = true;
        }
    }

    /// Records that the last mutation replaces or removes the value at this place.
    fn replaces(&mut self, at: &Pointer) {
        let node = self.document.get(at);
        if let Some(last) = self.mutations.last_mut() {
            last.replaced = node.map(|node| node.origin.clone());
        }
    }

    /// The origin of a place; of one that is not there yet, the place itself.
    fn place(&self, at: &Pointer) -> Origin {
        match self.document.get(at) {
            Some(node) => node.origin.clone(),
            None => here(at, Value::Null).origin,
        }
    }

    fn is_new_part(&mut self, at: &Pointer) -> bool {
        let node = self.document.get(at);
        node.is_some_and(|node| self.parts.insert(node.to_json_value().to_string()))
    }

    fn keys(&self, at: &Pointer) -> Vec<String> {
        let members = self.document.get(at).and_then(Node::as_object);
        members
            .into_iter()
            .flat_map(|members| members.keys().cloned())
            .collect()
    }

    fn text(&self, at: &Pointer) -> String {
        let node = self.document.get(at);
        node.and_then(Node::as_str).unwrap_or_default().to_owned()
    }

    fn has(&self, at: &Pointer) -> bool {
        self.document.get(at).is_some()
    }

    fn length(&self, at: &Pointer) -> usize {
        let items = self.document.get(at).and_then(Node::as_array);
        items.map_or(0, <[Node]>::len)
    }

    fn document(&mut self) {
        let root = Pointer::root();
        let server = root.key("servers").index(0);
        self.set_text(
            "server",
            &[Kind::ServerChanged],
            &server,
            "url",
            "https://api.example.net",
        );
        self.add(
            "servers removed".into(),
            &[Kind::DocumentIncomplete],
            (Some(&root.key("servers")), None),
            removal(root.key("servers")),
        );
        self.add(
            "tags removed".into(),
            &[Kind::DocumentIncomplete],
            (Some(&root.key("tags")), None),
            removal(root.key("tags")),
        );
        self.mutations
            .last_mut()
            .into_iter()
            .for_each(|last| last.kinds.push(Kind::TagChanged));
        for index in 0..self.length(&root.key("tags")) {
            let at = root.key("tags").index(index);
            self.set_text(
                "tag",
                &[Kind::TagChanged],
                &at,
                "description",
                "Other words.",
            );
        }
        self.set_text(
            "info",
            &[Kind::InfoChanged],
            &root.key("info"),
            "version",
            "9",
        );
        self.schemes();
        for path in self.keys(&root.key("paths")) {
            for method in self.keys(&root.keys(&["paths", &path])) {
                self.operation(&root.keys(&["paths", &path, &method]));
            }
        }
        let schemas = root.keys(&["components", "schemas"]);
        for key in self.keys(&schemas) {
            self.rename_schema(&schemas, &key);
            self.schema(
                &schemas.key(key.as_str()),
                &schemas.key(key.as_str()),
                Within::Schema,
            );
        }
    }

    fn set_text(&mut self, what: &str, kinds: &[Kind], at: &Pointer, key: &str, text: &str) {
        let value = Value::String(text.to_owned());
        let what = format!("{what} {at} {key}: {text}");
        self.add(
            what,
            kinds,
            (Some(at), Some(at)),
            setting(at.clone(), key, value),
        );
        self.replaces(&at.key(key));
    }

    fn set(&mut self, kinds: &[Kind], at: &Pointer, (holder, key): (&Pointer, &str), value: Value) {
        let what = format!("{holder} {key}: {value:?}");
        self.add(
            what,
            kinds,
            (Some(at), Some(at)),
            setting(holder.clone(), key, value),
        );
        self.replaces(&holder.key(key));
    }

    fn remove(&mut self, kinds: &[Kind], at: &Pointer, (holder, key): (&Pointer, &str)) {
        let removed = holder.key(key);
        self.add(
            format!("{removed} removed"),
            kinds,
            (Some(at), Some(at)),
            removal(removed.clone()),
        );
        self.replaces(&removed);
    }

    fn schemes(&mut self) {
        let schemes = Pointer::root().keys(&["components", "securitySchemes"]);
        for name in self.keys(&schemes) {
            let at = schemes.key(name.as_str());
            for key in ["scheme", "name", "in"] {
                if self.has(&at.key(key)) {
                    let other = if key == "in" { "query" } else { "other" };
                    self.set_text("scheme", &[Kind::SecuritySchemeChanged], &at, key, other);
                    self.may_be_refused();
                }
            }
            self.add(
                format!("{at} removed"),
                &[Kind::SecuritySchemeChanged],
                (Some(&at), None),
                removal(at.clone()),
            );
            self.may_be_refused();
            for flow in self.keys(&at.key("flows")) {
                let at = at.key("flows").key(flow);
                for url in ["authorizationUrl", "tokenUrl"] {
                    self.set_text(
                        "flow",
                        &[Kind::SecuritySchemeChanged],
                        &at,
                        url,
                        "https://other.com",
                    );
                }
                let scopes = at.key("scopes");
                for scope in self.keys(&scopes) {
                    let at = scopes.key(scope);
                    self.add(
                        format!("{at} removed"),
                        &[Kind::ScopeRemoved],
                        (Some(&at), None),
                        removal(at.clone()),
                    );
                    // An operation may ask for it.
                    self.may_be_refused();
                }
                let new = scopes.key("zz");
                self.add(
                    format!("{new} added"),
                    &[Kind::ScopeAdded],
                    (None, Some(&new)),
                    setting(scopes, "zz", "Words.".into()),
                );
            }
        }
    }

    fn operation(&mut self, at: &Pointer) {
        self.add(
            format!("{at} removed"),
            &[Kind::OperationRemoved],
            (Some(at), None),
            removal(at.clone()),
        );
        self.set(
            &[Kind::OperationDeprecated],
            at,
            (at, "deprecated"),
            Value::Bool(true),
        );
        self.set_text(
            "operation",
            &[Kind::OperationIdChanged],
            at,
            "operationId",
            "zz_other",
        );
        self.set_text(
            "operation",
            &[Kind::DocsChanged],
            at,
            "summary",
            "Other words.",
        );
        let tags = Value::Array(vec![here(&at.key("tags").index(0), "Zz".into())]);
        self.set(&[Kind::OperationTagsChanged], at, (at, "tags"), tags);
        self.add_twin(at);
        if self.has(&at.key("x-rust-scope")) {
            let kinds = [Kind::OperationScopeChanged];
            self.set_text("operation", &kinds, at, "x-rust-scope", "email");
            self.remove(&kinds, at, (at, "x-rust-scope"));
        }
        let security = at.key("security");
        for index in 0..self.length(&security) {
            let what = format!("{security} {index} removed");
            let at = (Some(&security), Some(&security));
            self.add(
                what,
                &[Kind::OperationSecurityChanged],
                at,
                removal(security.index(index)),
            );
        }
        if self.has(&security) {
            let none = Value::Array(Vec::new());
            self.set(
                &[Kind::OperationSecurityChanged],
                at,
                (at, "security"),
                none,
            );
        }
        self.parameters(at);
        let body = at.key("requestBody");
        if self.has(&body) {
            self.set(
                &[Kind::RequestBodyChanged],
                &body,
                (&body, "required"),
                Value::Bool(false),
            );
            self.add(
                format!("{body} removed"),
                &[Kind::RequestBodyChanged],
                (Some(&body), None),
                removal(body.clone()),
            );
            self.content(&body, Within::Body);
        }
        self.responses(at);
    }

    /// The same operation under another path.
    fn add_twin(&mut self, at: &Pointer) {
        let tokens = at.tokens();
        let [_, Token::Key(path), Token::Key(method)] = &tokens[..] else {
            return;
        };
        let (path, method, source) = (path.to_string(), method.to_string(), at.clone());
        // A resource's documents come from one operation: the copy is of another resource.
        let mut segments: Vec<String> = path.split('/').map(str::to_owned).collect();
        let mut fixed = segments.iter_mut().rev();
        if let Some(segment) = fixed.find(|segment| !segment.starts_with('{')) {
            segment.insert_str(0, "zz_");
        }
        let other = segments.join("/");
        let new = Pointer::root().keys(&["paths", &other, &method]);
        let place = new.clone();
        let edit: Edit = Box::new(move |document| {
            let copied = document.get(&source).cloned();
            let (Some(mut copied), Some(paths)) =
                (copied, members(document, &Pointer::root().key("paths")))
            else {
                return;
            };
            copied.origin.pointer = place.clone();
            if let Some(members) = copied.as_object_mut() {
                let id = place.key("operationId");
                members.insert("operationId".to_owned(), here(&id, "zz_added".into()));
            }
            let parent = place.parent().cloned().unwrap_or_default();
            let operations = Members::from_iter([(method.clone(), copied)]);
            paths.insert(other.clone(), here(&parent, Value::Object(operations)));
        });
        self.add(
            format!("{new} added"),
            &[Kind::OperationAdded],
            (None, Some(&new)),
            edit,
        );
        if let Some(last) = self.mutations.last_mut() {
            last.at = at.clone();
        }
    }

    fn parameters(&mut self, at: &Pointer) {
        let list = at.key("parameters");
        for index in 0..self.length(&list) {
            let at = list.index(index);
            self.add(
                format!("{at} removed"),
                &[Kind::ParameterRemoved],
                (Some(&at), None),
                removal(at.clone()),
            );
            self.may_be_refused();
            if !self.is_new_part(&at) {
                continue;
            }
            let is_path = self.text(&at.key("in")) == "path";
            let required = self
                .document
                .get(&at.key("required"))
                .and_then(Node::as_bool)
                == Some(true);
            self.set(
                &[Kind::ParameterRequired],
                &at,
                (&at, "required"),
                Value::Bool(!required),
            );
            self.may_be_refused();
            self.set(
                &[Kind::ParameterDeprecated],
                &at,
                (&at, "deprecated"),
                Value::Bool(true),
            );
            self.set_text(
                "parameter",
                &[Kind::DocsChanged],
                &at,
                "description",
                "Other words.",
            );
            if !is_path {
                let explode = Value::Bool(false);
                self.set(
                    &[Kind::ParameterStyleChanged],
                    &at,
                    (&at, "explode"),
                    explode,
                );
            }
            if self.has(&at.key("x-rust-field-selection")) {
                let kinds = [Kind::ParameterSelectionChanged];
                self.remove(&kinds, &at, (&at, "x-rust-field-selection"));
            }
            self.schema(&at.key("schema"), &at, Within::Parameter);
        }
        for required in [false, true] {
            let new = list.index(self.length(&list));
            let (list, place) = (at.clone(), new.clone());
            let edit: Edit =
                Box::new(move |document| add_parameter(document, &list, &place, required));
            self.add(
                format!("{new} added, required: {required}"),
                &[Kind::ParameterAdded],
                (None, Some(&new)),
                edit,
            );
        }
    }

    fn responses(&mut self, at: &Pointer) {
        let responses = at.key("responses");
        for status in self.keys(&responses) {
            let at = responses.key(status);
            self.add(
                format!("{at} removed"),
                &[Kind::ResponseRemoved],
                (Some(&at), None),
                removal(at.clone()),
            );
            self.may_be_refused();
            if !self.is_new_part(&at) {
                continue;
            }
            self.set_text(
                "response",
                &[Kind::DocsChanged],
                &at,
                "description",
                "Other words.",
            );
            self.content(&at, Within::Response);
        }
        let new = responses.key("418");
        let description = here(&new.key("description"), "A teapot.".into());
        let response = Members::from_iter([("description".to_owned(), description)]);
        self.add(
            format!("{new} added"),
            &[Kind::ResponseAdded],
            (None, Some(&new)),
            setting(responses, "418", Value::Object(response)),
        );
    }

    fn content(&mut self, at: &Pointer, within: Within) {
        let kinds = of_body(within);
        for media_type in self.keys(&at.key("content")) {
            let content = at.key("content");
            let (holder, old) = (content.clone(), media_type.clone());
            let edit: Edit = Box::new(move |document| {
                rename_key(document, &holder, &old, "application/zz+json")
            });
            self.add(
                format!("{at} {media_type} renamed"),
                kinds,
                (Some(at), Some(at)),
                edit,
            );
            self.schema(&content.key(media_type).key("schema"), at, within);
        }
    }

    fn rename_schema(&mut self, schemas: &Pointer, key: &str) {
        let (old, new) = (schemas.key(key), schemas.key("ZzRenamed"));
        let (from, holder) = (key.to_owned(), schemas.clone());
        let edit: Edit = Box::new(move |document| {
            rename_key(document, &holder, &from, "ZzRenamed");
            if let Some(node) = document.get_mut(&holder.key("ZzRenamed")) {
                node.origin.pointer = holder.key("ZzRenamed");
            }
            let (from, to) = (
                format!("#/components/schemas/{from}"),
                "#/components/schemas/ZzRenamed",
            );
            each(&mut document.root, &mut |node| {
                if node.as_str() == Some(&from) {
                    node.value = to.into();
                }
            });
        });
        let place = self.place(&old);
        self.add(
            format!("{key} renamed"),
            &[Kind::SchemaRenamed],
            (Some(&old), Some(&new)),
            edit,
        );
        if let Some(last) = self.mutations.last_mut() {
            last.old = Some(place);
        }
    }

    /// `at` is a schema in `holder`, which reports name where the schema itself is spread.
    fn schema(&mut self, at: &Pointer, holder: &Pointer, within: Within) {
        let Some(node) = self.document.get(at) else {
            return;
        };
        let ty = node
            .get("type")
            .and_then(Node::as_str)
            .unwrap_or_default()
            .to_owned();
        let is_instance = self.is_instance(holder);
        let start = self.mutations.len();
        self.types(at, holder, within, &ty);
        self.bounds(at, holder, &ty);
        self.values(at);
        self.marks(at, holder);
        self.properties(at);
        if node.get("items").is_some() {
            self.schema(&at.key("items"), holder, within);
        }
        for keyword in ["anyOf", "oneOf"] {
            let branches = at.key(keyword);
            for index in 0..self.length(&branches) {
                let mut kinds = of_type(within).to_vec();
                kinds.extend(of_nullable(within));
                kinds.extend([Kind::ResponseDictionaryRemoved, Kind::PropertyRefChanged]);
                let branch = branches.index(index);
                self.add(
                    format!("{branch} removed"),
                    &kinds,
                    (Some(holder), Some(holder)),
                    removal(branch),
                );
                self.may_be_refused();
            }
        }
        if is_instance {
            // An instance with something that the others lack becomes a separate type.
            let component = Pointer::root().keys(&["components", "schemas"]);
            let tokens = holder.tokens();
            let key = tokens.get(2).map(|token| match token {
                Token::Key(key) => key.to_string(),
                Token::Index(_) => String::new(),
            });
            let place = self.place(&component.key(key.unwrap_or_default()));
            for mutation in &mut self.mutations[start..] {
                mutation.kinds.push(Kind::SchemaGenericChanged);
                mutation.may_be_refused = true;
                mutation.old = Some(place.clone());
                mutation.new = Some(place.clone());
            }
        }
    }

    fn marks(&mut self, at: &Pointer, holder: &Pointer) {
        let kinds = [Kind::SeriesChanged];
        for mark in ["x-rust-series", "x-rust-codes"] {
            if self.has(&at.key(mark)) {
                self.remove(&kinds, holder, (at, mark));
            }
        }
        let codes = at.key("x-rust-codes");
        if self.has(&codes) {
            let every = Value::Number(Number::Unsigned(7));
            self.set(&kinds, &codes, (&codes, "every"), every);
        }
    }

    /// The places that marks of the overlay affect: moments in UTC, the properties of series, and
    /// the schemas that those refer to.
    fn marked_places(&self) -> Vec<Pointer> {
        let schemas = Pointer::root().keys(&["components", "schemas"]);
        let mut places = Vec::new();
        for key in self.keys(&schemas) {
            let at = schemas.key(key);
            places.extend(self.has(&at.key("x-rust-utc")).then(|| at.clone()));
            let properties = at.key("properties");
            let series = at.key("x-rust-series");
            let mut names: Vec<String> = self.keys(&series);
            names = names
                .iter()
                .map(|key| self.text(&series.key(key.as_str())))
                .collect();
            for name in self.keys(&properties) {
                let property = properties.key(name.as_str());
                places.extend(
                    self.has(&property.key("x-rust-utc"))
                        .then(|| property.clone()),
                );
                let codes = property.key("x-rust-codes");
                if self.has(&codes) {
                    names.extend([self.text(&codes.key("start")), name]);
                }
            }
            places.extend(names.into_iter().map(|name| properties.key(name)));
        }
        let mut index = 0;
        while let Some(at) = places.get(index).cloned() {
            let one = at.key("allOf").index(0);
            for reference in [at.key("$ref"), one.key("$ref")] {
                let reference = self.text(&reference);
                if let Some(key) = reference.strip_prefix("#/components/schemas/") {
                    places.push(schemas.key(key));
                }
            }
            index += 1;
        }
        places
    }

    fn is_instance(&self, at: &Pointer) -> bool {
        let tokens = at.tokens();
        let key = tokens.get(2).map(|token| match token {
            Token::Key(key) => key.to_string(),
            Token::Index(_) => String::new(),
        });
        key.is_some_and(|key| key.ends_with('_') && key.contains("Response_"))
    }

    fn types(&mut self, at: &Pointer, holder: &Pointer, within: Within, ty: &str) {
        let other = match ty {
            "integer" => "number",
            "string" => "boolean",
            "number" | "boolean" => "string",
            _ => "",
        };
        if !other.is_empty() {
            self.set(of_type(within), holder, (at, "type"), other.into());
            self.may_be_refused();
            let mut kinds = of_type(within).to_vec();
            kinds.push(Kind::PropertyFormatChanged);
            // A boolean has no format.
            if ty != "boolean" {
                self.set(&kinds, holder, (at, "format"), "zz".into());
            }
        }
        if self.has(&at.key("format")) {
            let mut kinds = of_type(within).to_vec();
            kinds.push(Kind::PropertyFormatChanged);
            self.remove(&kinds, holder, (at, "format"));
        }
        if self.has(&at.key("$ref")) {
            let other = Value::String("#/components/schemas/ValidationError".to_owned());
            if self.text(&at.key("$ref")) != "#/components/schemas/ValidationError" {
                let mut kinds = of_type(within).to_vec();
                kinds.extend([Kind::PropertyRefChanged, Kind::ResponseDictionaryRemoved]);
                self.set(&kinds, holder, (at, "$ref"), other);
                self.may_be_refused();
            }
        }
        let is_nullable = self
            .document
            .get(&at.key("nullable"))
            .and_then(Node::as_bool)
            == Some(true);
        let unions = ["anyOf", "oneOf"]
            .iter()
            .any(|keyword| self.has(&at.key(*keyword)));
        if !unions {
            self.set(
                of_nullable(within),
                holder,
                (at, "nullable"),
                Value::Bool(!is_nullable),
            );
            self.may_be_refused();
        }
    }

    fn bounds(&mut self, at: &Pointer, holder: &Pointer, ty: &str) {
        const BOUNDS: &[&str] = &[
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "multipleOf",
            "pattern",
        ];
        let new = match ty {
            "string" => "maxLength",
            "integer" | "number" => "maximum",
            "array" => "maxItems",
            _ => "",
        };
        for bound in BOUNDS {
            if !self.has(&at.key(*bound)) && *bound != new {
                continue;
            }
            let value = match *bound {
                "pattern" => "zz".into(),
                _ => Value::Number(Number::Unsigned(77)),
            };
            self.set(&[Kind::BoundsChanged], holder, (at, bound), value);
            if self.has(&at.key(*bound)) {
                self.remove(&[Kind::BoundsChanged], holder, (at, bound));
            }
        }
        let default = match ty {
            "string" => "zz".into(),
            "integer" | "number" => Value::Number(Number::Unsigned(77)),
            _ => return,
        };
        self.set(&[Kind::DefaultChanged], holder, (at, "default"), default);
        self.may_be_refused();
    }

    fn values(&mut self, at: &Pointer) {
        let values = at.key("enum");
        for index in 0..self.length(&values) {
            let what = format!("{values} {index} removed");
            let mut kinds = vec![Kind::EnumValueRemoved];
            if self.length(&values) == 1 {
                kinds.push(Kind::PropertyTypeChanged);
            }
            self.add(
                what,
                &kinds,
                (Some(&values), None),
                removal(values.index(index)),
            );
            self.may_be_refused();
        }
        if self.has(&values) {
            let place = values.clone();
            let edit: Edit = Box::new(move |document| {
                let new = here(&place.index(99), "zz_value".into());
                items(document, &place)
                    .into_iter()
                    .for_each(|items| items.push(new.clone()));
            });
            self.add(
                format!("{values} added"),
                &[Kind::EnumValueAdded],
                (None, Some(&values)),
                edit,
            );
            self.may_be_refused();
        }
    }

    fn properties(&mut self, at: &Pointer) {
        let properties = at.key("properties");
        let names = self.keys(&properties);
        if names.is_empty() {
            return;
        }
        let new = properties.key("zz_added");
        let ty = here(&new.key("type"), "string".into());
        let value = Value::Object(Members::from_iter([("type".to_owned(), ty)]));
        self.add(
            format!("{new} added"),
            &[Kind::PropertyAdded],
            (None, Some(&new)),
            setting(properties.clone(), "zz_added", value),
        );
        for name in names {
            let property = properties.key(name.as_str());
            let (schema, wire_name) = (at.clone(), name.clone());
            let edit: Edit = Box::new(move |document| {
                removal(schema.keys(&["properties", &wire_name]))(document);
                require(document, &schema, &wire_name, false);
            });
            self.add(
                format!("{property} removed"),
                &[Kind::PropertyRemoved],
                (Some(&property), None),
                edit,
            );
            self.may_be_refused();
            let required = self
                .document
                .get(&at.key("required"))
                .and_then(Node::as_array);
            let required =
                required.is_some_and(|names| names.iter().any(|one| one.as_str() == Some(&name)));
            let (schema, wire_name) = (at.clone(), name.clone());
            let edit: Edit =
                Box::new(move |document| require(document, &schema, &wire_name, !required));
            let here = (Some(&property), Some(&property));
            self.add(
                format!("{property} required: {}", !required),
                &[Kind::PropertyRequiredChanged],
                here,
                edit,
            );
            if !self.is_new_part(&property) {
                continue;
            }
            for (keyword, kind) in [
                ("deprecated", Kind::PropertyDeprecated),
                ("readOnly", Kind::PropertyAccessChanged),
            ] {
                let value = Value::Bool(true);
                self.set(&[kind], &property, (&property, keyword), value);
            }
            self.set_text(
                "property",
                &[Kind::DocsChanged],
                &property,
                "description",
                "Other words.",
            );
            self.schema(&property, &property, Within::Schema);
        }
    }
}

fn of_type(within: Within) -> &'static [Kind] {
    match within {
        Within::Schema => &[Kind::PropertyTypeChanged],
        Within::Parameter => &[Kind::ParameterTypeChanged],
        Within::Body | Within::Response => of_body(within),
    }
}

fn of_nullable(within: Within) -> &'static [Kind] {
    match within {
        Within::Schema => &[Kind::PropertyNullableChanged],
        Within::Parameter => &[Kind::ParameterNullableChanged],
        Within::Body | Within::Response => of_body(within),
    }
}

fn of_body(within: Within) -> &'static [Kind] {
    match within {
        Within::Body => &[Kind::RequestBodyChanged],
        _ => &[Kind::ResponseTypeChanged],
    }
}

pub(crate) fn here(at: &Pointer, value: Value) -> Node {
    let file = Arc::from("spec/openapi.yaml");
    Node::new(
        value,
        Origin {
            file,
            pointer: at.clone(),
        },
    )
}

fn setting(holder: Pointer, key: &str, value: Value) -> Edit {
    let key = key.to_owned();
    Box::new(move |document| {
        if let Some(members) = members(document, &holder) {
            members.insert(key.clone(), here(&holder.key(key.as_str()), value.clone()));
        }
    })
}

fn removal(at: Pointer) -> Edit {
    Box::new(move |document| {
        let (Some(parent), Some(last)) = (at.parent(), at.last()) else {
            return;
        };
        if let Some(node) = document.get_mut(parent) {
            node.remove(last);
        }
    })
}

fn members<'d>(document: &'d mut Document, at: &Pointer) -> Option<&'d mut Members> {
    document.get_mut(at)?.as_object_mut()
}

fn items<'d>(document: &'d mut Document, at: &Pointer) -> Option<&'d mut Vec<Node>> {
    match &mut document.get_mut(at)?.value {
        Value::Array(items) => Some(items),
        _ => None,
    }
}

fn add_parameter(document: &mut Document, operation: &Pointer, at: &Pointer, required: bool) {
    let text = |key: &str, value: &str| (key.to_owned(), here(&at.key(key), value.into()));
    let ty = Members::from_iter([text("type", "string")]);
    let parameter = Members::from_iter([
        text("name", "zz_added"),
        text("in", "query"),
        (
            "required".to_owned(),
            here(&at.key("required"), Value::Bool(required)),
        ),
        (
            "schema".to_owned(),
            here(&at.key("schema"), Value::Object(ty)),
        ),
    ]);
    let new = here(at, Value::Object(parameter));
    if let Some(members) = members(document, operation) {
        let place = operation.key("parameters");
        let list = members.entry("parameters".to_owned());
        let list = list.or_insert_with(|| here(&place, Value::Array(Vec::new())));
        if let Value::Array(items) = &mut list.value {
            items.push(new);
        }
    }
}

fn require(document: &mut Document, schema: &Pointer, name: &str, required: bool) {
    let Some(members) = members(document, schema) else {
        return;
    };
    let place = schema.key("required");
    let list = members.entry("required".to_owned());
    let list = list.or_insert_with(|| here(&place, Value::Array(Vec::new())));
    if let Value::Array(names) = &mut list.value {
        match required {
            true => names.push(here(&place.index(99), name.into())),
            false => names.retain(|one| one.as_str() != Some(name)),
        }
    }
}

fn rename_key(document: &mut Document, holder: &Pointer, from: &str, to: &str) {
    if let Some(members) = members(document, holder) {
        let renamed = std::mem::take(members).into_iter();
        *members = renamed
            .map(|(key, node)| match key == from {
                true => (to.to_owned(), node),
                false => (key, node),
            })
            .collect();
    }
}

/// Applies a function to each node, from the leaves up.
fn each(node: &mut Node, apply: &mut impl FnMut(&mut Node)) {
    match &mut node.value {
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, apply)),
        Value::Object(members) => members.values_mut().for_each(|member| each(member, apply)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    apply(node);
}

/// Reverses the members whose order has no meaning. The order of properties, paths and schemas has
/// one, because the code follows it.
fn reverse(node: &mut Node) {
    let says = |key: &str| node.get(key).is_some_and(|value| value.as_str().is_some());
    let is_of_keywords = ["type", "operationId", "in", "$ref", "url"]
        .into_iter()
        .any(says);
    if let (true, Value::Object(members)) = (is_of_keywords, &mut node.value) {
        members.reverse();
    }
}

fn retitle(node: &mut Node) {
    let is_schema = node.get("type").is_some() || node.get("anyOf").is_some();
    let is_branch_name = node
        .get("title")
        .and_then(Node::as_str)
        .is_some_and(|title| title.contains('['));
    if let (true, false, Value::Object(members)) = (is_schema, is_branch_name, &mut node.value)
        && let Some(title) = members.get_mut("title")
    {
        title.value = "Zz".into();
    }
}

fn unsample(node: &mut Node) {
    if let Value::Object(members) = &mut node.value {
        members.shift_remove("x-codeSamples");
    }
}

/// Turns `nullable: true` next to a type into null among the types.
fn nullable_as_type(node: &mut Node) {
    let Value::Object(members) = &mut node.value else {
        return;
    };
    let is_nullable = members.get("nullable").and_then(Node::as_bool) == Some(true);
    let Some(ty) = members
        .get("type")
        .filter(|ty| is_nullable && ty.as_str().is_some())
        .cloned()
    else {
        return;
    };
    let null = here(&ty.origin.pointer, "null".into());
    let origin = ty.origin.clone();
    members.shift_remove("nullable");
    members.insert("type".to_owned(), Node::new(vec![ty, null], origin));
}

/// Turns `nullable: true` next to a type into a branch for null.
fn nullable_as_branch(node: &mut Node) {
    let Value::Object(members) = &mut node.value else {
        return;
    };
    let is_nullable = members.get("nullable").and_then(Node::as_bool) == Some(true);
    if !is_nullable || members.get("type").and_then(Node::as_str).is_none() {
        return;
    }
    members.shift_remove("nullable");
    let at = node.origin.pointer.clone();
    let words = ["description", "title", "default", "example", "deprecated"];
    let outside: Members = words
        .iter()
        .filter_map(|word| {
            members
                .shift_remove(*word)
                .map(|node| ((*word).to_owned(), node))
        })
        .collect();
    let inner = std::mem::replace(members, outside);
    let null = Members::from_iter([("type".to_owned(), here(&at, "null".into()))]);
    let branches = vec![
        here(&at, Value::Object(inner)),
        here(&at, Value::Object(null)),
    ];
    members.insert("anyOf".to_owned(), here(&at, Value::Array(branches)));
}
