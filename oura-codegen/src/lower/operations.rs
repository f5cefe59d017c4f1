//! Operations: names, arguments, answers.
//!
//! Input: `#/paths`. Output: one [`LoweredOperation`] each, in the document's order.
//! Invariant: routes are unique; so are method names on the client and on the twin's view.

use openapiv3::{Operation as Source, PathItem, ReferenceOr};

use super::Lowering;
use super::names::{self, RUST_NAME, Scope};
use super::parameters::Place;
use super::security::RUST_SCOPE;
use crate::error::Error;
use crate::ir::{Auth, BodyType, Docs, Ident, Location, Operation, Parameter, Range, Type};
use crate::pointer::Pointer;

/// An operation and what the rest of lowering wants to know of it.
pub(super) struct LoweredOperation {
    pub(super) operation: Operation,
    /// The module it belongs to.
    pub(super) module: Ident,
    /// The types of its request body and parameters.
    pub(super) sends: Vec<Type>,
    /// The types of its answers, those of errors included.
    pub(super) receives: Vec<Type>,
    /// The place in the normalized document.
    pub(super) at: Pointer,
}

/// An operation on its way: what is known before its answer is.
pub(super) struct Draft<'a> {
    pub(super) source: &'a Source,
    pub(super) http_method: &'a str,
    pub(super) template: &'a str,
    pub(super) at: Pointer,
    pub(super) is_twin: bool,
    /// The fixed segments that name the operation, in snake_case.
    noun: String,
    /// The verb that an action segment gives.
    action: Option<String>,
}

impl<'a> Lowering<'a> {
    /// All operations, in the document's order.
    pub(super) fn lower_operations(&mut self) -> Vec<LoweredOperation> {
        let mut lowered = Vec::new();
        let mut routes = Scope::default();
        for (template, item) in self.openapi.paths.iter() {
            let ReferenceOr::Item(item) = item else {
                continue;
            };
            for (http_method, source) in item.iter() {
                let at = Pointer::root().keys(&["paths", template, http_method]);
                let operation = self.lower_operation(template, item, http_method, source, &at);
                let operation =
                    operation.or_else(|| self.bare_operation(template, http_method, source, &at));
                let Some(operation) = operation else {
                    continue;
                };
                let origin = self.origin(&at);
                let wire_name = format!("{} {template}", http_method.to_uppercase());
                let taken = routes.take(&operation.operation.route, &wire_name, &origin);
                self.errors.note(taken);
                lowered.push(operation);
            }
        }
        lowered
    }

    fn lower_operation(
        &mut self,
        template: &'a str,
        item: &'a PathItem,
        http_method: &'a str,
        source: &'a Source,
        at: &Pointer,
    ) -> Option<LoweredOperation> {
        self.check_template(template, at)?;
        let draft = self.draft(template, http_method, source, at);
        let is_list = self.is_list(&draft);
        let method = self.method_name(&draft, is_list)?;
        let route = self.route_name(&draft, &method)?;
        let mut places = self.lower_parameters(item, &draft, &route)?;
        let body = self.lower_request_body(&draft, &route);
        let answer = self.lower_responses(&draft, &route)?;
        let selection = self.lower_selection(&mut places, &answer.success);
        let cursor = self.cursor_parameter(&answer.success, &places);
        let range = cursor.as_ref().and_then(|_| self.range(&places));
        let mut receives = answer.receives;
        receives.extend(
            selection
                .iter()
                .map(|found| Type::Named(found.field_enum.clone())),
        );
        let sent = body.iter().filter_map(|body| match &body.body {
            BodyType::Json(ty) => Some(ty.clone()),
            _ => None,
        });
        let sends = sent
            .chain(places.iter().map(|place| place.parameter.ty.clone()))
            .collect();
        let (arguments, setters) = split_places(places);
        let module = self.module_name(&draft);
        Some(LoweredOperation {
            module,
            sends,
            receives,
            at: at.clone(),
            operation: Operation {
                route,
                method,
                is_twin: draft.is_twin,
                http_method: http_method.to_uppercase(),
                path_template: template.to_owned(),
                operation_id: source.operation_id.clone().unwrap_or_default(),
                summary: source.summary.clone().unwrap_or_default(),
                tag: source.tags.first().cloned().unwrap_or_default(),
                auth: self.lower_auth(source.security.as_ref(), at),
                scope: self.lower_scope(source, at),
                arguments,
                setters,
                selection,
                body,
                success: answer.success,
                cursor_parameter: cursor,
                range,
                errors: answer.errors,
                deprecated: source.deprecated,
                docs: self.operation_docs(&draft),
                origin: self.origin(at),
            },
        })
    }

