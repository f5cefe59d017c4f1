//! Tries single changes of the vendored spec, enumerated mechanically: all but those within a part
//! that is elsewhere too. Each changes the surface or is refused, and is reported as exactly one
//! change of the right kind.

mod enumerate;
mod slices;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{self, AtomicUsize};
use std::thread;

use enumerate::{Mutation, here, mutations, noise};
use oura_codegen::document::{Document, Value};
use oura_codegen::drift::{Change, Drift, Kind, Side, compare_documents};
use oura_codegen::error::Errors;
use oura_codegen::facts::Fact;
use oura_codegen::lower::{Lowered, lower_api};
use oura_codegen::normalize::{Normalized, normalize_document};
use oura_codegen::oura::POLICY;
use oura_codegen::pointer::Origin;
use oura_tests::corrected;
use slices::{lineage, slices};

/// Each mutation is tried on a slice of the spec, and one of so many on the whole too.
const SHARE: usize = 200;

/// What a spec means.
struct Meaning {
    normalized: Normalized,
    lowered: Lowered,
}

/// What became of a mutation.
enum Outcome {
    Refused,
    /// The number of lines that the surface lost or gained, whichever is larger.
    Reported(usize),
}

#[test]
fn each_mutation_is_reported_as_what_it_is() {
    let document = vendored();
    let slices = slices(&document);
    let meanings = in_parallel(&slices, |slice| known(&slice.document));
    let whole = known(&document);
    let mutations = mutations(&document);
    assert!(mutations.len() > 2000, "only {}", mutations.len());
    let mut attempts: Vec<(&Mutation, &Document, &Meaning)> = Vec::new();
    for (index, mutation) in mutations.iter().enumerate() {
        let mut parts = slices.iter().zip(&meanings);
        let places = lineage(&mutation.at);
        let part = parts.find(|(slice, _)| slice.holds(&places));
        attempts.extend(part.map(|(slice, before)| (mutation, &slice.document, before)));
        if part.is_none() || index % SHARE == 0 {
            attempts.push((mutation, &document, &whole));
        }
    }
    let outcomes = in_parallel(&attempts, |(mutation, document, before)| {
        let mut mutated = (*document).clone();
        (mutation.edit)(&mut mutated);
        outcome(before, mutated, mutation)
    });
    let failures: Vec<&String> = outcomes
        .iter()
        .filter_map(|one| one.as_ref().err())
        .collect();
    let shown: Vec<&str> = failures.iter().take(30).map(|one| one.as_str()).collect();
    println!("{}", distribution(mutations.len(), &outcomes));
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        attempts.len(),
        shown.join("\n")
    );
}

