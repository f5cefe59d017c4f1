//! Reports fields and values of responses that this crate does not know.
//!
//! Input: a body that decodes as `T`. Output: a report to the hook, if there is anything to
//! report. It is a second reading of the body, made only when a hook is set.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_ignored::Path;

use super::lenient::Lenient;
use crate::Route;

/// The function that receives reports.
#[derive(Clone)]
pub(crate) struct DriftHook(pub(crate) Arc<dyn Fn(&DriftReport) + Send + Sync>);

/// The fields and values of one response that this crate does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DriftReport {
    /// The route that was called; `None` for a raw call.
    pub route: Option<Route>,
    /// Fields that the models do not have: `data[].contributors.new_one`.
    pub unknown_fields: BTreeSet<String>,
    /// Values that the open enums do not list, each with the name of the enum.
    pub unrecognized_values: BTreeSet<(String, String)>,
}

thread_local! {
    /// The values that [`note_value`] adds while a body is read for a report.
    static VALUES: RefCell<Option<BTreeSet<(String, String)>>> = const { RefCell::new(None) };
}

/// Notes a value that the enum `T` does not list.
pub(crate) fn note_value<T>(value: &dyn fmt::Display) {
    VALUES.with_borrow_mut(|values| {
        if let Some(values) = values {
            let path = std::any::type_name::<T>();
            let name = path.rsplit("::").next().unwrap_or(path);
            values.insert((name.to_owned(), value.to_string()));
        }
    });
}

/// Reads `text` once more as a `T` and reports the fields and values that a `T` does not have.
pub(crate) fn inspect<T: DeserializeOwned>(
    hook: &DriftHook,
    route: Option<Route>,
    prefix: &str,
    text: &str,
) {
    let mut unknown_fields = BTreeSet::new();
    VALUES.set(Some(BTreeSet::new()));
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let deserializer = Lenient::new(&mut deserializer);
    let read = serde_ignored::deserialize::<_, _, T>(deserializer, |path| {
        let mut name = prefix.to_owned();
        push_path(&path, &mut name);
        unknown_fields.insert(name);
    });
    let unrecognized_values = VALUES.take().unwrap_or_default();
    let has_drift = !(unknown_fields.is_empty() && unrecognized_values.is_empty());
    if read.is_ok() && has_drift {
        (hook.0)(&DriftReport {
            route,
            unknown_fields,
            unrecognized_values,
        });
    }
}

/// Writes a path so that all elements of a list have the same one.
fn push_path(path: &Path<'_>, name: &mut String) {
    match path {
        Path::Root => {}
        Path::Seq { parent, .. } => {
            push_path(parent, name);
            name.push_str("[]");
        }
        Path::Map { parent, key } => {
            push_path(parent, name);
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(key);
        }
        Path::Some { parent }
        | Path::NewtypeStruct { parent }
        | Path::NewtypeVariant { parent } => push_path(parent, name),
    }
}
