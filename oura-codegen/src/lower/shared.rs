//! What several operations have in common: parameters, errors, and the twins of operations.
//!
//! Input: all operations. Output: the tables of the IR with which generated code and docs state
//! once what is the same for several operations.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::names::{self, Names};
use super::operations::LoweredOperation;
use crate::ir::{ErrorResponse, Ident, Mirror, Operation, Parameter, SharedParameter, StatusRange};

/// Optional parameters that at least two operations take in the same way. Of several ways to
/// take a parameter of one name the most frequent is shared: a name is one setter for all.
pub(super) fn parameters(
    names: Names<'_>,
    operations: &[LoweredOperation],
) -> Vec<SharedParameter> {
    let mut ways: IndexMap<(&Parameter, bool), Vec<Ident>> = IndexMap::new();
    for LoweredOperation { operation, .. } in operations {
        for way in optional(operation) {
            ways.entry(way).or_default().push(operation.route.clone());
        }
    }
    let mut groups: BTreeMap<&str, Vec<SharedParameter>> = BTreeMap::new();
    for ((parameter, is_selection), routes) in ways {
        let group = groups.entry(&parameter.ident).or_default();
        group.push(SharedParameter {
            ident: names.upper_camel(names::unescaped(&parameter.ident)),
            parameter: parameter.clone(),
            is_selection,
            routes,
        });
    }
    let mut taken = BTreeSet::new();
    let mut shared: Vec<_> = groups.into_values().filter_map(most_frequent).collect();
    // A parameter without a name for its trait has a setter for each operation.
    shared
        .retain(|shared| names::is_type_ident(&shared.ident) && taken.insert(shared.ident.clone()));
    shared.sort_by(|one, other| one.ident.cmp(&other.ident));
    shared
}

/// The first of the most frequent ways.
fn most_frequent(group: Vec<SharedParameter>) -> Option<SharedParameter> {
    let ways = group.into_iter().rev();
    let mut shared = ways.max_by_key(|shared| shared.routes.len())?;
    shared.routes.sort();
    (shared.routes.len() > 1).then_some(shared)
}

/// The parameters that have setters, each with whether it selects fields.
fn optional(operation: &Operation) -> impl Iterator<Item = (&Parameter, bool)> {
    let selection = operation.selection.iter().map(|found| &found.parameter);
    let setters = operation.setters.iter().map(|setter| (setter, false));
    setters.chain(selection.map(|parameter| (parameter, true)))
}

/// The errors that most operations with their status describe in the same words.
pub(super) fn usual_errors(operations: &[LoweredOperation]) -> Vec<ErrorResponse> {
    let errors = operations
        .iter()
        .flat_map(|lowered| &lowered.operation.errors);
    let mut of_status: BTreeMap<StatusRange, usize> = BTreeMap::new();
    let mut same: IndexMap<&ErrorResponse, usize> = IndexMap::new();
    for error in errors {
        *of_status.entry(error.status).or_default() += 1;
        *same.entry(error).or_default() += 1;
    }
    let is_usual =
        |(error, same): &(&ErrorResponse, usize)| *same > 1 && same * 2 > of_status[&error.status];
    let usual = same.into_iter().filter(is_usual);
    let mut usual: Vec<ErrorResponse> = usual.map(|(error, _)| error.clone()).collect();
    usual.sort_by_key(|error| error.status);
    usual
}

/// The twin operations that have the name of a method of the client.
pub(super) fn mirrors(operations: &[LoweredOperation]) -> Vec<Mirror> {
    let operations = || operations.iter().map(|lowered| &lowered.operation);
    let originals: BTreeMap<&str, &Operation> = operations()
        .filter(|operation| !operation.is_twin)
        .map(|operation| (operation.method.as_str(), operation))
        .collect();
    let twins = operations().filter(|operation| operation.is_twin);
    let mirrors = twins.filter_map(|twin| {
        let original = originals.get(twin.method.as_str())?;
        Some(Mirror {
            route: twin.route.clone(),
            method: twin.method.clone(),
            without: without(original, twin),
        })
    });
    let mut mirrors: Vec<_> = mirrors.collect();
    mirrors.sort_by(|one, other| one.route.cmp(&other.route));
    mirrors
}

/// The setters of an operation that its twin does not have.
fn without(original: &Operation, twin: &Operation) -> Vec<Ident> {
    let has = |ident: &Ident| optional(twin).any(|(parameter, _)| parameter.ident == *ident);
    let missing = optional(original).filter(|(parameter, _)| !has(&parameter.ident));
    missing
        .map(|(parameter, _)| parameter.ident.clone())
        .collect()
}
