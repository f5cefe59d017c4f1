//! Compares the prose of two specs by heading, and finds new sentences that may require something
//! of users.
//!
//! Input: both specs and the changes between them. Output: headings that differ, and new demands.
//! Invariant: a spec without prose is not compared with one that has some, because all of it would
//! be new.

use oura_codegen::document::{Document, Node};
use oura_codegen::drift::{Change, Kind};
use oura_codegen::prose::{compare_sections, new_demands, of_fact};
use serde::Serialize;

/// The text under a heading in both specs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heading {
    /// The tag whose description it is in; `None` is the description of the API.
    pub tag: Option<String>,
    /// The heading; empty for the text above the first one.
    pub heading: String,
    /// The old text; `None` when the old spec does not have it.
    pub before: Option<String>,
    /// The new text; `None` when the new spec does not have it.
    pub after: Option<String>,
}

/// A new sentence that may require something of users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Demand {
    /// Where it is: a subject of the report, or a tag and a heading.
    pub of: String,
    /// The sentence.
    pub sentence: String,
}

impl Heading {
    /// The tag and the heading.
    pub fn label(&self) -> String {
        match (&self.tag, self.heading.as_str()) {
            (None, "") => "description of the API".to_owned(),
            (None, heading) => heading.to_owned(),
            (Some(tag), "") => tag.clone(),
            (Some(tag), heading) => format!("{tag}: {heading}"),
        }
    }
}

/// Finds the headings whose texts differ.
pub(super) fn compare_headings(old: &Document, new: &Document) -> Vec<Heading> {
    let (olds, news) = (descriptions(old), descriptions(new));
    if olds.is_empty() || news.is_empty() {
        return Vec::new();
    }
    let text = |all: &[Description<'_>], tag: &Option<&str>| -> String {
        let found = all.iter().find(|(known, _)| known == tag);
        found.map_or_else(String::new, |(_, text)| (*text).to_owned())
    };
    let gone = olds
        .iter()
        .filter(|(tag, _)| news.iter().all(|(known, _)| known != tag));
    let tags = news.iter().chain(gone).map(|(tag, _)| tag);
    let headings = tags.flat_map(|tag| {
        let sections = compare_sections(&text(&olds, tag), &text(&news, tag));
        sections.into_iter().map(|section| Heading {
            tag: tag.map(str::to_owned),
            heading: section.heading,
            before: section.before,
            after: section.after,
        })
    });
    headings.collect()
}

/// Finds new sentences, in headings and other prose, that may require something of users. A
/// sentence that only moved is not new.
pub(super) fn find_demands(
    old: &Document,
    headings: &[Heading],
    changes: &[Change],
) -> Vec<Demand> {
    let known: Vec<&str> = descriptions(old)
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    let known = known.join("\n\n");
    let mut demands = Vec::new();
    let mut add = |of: &str, before: &str, after: &str| {
        let sentences = new_demands(before, after).into_iter();
        demands.extend(sentences.map(|sentence| Demand {
            of: of.to_owned(),
            sentence,
        }));
    };
    for heading in headings {
        let after = heading.after.as_deref().unwrap_or_default();
        add(&heading.label(), &known, after);
    }
    for change in changes
        .iter()
        .filter(|change| change.kind == Kind::DocsChanged)
    {
        let text = |value: &Option<String>| of_fact(value.as_deref().unwrap_or_default());
        add(&change.subject, &text(&change.before), &text(&change.after));
    }
    demands
}

/// A tag, or the API, and its description.
type Description<'a> = (Option<&'a str>, &'a str);

fn descriptions(document: &Document) -> Vec<Description<'_>> {
    let root = &document.root;
    let of_api = root
        .get("info")
        .and_then(|info| member(info, "description"));
    let tags = root
        .get("tags")
        .and_then(Node::as_array)
        .unwrap_or_default();
    let of_tags = tags.iter().filter_map(|tag| {
        let name = member(tag, "name")?;
        Some((Some(name), member(tag, "description")?))
    });
    of_api
        .into_iter()
        .map(|text| (None, text))
        .chain(of_tags)
        .collect()
}

fn member<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.get(key).and_then(Node::as_str)
}
