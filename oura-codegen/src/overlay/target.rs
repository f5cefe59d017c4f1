//! Which nodes an action selects.

use jsonpath_rust::parser::errors::JsonPathError;
use jsonpath_rust::parser::model::{JpQuery, Segment};
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;

use super::action::{Action, UPSTREAM_CHANGED};
use crate::document::{Document, Node};
use crate::error::Error;
use crate::pointer::Pointer;

/// Parses a JSONPath; the error is a phrase.
pub(super) fn parse_target(target: &str) -> Result<JpQuery, String> {
    if !target.starts_with('$') {
        return Err("it must begin with `$`".to_owned());
    }
    parse_json_path(target).map_err(|error| match error {
        JsonPathError::PestError(error) => error.variant.message().into_owned(),
        error => error.to_string(),
    })
}

/// The places that an action selects: at least one, each once, in the order of the tree.
pub(super) fn find_targets(document: &Document, action: &Action) -> Result<Vec<Pointer>, Error> {
    let fail = |message: String| Error::at(&action.target_origin, message);
    let found =
        js_path_process(&action.query, &document.root).map_err(|error| fail(error.to_string()))?;
    let mut targets = Vec::new();
    for node in found {
        let pointer = to_pointer(&node.path)
            .ok_or_else(|| fail(format!("`{}` is not a normalized path", node.path)))?;
        targets.push(pointer);
    }
    // Parents before children, elements by index. Members by name: their order has no effect.
    targets.sort_by_cached_key(|at: &Pointer| {
        let tokens = at.tokens().into_iter();
        let keys = tokens.map(|token| (token.index(), token.text().into_owned()));
        keys.collect::<Vec<_>>()
    });
    targets.dedup();
    match targets.is_empty() {
        true => Err(fail(format!("`{}` matches nothing", action.target)).help(UPSTREAM_CHANGED)),
        false => Ok(targets),
    }
}

/// Whether the spec has the parents of the nodes that an action selects, so that only the nodes
/// themselves are gone.
pub(super) fn has_holder(document: &Document, action: &Action) -> bool {
    let mut segments = action.query.segments.clone();
    let is_member = matches!(
        segments.pop(),
        Some(Segment::Selector(_) | Segment::Selectors(_))
    );
    let holders = js_path_process(&JpQuery::new(segments), &document.root);
    is_member && holders.is_ok_and(|found| !found.is_empty())
}

/// A node that was just selected.
pub(super) fn selected<'d>(document: &'d mut Document, at: &Pointer) -> &'d mut Node {
    let node = document.get_mut(at);
    node.expect("the node was found in this tree")
}

/// The place that a normalized path names, `$['paths'][0]`. All results of a query are such
/// paths; parsing them as queries would take longer than finding them.
fn to_pointer(path: &str) -> Option<Pointer> {
    let mut at = Pointer::root();
    let mut rest = path.strip_prefix('$')?;
    while let Some(segment) = rest.strip_prefix('[') {
        let inside;
        (inside, rest) = match segment.strip_prefix('\'') {
            Some(name) => split_name(name)?,
            None => segment.split_once(']')?,
        };
        at = match segment.starts_with('\'') {
            true => at.key(unescaped(inside)?),
            false => at.index(inside.parse().ok()?),
        };
    }
    rest.is_empty().then_some(at)
}

/// Splits behind the quote that ends a name.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let mut is_escaped = false;
    let end = text.find(|c| {
        let ends = c == '\'' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends
    })?;
    Some((&text[..end], text[end..].strip_prefix("']")?))
}

/// A name without its escapes: those of JSON, and the one of the quote.
fn unescaped(name: &str) -> Option<String> {
    if !name.contains('\\') {
        return Some(name.to_owned());
    }
    let json = name.replace("\\'", "'").replace('"', "\\\"");
    serde_json::from_str(&format!("\"{json}\"")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pointer::Token;

    #[test]
    fn normalized_paths_are_read_as_written() {
        let read = |path| to_pointer(path).map(|at| at.tokens());
        let name = |name: &str| Token::Key(name.into());
        assert_eq!(read("$"), Some(Vec::new()));
        assert_eq!(
            read("$['paths']['/a[0]'][3]"),
            Some(vec![name("paths"), name("/a[0]"), Token::Index(3)])
        );
        let escaped = r#"$['it\'s "it"']['a\\']['\n\u001f']"#;
        let names = [name("it's \"it\""), name("a\\"), name("\n\u{1f}")];
        assert_eq!(read(escaped), Some(names.to_vec()));
        assert_eq!(
            ["", "$['a'", "$[a]", "$['a'].b"].map(read),
            [None, None, None, None]
        );
    }
}
