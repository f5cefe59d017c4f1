//! Unions that only say which properties a value must have: they restrict an object, and
//! normalization keeps them aside.

use crate::document::Node;

/// The keywords under which they are kept, and how many of the alternatives hold.
pub(super) const RESTRICTIONS: [(&str, &str); 2] = [
    ("x-anyOf", "At least one of"),
    ("x-oneOf", "Exactly one of"),
];

/// The alternatives, each as the properties that it requires: `a + b`, `not c`. `None` where it
/// is no restriction.
pub(super) fn alternatives(union: &Node) -> Option<Vec<String>> {
    let branches = union.as_array().filter(|branches| !branches.is_empty())?;
    branches.iter().map(alternative).collect()
}

fn alternative(branch: &Node) -> Option<String> {
    let names = branch.get("required").and_then(Node::as_array);
    let names = names.into_iter().flatten().filter_map(Node::as_str);
    let mut words: Vec<String> = names.map(str::to_owned).collect();
    if let Some(not) = branch.get("not") {
        let unions = ["anyOf", "oneOf"].iter().filter_map(|key| not.get(key));
        let inner = match not.get("required") {
            Some(_) => alternative(not),
            None => unions
                .filter_map(alternatives)
                .map(|all| all.join(" | "))
                .next(),
        };
        words.push(format!("not ({})", inner?));
    }
    (!words.is_empty()).then(|| words.join(" + "))
}
