//! The committed list of breaking changes that were reviewed, each with its id and a reason.

use std::fs;
use std::path::Path;

use oura_codegen::document::{Node, Value, parse_document};
use oura_codegen::error::{Error, Errors};

use crate::Failure;
use crate::inputs::{Inputs, Source};
use crate::report::Report;

/// The path of the list, in the workspace.
pub const ACKNOWLEDGED: &str = "spec/acknowledged.yaml";

/// A change that was reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// The id of the change, as the report gives it.
    pub id: String,
    /// The reason why it may be merged.
    pub why: String,
}

/// Reads the list. It is empty if the workspace has none.
pub fn read_acknowledged(workspace: &Path) -> Result<Vec<Acknowledged>, Failure> {
    let path = workspace.join(ACKNOWLEDGED);
    if !fs::exists(&path).is_ok_and(|exists| exists) {
        return Ok(Vec::new());
    }
    let source = Source::read(None, ACKNOWLEDGED, workspace)?;
    parse_acknowledged(&source).map_err(|errors| {
        let inputs = Inputs {
            spec: source,
            overlay: None,
        };
        Failure::Input(Report::new(errors, &inputs))
    })
}

/// Elements of the list for these ids, without the reasons, for a reviewer to paste.
pub fn to_paste(ids: &[&str]) -> String {
    let items = ids.iter().map(|id| {
        // A JSON string is valid YAML.
        let id = serde_json::Value::from(*id);
        format!("  - id: {id}\n    why: \n")
    });
    items.collect()
}

/// Reads the list from its text.
pub fn parse_acknowledged(source: &Source) -> Result<Vec<Acknowledged>, Errors> {
    let document = parse_document(&source.name, &source.text)?;
    let mut errors = Errors::default();
    let list = document.root.get("acknowledged");
    let items = match list.map(|list| &list.value) {
        Some(Value::Array(items)) => items.as_slice(),
        // A key without a value, to paste the first element below.
        Some(Value::Null) => &[],
        _ => {
            let message = "`acknowledged` must be a list, each element with `id` and `why`";
            return Err(Error::at(&document.root.origin, message).into());
        }
    };
    let mut known: Vec<Acknowledged> = Vec::new();
    for item in items {
        match read_item(item) {
            Ok(one) if known.iter().any(|other| other.id == one.id) => {
                let message = format!("`{}` is acknowledged already", one.id);
                errors.push(Error::at(&item.origin, message));
            }
            Ok(one) => known.push(one),
            Err(error) => errors.push(error),
        }
    }
    errors.into_result(known)
}

fn read_item(item: &Node) -> Result<Acknowledged, Error> {
    let text = |key: &str| match item.get(key).and_then(Node::as_str) {
        Some(text) if !text.trim().is_empty() => Ok(text.to_owned()),
        _ => Err(Error::at(&item.origin, format!("`{key}` is missing"))),
    };
    let mut keys = item.as_object().into_iter().flat_map(|one| one.keys());
    if let Some(key) = keys.find(|key| !["id", "why"].contains(&key.as_str())) {
        let message = format!("an acknowledged change has no member `{key}`");
        return Err(Error::at(&item.origin, message));
    }
    Ok(Acknowledged {
        id: text("id")?,
        why: text("why")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<Acknowledged>, String> {
        let source = Source {
            name: "a".to_owned(),
            text: text.to_owned(),
        };
        parse_acknowledged(&source).map_err(|errors| errors.to_string())
    }

    #[test]
    fn a_list_has_ids_and_reasons() {
        let known = parse("acknowledged: [{id: a b, why: c}]").unwrap();
        assert_eq!((&*known[0].id, &*known[0].why), ("a b", "c"));
        assert_eq!(parse("acknowledged: []"), Ok(Vec::new()));
        let list = include_str!("../../../spec/acknowledged.yaml");
        let pasted = format!("{list}{}", to_paste(&["new"]).replace("why: ", "why: read"));
        let known = parse(&pasted).unwrap();
        assert_eq!(known.last().map(|one| &*one.id), Some("new"));
        let bad = [
            (
                "{}",
                "a#: `acknowledged` must be a list, each element with `id` and `why`",
            ),
            (
                "acknowledged: [{id: x}]",
                "a#/acknowledged/0: `why` is missing",
            ),
            (
                "acknowledged: [{id: x, why: ' '}]",
                "a#/acknowledged/0: `why` is missing",
            ),
            (
                "acknowledged: [{id: x, why: y, until: z}]",
                "a#/acknowledged/0: an acknowledged change has no member `until`",
            ),
            (
                "acknowledged: [{id: x, why: y}, {id: x, why: z}]",
                "a#/acknowledged/1: `x` is acknowledged already",
            ),
        ];
        for (text, message) in bad {
            assert_eq!(parse(text), Err(message.to_owned()));
        }
    }
}
