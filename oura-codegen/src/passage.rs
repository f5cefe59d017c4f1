//! Passages of a spec's prose: the text under one heading of a description.
//!
//! Input: a spec and the place of a passage. Output: its text. Some behaviour that the runtime
//! depends on is described only in prose (limits, retries, signatures); a change there changes no
//! fact, so that drift compares these passages.

use std::collections::BTreeSet;

use openapiv3::OpenAPI;

use crate::ir::{Api, SeriesValues};
use crate::policy::PassagePolicy;
use crate::prose::{sections, without_padding};

/// The text under a heading, up to the next heading of any level, or `None` when the spec does
/// not have it. It has one line for each paragraph, item or row: how an export breaks, indents
/// and pads its lines has no meaning.
#[must_use]
pub fn find_passage(openapi: &OpenAPI, passage: &PassagePolicy) -> Option<String> {
    let description = match passage.tag {
        None => openapi.info.description.as_deref(),
        Some(name) => {
            let tag = openapi.tags.iter().find(|tag| tag.name == name);
            tag.and_then(|tag| tag.description.as_deref())
        }
    }?;
    let mut sections = sections(description).into_iter();
    let found = sections.find(|((heading, _), _)| heading == passage.heading);
    found.map(|(_, text)| text)
}

/// The properties that the marks of an overlay make a series of: the Rust name of the type and
/// the name of the property. Their descriptions say how the series is to be read.
#[must_use]
pub fn series_properties(api: &Api) -> BTreeSet<(&str, &str)> {
    let mut properties = BTreeSet::new();
    for definition in api.types() {
        let Some(kind) = definition.kind.as_struct() else {
            continue;
        };
        let idents = kind.series.iter().flat_map(|series| match &series.values {
            SeriesValues::Items { every, items } => vec![&series.start, every, items],
            SeriesValues::Codes { text, .. } => vec![text],
        });
        let idents: BTreeSet<_> = idents.collect();
        let fields = kind
            .fields
            .iter()
            .filter(|field| idents.contains(&field.ident));
        properties.extend(fields.map(|field| (&*definition.ident, &*field.wire_name)));
    }
    properties
}

/// The description of a property, or `None` when the spec does not have the property.
#[must_use]
pub fn property_prose(api: &Api, (ident, wire_name): (&str, &str)) -> Option<String> {
    let definition = api.types().find(|definition| definition.ident == ident)?;
    let mut fields = definition.kind.as_struct()?.fields.iter();
    let field = fields.find(|field| field.wire_name == wire_name)?;
    Some(without_padding(&field.docs.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(heading: &'static str, description: &str) -> Option<String> {
        let openapi = OpenAPI {
            info: openapiv3::Info {
                description: Some(description.to_owned()),
                ..openapiv3::Info::default()
            },
            ..OpenAPI::default()
        };
        let passage = PassagePolicy {
            tag: None,
            heading,
            depends: "",
        };
        find_passage(&openapi, &passage)
    }

    #[test]
    fn a_passage_ends_at_the_next_heading() {
        let text = "# A\none\n\n  two \n## B `c`\nthree\n```\n# no heading\n```\n";
        assert_eq!(find("A", text).as_deref(), Some("one\ntwo"));
        let expected = "three\n```\n# no heading\n```";
        assert_eq!(find("B c", text).as_deref(), Some(expected));
        assert_eq!(find("no heading", text), None);
        assert_eq!(find("A", "one"), None);
    }
}
