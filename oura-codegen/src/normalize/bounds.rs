//! Bounds of numbers that openapiv3 has no type for.

use std::borrow::Cow;

use super::keywords::BOUNDS;
use crate::document::{Node, Value};

/// The spec as openapiv3 can read it: without the bounds that fit no 64-bit integer. They
/// stay in the tree, from which docs and facts are made.
pub(super) fn without_large(root: &Node) -> Cow<'_, Node> {
    let mut objects = root.walk().filter_map(Node::as_object).flatten();
    if !objects.any(|(key, node)| is_large(key, node)) {
        return Cow::Borrowed(root);
    }
    let mut root = root.clone();
    remove_large(&mut root);
    Cow::Owned(root)
}

/// Whether a member is such a bound. A number with a fraction is a bound of a float.
fn is_large(key: &str, node: &Node) -> bool {
    let fits = |integer: i128| i64::try_from(integer).is_ok();
    BOUNDS.contains(&key)
        && node.as_number().is_some_and(|number| {
            !number.as_f64().is_finite() || number.as_integer().is_some_and(|n| !fits(n))
        })
}

fn remove_large(node: &mut Node) {
    match &mut node.value {
        Value::Array(items) => items.iter_mut().for_each(remove_large),
        Value::Object(members) => {
            members.retain(|key, node| !is_large(key, node));
            members.values_mut().for_each(remove_large);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