    /// An operation of which too much is wrong, for what compares the document: its names and
    /// its place, without what it sends and receives.
    fn bare_operation(
        &mut self,
        template: &'a str,
        http_method: &'a str,
        source: &'a Source,
        at: &Pointer,
    ) -> Option<LoweredOperation> {
        if !self.goes_on {
            return None;
        }
        let draft = self.draft(template, http_method, source, at);
        let is_list = self.is_list(&draft);
        let said = self.errors.len();
        let method = self.method_name(&draft, is_list);
        let route = method
            .as_ref()
            .and_then(|method| self.route_name(&draft, method));
        // What is wrong with the names has been said.
        self.errors.truncate(said);
        let (method, route) = (method?, route?);
        Some(LoweredOperation {
            module: self.module_name(&draft),
            sends: Vec::new(),
            receives: Vec::new(),
            at: at.clone(),
            operation: Operation {
                route,
                method,
                is_twin: draft.is_twin,
                http_method: http_method.to_uppercase(),
                path_template: template.to_owned(),
                operation_id: source.operation_id.clone().unwrap_or_default(),
                summary: String::new(),
                tag: String::new(),
                auth: Auth::None,
                scope: None,
                arguments: Vec::new(),
                setters: Vec::new(),
                selection: None,
                body: None,
                success: BodyType::Empty,
                cursor_parameter: None,
                range: None,
                errors: Vec::new(),
                deprecated: source.deprecated,
                docs: Docs::default(),
                origin: self.origin(at),
            },
        })
    }

