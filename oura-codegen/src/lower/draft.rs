//! Operations before their parameters and bodies: their names.

use std::collections::{BTreeMap, BTreeSet};

use openapiv3::{Operation as Source, PathItem, ReferenceOr};

use super::claims::{Claim, Scope};
use super::context::Context;
use super::names::{self, Kind, RUST_NAME, Rename};
use super::responses::{preferred, successes};
use crate::ir::Ident;
use crate::pointer::Pointer;

/// An operation of the spec under its names.
pub(super) struct Draft<'a> {
    pub(super) source: &'a Source,
    /// The path's entry, which may have parameters for all its operations.
    pub(super) item: &'a PathItem,
    pub(super) http_method: &'a str,
    pub(super) template: &'a str,
    pub(super) at: Pointer,
    pub(super) is_twin: bool,
    /// Whether its name stays when another operation has the same one: a given name, or one below
    /// the policy's prefixes.
    is_settled: bool,
    /// The client method.
    pub(super) method: Ident,
    /// The variant of `Route`.
    pub(super) route: Ident,
    /// The module it belongs to.
    pub(super) module: Ident,
}

/// All operations with their names, in the spec's order. Operations that get the same name from
/// the rule are named by their `operationId`s, where these differ.
pub(super) fn draft_operations<'a>(cx: &Context<'a>) -> Vec<Draft<'a>> {
    let mut drafts: Vec<Draft<'a>> = Vec::new();
    for (template, item) in cx.openapi.paths.iter() {
        let ReferenceOr::Item(item) = item else {
            continue;
        };
        let operations = item.iter();
        drafts.extend(operations.map(|operation| draft(cx, (template, item), operation)));
    }
    for (index, (method, route)) in told_apart(cx, &drafts) {
        (drafts[index].method, drafts[index].route) = (method, route);
    }
    let mut scope = Scope::default();
    for draft in &mut drafts {
        let wire_name = format!("{} {}", draft.http_method.to_uppercase(), draft.template);
        let claim = Claim {
            ident: draft.method.clone(),
            wire_name: &wire_name,
            at: &cx.origin(&draft.at),
            rename: Rename::Extension(RUST_NAME),
        };
        // A route from another spec need not follow from the method.
        let route = |method: &str| match method == draft.method {
            true => draft.route.clone(),
            false => route_name(cx, method, draft.is_twin),
        };
        let method = scope.claim_by(cx, claim, route);
        (draft.route, draft.method) = (route(&method), method);
    }
    drafts
}

fn draft<'a>(
    cx: &Context<'a>,
    (template, item): (&'a str, &'a PathItem),
    (http_method, source): (&'a str, &'a Source),
) -> Draft<'a> {
    let at = Pointer::root().keys(&["paths", template, http_method]);
    let twin = cx.policy.twin;
    let is_twin = twin.is_some_and(|twin| under(template, twin.prefix).is_some());
    let own = cx.given_ident(&source.extensions, RUST_NAME, Kind::Method, &at);
    let names = cx.overrides.operation(http_method, template);
    let mut prefixes = cx.policy.path_prefixes.iter();
    let is_below_prefix = prefixes.any(|prefix| under(template, prefix).is_some());
    let is_settled = own.is_some() || names.is_some() || is_below_prefix;
    let (method, route) = match names {
        Some(names) => (names.method.clone(), names.route.clone()),
        None => {
            let by_rule = || {
                let name = rule_name(cx, template, http_method, || is_list(cx, source, &at));
                let name = name.unwrap_or_else(|| fallback_name(cx, http_method, source));
                cx.names.ident(Kind::Method, &name)
            };
            let method = own.unwrap_or_else(by_rule);
            let route = route_name(cx, &method, is_twin);
            (method, route)
        }
    };
    Draft {
        source,
        item,
        http_method,
        template,
        at,
        is_twin,
        is_settled,
        method,
        route,
        module: module_name(cx, template),
    }
}

/// The name by the rule: a verb, from an action segment or the HTTP method, and the path. Below a
/// prefix of the policy, the fixed segments of the path are the rest of the name. Elsewhere its
/// parameters are part of the name too, so that an operation on all and one on a single object
/// have different names, whatever else the spec has: `get_apps`, `get_apps_by_id`.
fn rule_name(
    cx: &Context<'_>,
    template: &str,
    http_method: &str,
    is_list: impl Fn() -> bool,
) -> Option<String> {
    let mut prefixes = cx.policy.path_prefixes.iter();
    let rest = prefixes.find_map(|prefix| under(template, prefix));
    let segments = || rest.unwrap_or(template).split('/');
    let is_action = |segment: &&str| cx.policy.actions.contains(segment);
    let action = segments().rfind(is_action);
    let mut nouns = Vec::new();
    let mut is_behind_parameter = false;
    for part in segments().filter(|one| !is_action(one)).flat_map(parts) {
        let (text, joint) = match part {
            Part::Fixed(text) => (cx.names.words(text), ""),
            Part::Parameter(_) if rest.is_some() => continue,
            Part::Parameter(name) if is_behind_parameter => (cx.names.snake(name), "and_"),
            Part::Parameter(name) => (cx.names.snake(name), "by_"),
        };
        if !text.is_empty() {
            nouns.push(format!("{joint}{text}"));
            is_behind_parameter = !joint.is_empty();
        }
    }
    let noun = nouns.join("_");
    let action = action.map(|action| cx.names.snake(action));
    let verb = match action.as_deref() {
        Some(action) => action,
        None if http_method == "get" && is_list() => "list",
        None => verb(http_method),
    };
    let plural = cx.policy.plurals.iter().find(|(one, _)| *one == noun);
    match plural {
        _ if noun.is_empty() => None,
        Some((_, many)) if verb == "list" => Some(format!("list_{many}")),
        _ => Some(format!("{verb}_{noun}")),
    }
}

