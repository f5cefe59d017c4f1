//! Finds defects of a spec that a comparison does not show: placeholders, and missing sections that
//! the spec refers to.

use std::collections::BTreeSet;

use oura_codegen::document::{Document, Node};
use oura_codegen::hosts::{Destination, Verdict, find_destinations};
use oura_codegen::policy::Policy;

use super::destinations::describe;
use super::phrase::Phrase;

/// Finds the defects of the new spec, as sentences without a full stop. Defects that the old spec
/// has too are marked, because a reviewer has read them before.
pub(super) fn compare_defects(old: &Document, new: &Document, policy: &Policy) -> Vec<Phrase> {
    let before = find_defects(old, policy);
    let defects = find_defects(new, policy).into_iter();
    defects
        .map(|defect| match before.contains(&defect) {
            true => defect.and(", as before"),
            false => defect,
        })
        .collect()
}

fn find_defects(document: &Document, policy: &Policy) -> Vec<Phrase> {
    let destinations = find_destinations(document, policy);
    let is_flawed = |one: &&Destination| one.verdict != Verdict::Kept;
    let flawed = destinations.iter().filter(is_flawed);
    let mut defects: Vec<Phrase> = flawed.map(describe).collect();
    let has_no_server = |one: &Destination| one.given.is_none() && one.url.is_none();
    if destinations.iter().any(has_no_server) {
        defects.push(Phrase::code("servers").and(" is missing: the client has no default URL"));
    }
    defects.extend(missing_sections(&document.root));
    defects
}

fn missing_sections(root: &Node) -> Vec<Phrase> {
    let mut defects = Vec::new();
    let description = root.get("info").and_then(|info| text(info, "description"));
    if description.is_none() {
        defects.push(Phrase::code("info.description").and(" is missing"));
    }
    let components = root.get("components");
    let schemes = components.and_then(|node| node.get("securitySchemes"));
    let described: BTreeSet<&str> = keys(schemes).collect();
    let used = requirements(root).flat_map(|one| keys(Some(one)));
    let what = "components.securitySchemes";
    defects.extend(undescribed(what, used.collect(), &described));
    let tags = items(root.get("tags")).filter_map(|tag| text(tag, "name"));
    let described: BTreeSet<&str> = tags.collect();
    let used = operations(root).flat_map(|operation| items(operation.get("tags")));
    let used = used.filter_map(Node::as_str).collect();
    defects.extend(undescribed("tags", used, &described));
    defects
}

/// Names that are used but not described.
fn undescribed(what: &str, used: BTreeSet<&str>, described: &BTreeSet<&str>) -> Option<Phrase> {
    const SHOWN: usize = 4;
    let missing: Vec<&str> = used.difference(described).copied().collect();
    let verb = match described.is_empty() {
        _ if missing.is_empty() => return None,
        true => " is missing; the spec uses ",
        false => " lacks ",
    };
    let more = match missing.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = missing.into_iter().take(SHOWN).map(Phrase::code);
    let names = Phrase::joined(shown, ", ");
    Some(Phrase::code(what).and(verb).join(names).and(more))
}

fn requirements(root: &Node) -> impl Iterator<Item = &Node> {
    let own = operations(root).flat_map(|operation| items(operation.get("security")));
    items(root.get("security")).chain(own)
}

fn operations(root: &Node) -> impl Iterator<Item = &Node> {
    let paths = root.get("paths").and_then(Node::as_object);
    let paths = paths.into_iter().flat_map(|paths| paths.values());
    let members = paths.filter_map(Node::as_object).flatten();
    let members = members.map(|(_, member)| member);
    members.filter(|member| member.get("responses").is_some())
}

fn items(node: Option<&Node>) -> impl Iterator<Item = &Node> {
    node.and_then(Node::as_array).unwrap_or_default().iter()
}

fn keys(node: Option<&Node>) -> impl Iterator<Item = &str> {
    let members = node.and_then(Node::as_object).into_iter().flatten();
    members.map(|(key, _)| key.as_str())
}

fn text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.get(key).and_then(Node::as_str)
}

#[cfg(test)]
mod tests {
    use oura_codegen::document::parse_document;
    use oura_codegen::oura::POLICY;

    use super::*;

    fn defects(text: &str) -> Vec<String> {
        let defects = find_defects(&parse_document("d", text).unwrap(), &POLICY);
        defects.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_complete_spec_has_no_defects() {
        let text = "
info: {description: d}
servers: [{url: 'https://api.ouraring.com'}]
tags: [{name: T}]
components: {securitySchemes: {S: {}}}
paths: {/a: {get: {tags: [T], security: [{S: []}], responses: {}}}}
";
        assert_eq!(defects(text), [""; 0]);
    }

    #[test]
    fn defects_of_the_old_spec_too_are_marked() {
        let old =
            parse_document("d", "info: {}\nservers: [{url: 'https://ouraring.com'}]").unwrap();
        let new = parse_document("d", "info: {}").unwrap();
        let defects = compare_defects(&old, &new, &POLICY);
        let defects: Vec<_> = defects.iter().map(ToString::to_string).collect();
        let expected = [
            "the server is missing: the client uses `https://api.ouraring.com`",
            "`info.description` is missing, as before",
        ];
        assert_eq!(defects, expected);
    }

    #[test]
    fn placeholders_and_missing_sections_are_found() {
        let text = "
info: {}
servers: [{url: 'https://api.None.com'}]
tags: [{name: T}]
security: [{S: []}]
paths: {/a: {get: {tags: [T, U], responses: {}}}}
";
        let expected = [
            "the server `https://api.None.com` is a placeholder: the client uses \
             `https://api.ouraring.com`",
            "`info.description` is missing",
            "`components.securitySchemes` is missing; the spec uses `S`",
            "`tags` lacks `U`",
        ];
        assert_eq!(defects(text), expected);
        let text = "`servers` is missing: the client has no default URL";
        let defects = find_defects(
            &parse_document("d", "info: {}").unwrap(),
            &Policy::default(),
        );
        assert!(
            defects.iter().any(|one| one.to_string() == text),
            "{defects:?}"
        );
    }
}