    fn draft(
        &self,
        template: &'a str,
        http_method: &'a str,
        source: &'a Source,
        at: &Pointer,
    ) -> Draft<'a> {
        let policy = self.policy;
        let is_twin = policy
            .twin
            .is_some_and(|twin| under(template, twin.prefix).is_some());
        let rest = policy
            .path_prefixes
            .iter()
            .find_map(|prefix| under(template, prefix));
        let (mut nouns, mut action) = (Vec::new(), None);
        for segment in fixed_segments(rest.unwrap_or(template)) {
            match policy.actions.contains(&segment) {
                true => action = Some(self.names.snake(segment)),
                false => nouns.push(self.names.snake(segment)),
            }
        }
        Draft {
            source,
            http_method,
            template,
            at: at.clone(),
            is_twin,
            noun: nouns.join("_"),
            action,
        }
    }

    /// The client method: `x-rust-name`, else a verb and the noun of the path.
    fn method_name(&mut self, draft: &Draft<'a>, is_list: bool) -> Option<Ident> {
        if let Some(given) = self.given.operation(draft.http_method, draft.template) {
            return Some(given.method.clone());
        }
        let origin = self.origin(&draft.at);
        let name = match draft.source.extensions.get(RUST_NAME) {
            Some(value) => self.rust_name_value(value, &draft.at)?,
            None if draft.noun.is_empty() => {
                let error = Error::at(&origin, "the path gives the operation no name")
                    .help(format!("give it an `{RUST_NAME}` in the overlay"));
                self.errors.push(error);
                return None;
            }
            None => self.rule_name(draft, is_list),
        };
        let ident = names::method_ident(&name, self.policy, &origin);
        self.errors.note(ident)
    }

    fn rule_name(&self, draft: &Draft<'a>, is_list: bool) -> String {
        let verb = match (draft.action.as_deref(), draft.http_method) {
            (Some(action), _) => action,
            (None, "get") if is_list => "list",
            (None, "post") => "create",
            (None, "put") => "update",
            (None, other) => other,
        };
        let plural = self
            .policy
            .plurals
            .iter()
            .find(|(one, _)| *one == draft.noun);
        match plural {
            Some((_, many)) if verb == "list" => format!("list_{many}"),
            _ => format!("{verb}_{}", draft.noun),
        }
    }

    /// The variant of `Route`: the method in UpperCamelCase, behind the twin's name.
    fn route_name(&mut self, draft: &Draft<'a>, method: &str) -> Option<Ident> {
        if let Some(given) = self.given.operation(draft.http_method, draft.template) {
            return Some(given.route.clone());
        }
        let method = self.names.upper_camel(method.trim_start_matches("r#"));
        let name = match self.policy.twin {
            Some(twin) if draft.is_twin => {
                format!("{}{method}", self.names.upper_camel(twin.accessor))
            }
            _ => method,
        };
        let ident = names::route_ident(&name, &self.origin(&draft.at));
        self.errors.note(ident)
    }

    /// The resource: the last fixed segment that is not an action.
    fn module_name(&self, draft: &Draft<'a>) -> Ident {
        let last = fixed_segments(draft.template)
            .filter(|segment| !self.policy.actions.contains(segment))
            .last();
        let name = last.map(|segment| self.names.snake(segment));
        let name = name.filter(|name| !name.is_empty());
        names::module_ident(name.as_deref().unwrap_or("root"), self.policy)
    }

    /// A path segment is fixed text or one parameter.
    fn check_template(&mut self, template: &str, at: &Pointer) -> Option<()> {
        let mixed = template.split('/').find(|segment| {
            segment.contains(['{', '}'])
                && !(segment.starts_with('{')
                    && segment.ends_with('}')
                    && segment.matches(['{', '}']).count() == 2)
        });
        let Some(segment) = mixed else {
            return Some(());
        };
        let error = Error::at(
            &self.origin(at),
            format!(
                "the path segment `{segment}` mixes text and a parameter, which is not supported"
            ),
        )
        .help("remove the operation with an overlay action");
        self.errors.push(error);
        None
    }

    /// The query parameter of the cursor, when the answer is a page and the operation takes
    /// one.
    fn cursor_parameter(&self, success: &BodyType, places: &[Place]) -> Option<String> {
        let page = self.policy.page.as_ref()?;
        let page_type = match success {
            BodyType::Json(Type::Generic(ident, _) | Type::Named(ident)) => ident,
            _ => return None,
        };
        if !self.is_page(page_type) {
            return None;
        }
        places
            .iter()
            .any(|place| {
                place.parameter.wire_name == page.parameter
                    && place.parameter.location == Location::Query
            })
            .then(|| page.parameter.to_owned())
    }

    /// The two bounds of a list, when the operation takes both as optional times of one type.
    fn range(&self, places: &[Place]) -> Option<Range> {
        let in_query = |name: &str| {
            places.iter().find(|place| {
                place.parameter.wire_name == name && place.parameter.location == Location::Query
            })
        };
        let find = |name: &str| {
            let place = in_query(name)?;
            let is_time = matches!(
                place.parameter.ty,
                Type::Date | Type::DateTime | Type::UtcDateTime | Type::DateOrDateTime
            );
            (is_time && !place.required).then_some(&place.parameter.ty)
        };
        let policy = self.policy.page.as_ref()?;
        let latest = policy.latest.and_then(in_query);
        let latest = latest.filter(|place| place.parameter.ty == Type::Bool);
        policy.ranges.iter().find_map(|(start, end)| {
            let (lower, upper) = (find(start)?, find(end)?);
            (lower == upper).then(|| Range {
                start: (*start).to_owned(),
                end: (*end).to_owned(),
                bound: lower.clone(),
                latest: latest.map(|place| place.parameter.wire_name.clone()),
            })
        })
    }

    fn operation_docs(&self, draft: &Draft<'a>) -> Docs {
        let method = draft.http_method.to_uppercase();
        let place = format!("`{method} {}`", draft.template);
        let scope = draft.source.extensions.get(RUST_SCOPE);
        let scope = scope.and_then(|scope| scope.as_str());
        let scope = scope.map(|scope| format!("Scope: `{}`.", scope.replace('`', "'")));
        Docs {
            text: draft.source.description.clone().unwrap_or_default(),
            notes: scope.into_iter().collect(),
            source: match &draft.source.operation_id {
                Some(id) => format!("{place}, operation `{id}`."),
                None => format!("{place}."),
            },
        }
    }
}

/// Required parameters as arguments (path parameters in the order of the template, then
/// query, header and cookie), the others as setters.
fn split_places(mut places: Vec<Place>) -> (Vec<Parameter>, Vec<Parameter>) {
    places.sort_by_key(|place| place.order);
    let (required, optional): (Vec<Place>, Vec<Place>) =
        places.into_iter().partition(|place| place.required);
    let parameters = |places: Vec<Place>| places.into_iter().map(|place| place.parameter).collect();
    (parameters(required), parameters(optional))
}

/// What stands behind a path prefix, when the path lies under it.
fn under<'t>(template: &'t str, prefix: &str) -> Option<&'t str> {
    template
        .strip_prefix(prefix)
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn fixed_segments(template: &str) -> impl Iterator<Item = &str> {
    template
        .split('/')
        .filter(|segment| !segment.is_empty() && !segment.starts_with('{'))
}