fn verb(http_method: &str) -> &str {
    match http_method {
        "post" => "create",
        "put" => "update",
        other => other,
    }
}

/// The name of an operation whose path has no words, such as `/`.
fn fallback_name(cx: &Context<'_>, http_method: &str, source: &Source) -> String {
    let id = operation_name(cx, source);
    id.unwrap_or_else(|| format!("{}_root", verb(http_method)))
}

fn operation_name(cx: &Context<'_>, source: &Source) -> Option<String> {
    let name = cx.names.words(source.operation_id.as_deref()?);
    (!name.is_empty()).then_some(name)
}

/// New methods and routes, from the `operationId`s, for operations that get the same route from
/// the rule: for all operations of a route, or for none of them.
fn told_apart(cx: &Context<'_>, drafts: &[Draft<'_>]) -> Vec<(usize, (Ident, Ident))> {
    let mut groups = BTreeMap::<&str, Vec<usize>>::new();
    for (index, draft) in drafts.iter().enumerate() {
        groups.entry(&draft.route).or_default().push(index);
    }
    let shared = groups.into_values().filter(|group| group.len() > 1);
    let moving = shared.filter_map(|group| {
        let group = group.into_iter().filter(|index| !drafts[*index].is_settled);
        let named = group.map(|index| {
            let draft = &drafts[index];
            let name = operation_name(cx, draft.source)?;
            let method = cx.names.ident(Kind::Method, &name);
            let route = route_name(cx, &method, draft.is_twin);
            Some((index, (method, route)))
        });
        named.collect::<Option<Vec<_>>>()
    });
    let moving: Vec<_> = moving.collect();
    let all = || moving.iter().flatten();
    let moved: BTreeSet<usize> = all().map(|(index, _)| *index).collect();
    let staying = drafts.iter().enumerate();
    let staying = staying.filter(|(index, _)| !moved.contains(index));
    let mut counts = BTreeMap::<Ident, usize>::new();
    let stay = staying.map(|(_, draft)| &draft.route);
    for route in stay.chain(all().map(|(_, (_, route))| route)) {
        *counts.entry(route.clone()).or_default() += 1;
    }
    let is_free = |(_, (_, route)): &(usize, (Ident, Ident))| counts.get(route) == Some(&1);
    let groups = moving.into_iter();
    let distinct = groups.filter(|group| group.iter().all(is_free));
    distinct.flatten().collect()
}

/// Whether the first success response is a list or a page, which makes a GET a `list_`.
fn is_list<'a>(cx: &Context<'a>, source: &'a Source, at: &Pointer) -> bool {
    let successes = successes(cx, source, at);
    let content = successes
        .first()
        .and_then(|(_, response, _)| preferred(&response.content));
    let schema = content.and_then(|(_, content)| content.schema.as_ref());
    schema.is_some_and(|schema| cx.is_list(schema.into()))
}

/// The variant of `Route`: the method in UpperCamelCase, behind the twin's name.
fn route_name(cx: &Context<'_>, method: &str, is_twin: bool) -> Ident {
    let method = cx.names.upper_camel(names::unescaped(method));
    let name = match cx.policy.twin {
        Some(twin) if is_twin => format!("{}{method}", cx.names.upper_camel(twin.accessor)),
        _ => method,
    };
    cx.names.ident(Kind::Type, &name)
}

/// The resource: the last fixed segment that is not an action.
fn module_name(cx: &Context<'_>, template: &str) -> Ident {
    let last = fixed_segments(template)
        .filter(|segment| !cx.policy.actions.contains(segment))
        .last();
    let name = last.map(|segment| cx.names.words(segment));
    let name = name.filter(|name| !name.is_empty());
    names::module_ident(name.as_deref().unwrap_or("root"), cx.policy)
}

/// What follows a path prefix, when the path lies under it.
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

/// A part of a path segment.
enum Part<'t> {
    Fixed(&'t str),
    Parameter(&'t str),
}

/// The parts of a segment: `{name}.json` has two.
fn parts(segment: &str) -> impl Iterator<Item = Part<'_>> {
    segment.split('{').enumerate().flat_map(|(index, text)| {
        let (parameter, fixed) = match text.split_once('}') {
            Some((name, rest)) if index > 0 => (Some(name), rest),
            _ => (None, text),
        };
        let parameter = parameter.map(Part::Parameter);
        parameter.into_iter().chain([Part::Fixed(fixed)])
    })
}
