//! Prints what a command did, in aligned lines.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use oura_codegen::lower::Census;
use serde::Serializer;

use crate::Failure;
use crate::files::{Changes, FileChange, Mode};
use crate::inputs::Inputs;
use crate::pipeline::{Effective, Generated, Meaning, Times};

/// Lines with a label each, printed in one column.
#[derive(Debug, Default)]
pub(crate) struct Summary(Vec<(&'static str, String)>);

impl Summary {
    /// Summarizes the inputs of a spec that is not lowered.
    pub(crate) fn of_effective(inputs: &Inputs, effective: &Effective) -> Self {
        let openapi = &effective.normalized.openapi;
        let schemas = openapi.components.as_ref();
        let schemas = schemas.map_or(0, |all| all.schemas.len());
        Self::of(
            inputs,
            effective,
            [openapi.operations().count(), schemas],
            "",
        )
    }

    /// Summarizes the inputs, with the number of schemas in each category.
    pub(crate) fn of_meaning(inputs: &Inputs, Meaning { effective, lowered }: &Meaning) -> Self {
        let census = &lowered.census;
        let counts = [census.operations, census.schemas()];
        Self::of(inputs, effective, counts, &categories(census))
    }

    fn of(
        inputs: &Inputs,
        effective: &Effective,
        [operations, schemas]: [usize; 2],
        categories: &str,
    ) -> Self {
        let mut summary = Self::default();
        let (operations, schemas) = (counted(operations, "operation"), counted(schemas, "schema"));
        let (name, version) = (&inputs.spec.name, &effective.normalized.dialect.version);
        let read = format!("{name}: OpenAPI {version}, {operations}, {schemas}");
        summary.line("read", read);
        if !categories.is_empty() {
            summary.line("", categories.to_owned());
        }
        let overlay = match (&inputs.overlay, &effective.overlay) {
            (Some(source), Some(done)) => {
                let (actions, places) = (done.actions, counted(done.changed, "place"));
                let actions = counted(actions, "action");
                format!("{}: {actions} changed {places}", source.name)
            }
            _ => "none".to_owned(),
        };
        summary.line("overlay", overlay);
        summary
    }

    /// Adds how much was generated.
    pub(crate) fn generated(&mut self, generated: &Generated) {
        let code = generated.files.iter();
        let code = code.filter(|file| file.path.ends_with(".rs"));
        let lines = || code.clone().flat_map(|file| file.text.lines());
        let is_code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
        let text = format!(
            "{}, {}, {} of them code",
            counted(generated.files.len(), "file"),
            counted(lines().count(), "line"),
            grouped(lines().filter(is_code).count()),
        );
        self.line("generated", text);
    }

    /// Adds the files that differ, one per line, in aligned columns.
    pub(crate) fn changes(&mut self, changes: &Changes, mode: Mode) {
        let width = |len: fn(&FileChange) -> usize| changes.differing.iter().map(len).max();
        let path_width = width(|change| change.path.len()).unwrap_or(0);
        for change in &changes.differing {
            let (word, path) = (change.kind.word(mode), &change.path);
            let (added, removed) = (grouped(change.added_lines), grouped(change.removed_lines));
            self.line(
                "",
                format!("{word:8}  {path:path_width$}  +{added} -{removed}"),
            );
        }
    }

    /// Adds how long it took, as a whole and by phase.
    pub(crate) fn took(&mut self, whole: Duration, times: &Times) {
        let parts = times.stretches.iter();
        let parts = parts.map(|(name, time)| format!("{name} {}", time.as_millis()));
        let parts = parts.collect::<Vec<_>>().join(", ");
        self.line("took", format!("{} ms ({parts})", whole.as_millis()));
    }

    /// Adds a line. Without a label it belongs to the one above.
    pub(crate) fn line(&mut self, label: &'static str, text: String) {
        self.0.push((label, text));
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.0.iter().map(|(label, _)| label.len());
        let width = labels.max().unwrap_or(0);
        for (label, text) in &self.0 {
            writeln!(f, "{label:>width$}  {text}")?;
        }
        Ok(())
    }
}

/// Prints to the standard output. A reader that closes it early (`| head`) is not an error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    print_to(io::stdout().lock(), text)
}

/// Like [`print`], for text with colours, which are left out if the output is not a terminal.
pub(crate) fn print_coloured(text: &str) -> Result<(), Failure> {
    print_to(anstream::stdout().lock(), text)
}

fn print_to(mut out: impl Write, text: &str) -> Result<(), Failure> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Other(format!("cannot write the output: {error}")))
        }
        _ => Ok(()),
    }
}

/// The counts of a spec: the key in JSON, the singular name, and the number.
pub(crate) fn census_rows(census: &Census) -> [(&'static str, &'static str, usize); 7] {
    let Census {
        operations,
        types,
        instances,
        aliases,
        dictionaries,
        unreachable,
    } = *census;
    [
        ("operations", "operation", operations),
        ("schemas", "schema", census.schemas()),
        ("types", "type", types),
        ("instances", "generic instance", instances),
        ("aliases", "inlined alias", aliases),
        ("dictionaries", "dictionary", dictionaries),
        ("unreachable", "unreachable", unreachable),
    ]
}

/// Serializes the counts of a spec.
pub(crate) fn serialize_census<S: Serializer>(
    census: &Census,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let rows = census_rows(census).into_iter();
    serializer.collect_map(rows.map(|(key, _, count)| (key, count)))
}

fn categories(census: &Census) -> String {
    let rows = census_rows(census).into_iter().skip(2);
    let rows = rows.filter(|(.., count)| *count > 0);
    let texts: Vec<_> = rows.map(|(_, what, count)| counted(count, what)).collect();
    texts.join(", ")
}

/// `1 file`, `2 dictionaries`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{} {}", grouped(count), plural(what)),
    }
}

/// `files`, `dictionaries`.
pub(crate) fn plural(what: &str) -> String {
    match what {
        "dictionary" => "dictionaries".to_owned(),
        "inlined alias" => "inlined aliases".to_owned(),
        "unreachable" => what.to_owned(),
        _ => format!("{what}s"),
    }
}

/// `12,345`.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_aligned_and_counts_read_well() {
        let mut summary = Summary::default();
        summary.line("read", counted(1, "file"));
        summary.line("", counted(2, "dictionary"));
        summary.line("generated", counted(1_234_567, "line"));
        assert_eq!(
            summary.to_string(),
            "     read  1 file\n           2 dictionaries\ngenerated  1,234,567 lines\n"
        );
        assert_eq!([0, 999, 1000].map(grouped), ["0", "999", "1,000"]);
    }
}