#[test]
fn slices_say_together_what_the_spec_says() {
    let document = vendored();
    let statements = |meaning: &Meaning| -> BTreeSet<String> {
        let statement = |fact: &Fact| format!("{fact} {:?}", fact.topic);
        meaning.lowered.facts.iter().map(statement).collect()
    };
    let whole = statements(&known(&document));
    let slices = slices(&document);
    let parts = in_parallel(&slices, |slice| statements(&known(&slice.document)));
    for part in &parts {
        let other: Vec<&String> = part.difference(&whole).collect();
        assert!(other.is_empty(), "{other:#?}");
        assert!(4 * part.len() < whole.len(), "a slice is no small part");
    }
    let together: BTreeSet<String> = parts.into_iter().flatten().collect();
    let missing = whole.difference(&together);
    let missing: Vec<&String> = missing.filter(|fact| !fact.starts_with("tag ")).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn what_means_the_same_is_no_change() {
    let document = vendored();
    let before = known(&document);
    let noise = noise();
    let failures = in_parallel(&noise, |(name, edit)| {
        let mut edited = document.clone();
        edit(&mut edited);
        let text = |document: &Document| format!("{:?}", document.root.value);
        assert!(text(&edited) != text(&document), "{name} does nothing");
        let after = meaning(edited).unwrap_or_else(|errors| panic!("{name}: {errors}"));
        let drift = compare(&before, &after);
        let same = drift.changes.is_empty() && lines(&before, &after) == Default::default();
        (!same).then(|| format!("{name}: {:#?}", drift.changes))
    });
    let failures: Vec<String> = failures.into_iter().flatten().collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn outcome(before: &Meaning, mutated: Document, mutation: &Mutation) -> Result<Outcome, String> {
    let Ok(after) = meaning(mutated) else {
        return match mutation.may_be_refused {
            true => Ok(Outcome::Refused),
            false => Err(format!("{}: refused", mutation.what)),
        };
    };
    let drift = compare(before, &after);
    let (gone, come) = lines(before, &after);
    check(mutation, &drift, &gone, &come)
        .map(|()| Outcome::Reported(gone.len().max(come.len())))
        .map_err(|problem| {
            let changes: Vec<String> = drift.changes.iter().map(brief).collect();
            format!(
                "{}: {problem}\n  {}\n  - {gone:?}\n  + {come:?}",
                mutation.what,
                changes.join("\n  ")
            )
        })
}

fn shown(meaning: &Meaning) -> impl Iterator<Item = &Fact> {
    let facts = meaning.lowered.facts.iter();
    facts.filter(|fact| fact.on_surface)
}

/// One change, of the right kind and at the right place, and as few lines as it has facts.
fn check(
    mutation: &Mutation,
    drift: &Drift,
    gone: &[String],
    come: &[String],
) -> Result<(), String> {
    // Without a success an operation is not a list, so its name changes too.
    let loses_success = mutation.kinds.contains(&Kind::ResponseRemoved);
    let is_renamed = |change: &Change| loses_success && change.kind == Kind::OperationRenamed;
    let is_consequence = |change: &&Change| {
        matches!(change.kind, Kind::SchemaReached | Kind::SchemaUnreached) || is_renamed(change)
    };
    let mut changes = drift
        .changes
        .iter()
        .filter(|change| !is_consequence(change));
    let (Some(change), None) = (changes.next(), changes.next()) else {
        return Err("not exactly one change".to_owned());
    };
    if !mutation.kinds.contains(&change.kind) {
        return Err(format!("not one of {:?}", mutation.kinds));
    }
    let replaced = mutation.replaced.as_ref();
    let set = here(&mutation.at, Value::Null).origin;
    for (found, wanted, other) in [
        (&change.old_pointer, &mutation.old, replaced),
        // A node that the overlay inserts has its origin there; one that is set in it has none.
        (&change.pointer, &mutation.new, Some(&set)),
    ] {
        let fits = match (found, wanted) {
            (None, None) => true,
            (Some(found), Some(wanted)) => {
                is_within(found, wanted) || other.is_some_and(|other| is_within(found, other))
            }
            _ => false,
        };
        if !fits {
            return Err(format!("{found:?} is not at {wanted:?}"));
        }
    }
    match drift.changes.iter().any(is_renamed) {
        true => Ok(()),
        false => check_lines(change, gone, come),
    }
}

/// Checks that a change is one line of the surface, or more only in the cases below.
fn check_lines(change: &Change, gone: &[String], come: &[String]) -> Result<(), String> {
    // The line for the order of arguments names all of them, so it also differs when one is added
    // or removed. It is a separate change only if nothing else differs.
    let is_order = |line: &&String| line.contains(": argument_order ");
    let without_order = |lines: &[String]| -> Vec<String> {
        let lines = lines.iter().filter(|line| !is_order(line));
        lines.cloned().collect()
    };
    let (gone, come) = match change.kind {
        Kind::ArgumentsReordered => (gone.to_vec(), come.to_vec()),
        _ => (without_order(gone), without_order(come)),
    };
    let fits = match change.kind {
        // Prose, which the surface leaves out.
        Kind::DocsChanged | Kind::OperationTagsChanged | Kind::InfoChanged | Kind::TagChanged => {
            gone.is_empty() && come.is_empty()
        }
        Kind::DocumentIncomplete if change.subject == "tags" => gone.is_empty() && come.is_empty(),
        _ if gone.len().max(come.len()) == 1 => true,
        // An item that is added or removed as a whole has several lines.
        _ if change.before.is_none() => gone.is_empty() && all_about(&come, &change.subject),
        _ if change.after.is_none() => come.is_empty() && all_about(&gone, &change.subject),
        // The name is in the lines of the schema and of all that refers to it.
        Kind::SchemaRenamed => {
            let gone = gone.iter().map(|line| renamed(line, change));
            gone.collect::<BTreeSet<_>>() == come.into_iter().collect()
        }
        Kind::SchemaGenericChanged => {
            let name = |name: &Option<String>| name.clone().unwrap_or_default();
            all_mention(&gone, &name(&change.before)) && all_mention(&come, &name(&change.after))
        }
        // A type has a line for its name, its format and each of its branches.
        _ => all_of_type(&gone, change) && all_of_type(&come, change),
    };
    match fits {
        true => Ok(()),
        false => Err("more lines than a change has".to_owned()),
    }
}

/// The lines that the surface lost and gained. Each fact of the surface is a line, and the facts of
/// both specs are sorted by key.
fn lines(before: &Meaning, after: &Meaning) -> (Vec<String>, Vec<String>) {
    let (mut olds, mut news) = (shown(before).peekable(), shown(after).peekable());
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    loop {
        let order = match (olds.peek(), news.peek()) {
            (None, None) => return (gone, come),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.key.cmp(&new.key),
        };
        let old = olds.next_if(|_| order.is_le());
        let new = news.next_if(|_| order.is_ge());
        if old.map(|fact| &fact.value) != new.map(|fact| &fact.value) {
            gone.extend(old.map(Fact::to_string));
            come.extend(new.map(Fact::to_string));
        }
    }
}

fn all_about(lines: &[String], subject: &str) -> bool {
    !lines.is_empty() && lines.iter().all(|line| line.starts_with(subject))
}

fn all_mention(lines: &[String], name: &str) -> bool {
    lines.iter().all(|line| line.contains(name))
}

/// Whether all lines are about the type of the one place that changed, or are a bound that the
/// other type does not have.
fn all_of_type(lines: &[String], change: &Change) -> bool {
    let aspects = ["type", "format", "any_of", "one_of", "media", "min_length"];
    let mut lines = lines.iter();
    lines.all(|line| {
        let said = line.strip_prefix(change.subject.as_str());
        let said = said.and_then(|said| said.strip_prefix(": "));
        said.is_some_and(|said| aspects.iter().any(|aspect| said.starts_with(aspect)))
    })
}

/// A line with the key and the Rust name of a schema that was renamed.
fn renamed(line: &str, change: &Change) -> String {
    let names = |text: &Option<String>| -> Vec<String> {
        let text = text.as_deref().unwrap_or_default();
        let words = text.split([' ', '(', ')']).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    };
    let (olds, news) = (names(&change.before), names(&change.after));
    let is_end = |c: char| !c.is_alphanumeric() && c != '_';
    let words = line.split_inclusive(is_end).map(|word| {
        let name = word.trim_end_matches(is_end);
        let mut pairs = olds.iter().zip(&news);
        match pairs.find(|(old, _)| *old == name) {
            Some((_, new)) => format!("{new}{}", &word[name.len()..]),
            None => word.to_owned(),
        }
    });
    words.collect()
}

/// Whether a place is the same as another one, or below it.
fn is_within(place: &Origin, other: &Origin) -> bool {
    let (place_text, other_text) = (place.pointer.to_string(), other.pointer.to_string());
    let rest = place_text.strip_prefix(other_text.as_str());
    place.file == other.file && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn brief(change: &Change) -> String {
    let place = |origin: &Option<Origin>| {
        origin
            .as_ref()
            .map(|origin| origin.pointer.to_string())
            .unwrap_or_default()
    };
    format!(
        "{} [{}] [{}] {:?} -> {:?}",
        change.id,
        place(&change.old_pointer),
        place(&change.pointer),
        change.before,
        change.after
    )
}

fn distribution(mutations: usize, outcomes: &[Result<Outcome, String>]) -> String {
    let mut lines: BTreeMap<usize, usize> = BTreeMap::new();
    let mut refused = 0;
    for outcome in outcomes.iter().flatten() {
        match outcome {
            Outcome::Refused => refused += 1,
            Outcome::Reported(count) => *lines.entry(*count).or_default() += 1,
        }
    }
    format!(
        "{mutations} mutations, tried {} times; refused: {refused}; by lines of the surface: \
         {lines:?}",
        outcomes.len()
    )
}

fn vendored() -> Document {
    corrected().unwrap_or_else(|errors| panic!("{errors}"))
}

/// The meaning of a spec that has no errors.
fn known(document: &Document) -> Meaning {
    meaning(document.clone()).unwrap_or_else(|errors| panic!("{errors}"))
}

fn meaning(document: Document) -> Result<Meaning, Errors> {
    let normalized = normalize_document(document)?;
    let lowered = lower_api(&normalized, &POLICY)?;
    Ok(Meaning {
        normalized,
        lowered,
    })
}

fn compare(old: &Meaning, new: &Meaning) -> Drift {
    let side = |meaning| {
        let Meaning {
            normalized,
            lowered,
        }: &Meaning = meaning;
        Side {
            normalized,
            lowered,
        }
    };
    compare_documents(side(old), side(new), &POLICY).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The results for all items, in their order, made on all processors.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let run = || {
        let mut done = Vec::new();
        while let Some((index, item)) = {
            let index = next.fetch_add(1, atomic::Ordering::Relaxed);
            items.get(index).map(|item| (index, item))
        } {
            done.push((index, work(item)));
        }
        done
    };
    let mut done: Vec<(usize, R)> = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        handles
            .into_iter()
            .flat_map(|handle| match handle.join() {
                Ok(done) => done,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
