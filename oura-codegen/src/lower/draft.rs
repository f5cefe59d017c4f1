//! Operations before their parameters and bodies: their names.

use openapiv3::{Operation as Source, PathItem};

use super::context::Context;
use super::names::{self, RUST_NAME};
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
    /// The client method.
    pub(super) method: Ident,
    /// The variant of `Route`.
    pub(super) route: Ident,
    /// The module it belongs to.
    pub(super) module: Ident,
}

/// The names of an operation; `None` after an error.
pub(super) fn draft<'a>(
    cx: &Context<'a>,
    (template, item): (&'a str, &'a PathItem),
    (http_method, source): (&'a str, &'a Source),
) -> Option<Draft<'a>> {
    let at = Pointer::root().keys(&["paths", template, http_method]);
    let twin = cx.policy.twin;
    let is_twin = twin.is_some_and(|twin| under(template, twin.prefix).is_some());
    let (method, route) = match cx.given.operation(http_method, template) {
        Some(given) => (given.method.clone(), given.route.clone()),
        None => {
            let method = method_name(cx, template, http_method, source, &at)?;
            let route = route_name(cx, &method, is_twin, &at)?;
            (method, route)
        }
    };
    Some(Draft {
        source,
        item,
        http_method,
        template,
        at,
        is_twin,
        method,
        route,
        module: module_name(cx, template),
    })
}

/// The client method: `x-rust-name`, else a verb and the noun of the path.
fn method_name<'a>(
    cx: &Context<'a>,
    template: &str,
    http_method: &str,
    source: &'a Source,
    at: &Pointer,
) -> Option<Ident> {
    let name = match source.extensions.get(RUST_NAME) {
        Some(value) => cx.rust_name(value, at)?,
        None => rule_name(cx, template, http_method, || is_list(cx, source, at)).or_else(|| {
            let help = format!("give it an `{RUST_NAME}` in the overlay");
            cx.refuse(at, "the path gives the operation no name", help)
        })?,
    };
    cx.note(names::method_ident(&name, cx.policy, &cx.origin(at)))
}

/// A verb, by an action segment or the HTTP method, and the fixed segments of the path.
fn rule_name(
    cx: &Context<'_>,
    template: &str,
    http_method: &str,
    is_list: impl Fn() -> bool,
) -> Option<String> {
    let mut prefixes = cx.policy.path_prefixes.iter();
    let rest = prefixes.find_map(|prefix| under(template, prefix));
    let segments = fixed_segments(rest.unwrap_or(template));
    let (actions, nouns): (Vec<&str>, Vec<&str>) =
        segments.partition(|segment| cx.policy.actions.contains(segment));
    let nouns: Vec<String> = nouns.into_iter().map(|noun| cx.names.snake(noun)).collect();
    let noun = nouns.join("_");
    let action = actions.last().map(|action| cx.names.snake(action));
    let verb = match (action.as_deref(), http_method) {
        (Some(action), _) => action,
        (None, "get") if is_list() => "list",
        (None, "post") => "create",
        (None, "put") => "update",
        (None, other) => other,
    };
    let plural = cx.policy.plurals.iter().find(|(one, _)| *one == noun);
    match plural {
        _ if noun.is_empty() => None,
        Some((_, many)) if verb == "list" => Some(format!("list_{many}")),
        _ => Some(format!("{verb}_{noun}")),
    }
}

/// Whether the first success answer is a list or a page, which makes a GET a `list_`.
fn is_list<'a>(cx: &Context<'a>, source: &'a Source, at: &Pointer) -> bool {
    let successes = successes(cx, source, at);
    let content = successes
        .first()
        .and_then(|(_, response, _)| preferred(&response.content));
    let schema = content.and_then(|(_, content)| content.schema.as_ref());
    schema.is_some_and(|schema| cx.is_list(schema.into()))
}

/// The variant of `Route`: the method in UpperCamelCase, behind the twin's name.
fn route_name(cx: &Context<'_>, method: &str, is_twin: bool, at: &Pointer) -> Option<Ident> {
    let method = cx.names.upper_camel(method.trim_start_matches("r#"));
    let name = match cx.policy.twin {
        Some(twin) if is_twin => format!("{}{method}", cx.names.upper_camel(twin.accessor)),
        _ => method,
    };
    cx.note(names::route_ident(&name, &cx.origin(at)))
}

/// The resource: the last fixed segment that is not an action.
fn module_name(cx: &Context<'_>, template: &str) -> Ident {
    let last = fixed_segments(template)
        .filter(|segment| !cx.policy.actions.contains(segment))
        .last();
    let name = last.map(|segment| cx.names.snake(segment));
    let name = name.filter(|name| !name.is_empty());
    names::module_ident(name.as_deref().unwrap_or("root"), cx.policy)
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
