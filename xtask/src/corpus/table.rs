//! Counts the results of the specs.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The result for one spec.
pub(super) struct Row {
    pub(super) file: PathBuf,
    pub(super) outcome: Outcome,
    /// The reasons of a refusal, each once, or the last line that an aborted process wrote.
    pub(super) words: Vec<String>,
    pub(super) took: Duration,
    /// The most memory, in kilobytes, where the system reports it.
    pub(super) kilobytes: Option<u64>,
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Generated,
    Refused,
    Aborted,
    OutOfTime,
    OutOfMemory,
}

impl Outcome {
    /// Its name in the table and in the details.
    fn name(self) -> &'static str {
        match self {
            Self::Generated => "generated",
            Self::Refused => "refused",
            Self::Aborted => "aborted",
            Self::OutOfTime => "out of time",
            Self::OutOfMemory => "out of memory",
        }
    }

    /// Whether the generator is at fault.
    fn is_fault(self) -> bool {
        !matches!(self, Self::Generated | Self::Refused)
    }
}

/// All rows. Displays the counts, the slowest and the largest spec, the faults and the reasons.
pub(super) struct Table {
    rows: Vec<Row>,
}

/// How many specs have a reason, and how many of them have no other.
type Counts = (usize, usize);

impl Table {
    pub(super) fn new(rows: Vec<Row>) -> Self {
        Self { rows }
    }

    /// The files that were generated from.
    pub(super) fn generated(&self) -> Vec<&Path> {
        let rows = self.rows.iter();
        let rows = rows.filter(|row| row.outcome == Outcome::Generated);
        rows.map(|row| row.file.as_path()).collect()
    }

    /// Whether nothing aborted and nothing had to be stopped.
    pub(super) fn is_clean(&self) -> bool {
        !self.rows.iter().any(|row| row.outcome.is_fault())
    }

    /// A line for each spec: outcome, milliseconds, kilobytes, file, reasons.
    pub(super) fn details(&self) -> String {
        let lines = self.rows.iter().map(|row| {
            let (name, took) = (row.outcome.name(), row.took.as_millis());
            let (kilobytes, file) = (row.kilobytes.unwrap_or(0), row.file.display());
            let reasons = row.words.join("; ");
            format!("{name}\t{took}\t{kilobytes}\t{file}\t{reasons}\n")
        });
        lines.collect()
    }

    /// The reasons of refusals, the most frequent first.
    fn reasons(&self) -> Vec<(&str, Counts)> {
        let mut counts: HashMap<&str, Counts> = HashMap::new();
        let refused = self.rows.iter();
        for row in refused.filter(|row| row.outcome == Outcome::Refused) {
            for reason in &row.words {
                let count = counts.entry(reason).or_default();
                count.0 += 1;
                count.1 += usize::from(row.words.len() == 1);
            }
        }
        let mut sorted: Vec<_> = counts.into_iter().collect();
        sorted.sort_by(|(a, one), (b, other)| (other.0, a).cmp(&(one.0, b)));
        sorted
    }

    fn write_faults(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in self.rows.iter().filter(|row| row.outcome.is_fault()) {
            write!(f, "\n{}: {}", row.outcome.name(), row.file.display())?;
            for words in &row.words {
                write!(f, ": {words}")?;
            }
        }
        Ok(())
    }

    fn write_largest(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(row) = self.rows.iter().max_by_key(|row| row.took) {
            let (took, file) = (row.took.as_secs_f64(), row.file.display());
            writeln!(f, "slowest {took:>9.2} s   {file}")?;
        }
        let largest = self.rows.iter().max_by_key(|row| row.kilobytes);
        if let Some((kilobytes, row)) = largest.and_then(|row| Some((row.kilobytes?, row))) {
            let (megabytes, file) = (kilobytes / 1024, row.file.display());
            writeln!(f, "largest {megabytes:>9} MB  {file}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<(&str, usize)> = vec![("generated", 0), ("refused", 0)];
        for row in &self.rows {
            let name = row.outcome.name();
            match names.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => names.push((name, 1)),
            }
        }
        writeln!(f, "{:>13} specs", self.rows.len())?;
        for (name, count) in names {
            let percent = 100.0 * count as f64 / self.rows.len().max(1) as f64;
            writeln!(f, "{count:>13} {name} ({percent:.1}%)")?;
        }
        self.write_largest(f)?;
        self.write_faults(f)?;
        writeln!(f, "\n  specs  alone  reason of a refusal")?;
        for (reason, (all, alone)) in self.reasons() {
            writeln!(f, "{all:>7} {alone:>6}  {reason}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(file: &str, outcome: Outcome, words: &[&str]) -> Row {
        Row {
            file: file.into(),
            outcome,
            words: words.iter().map(|words| (*words).to_owned()).collect(),
            took: Duration::from_millis(file.len() as u64 * 10),
            kilobytes: Some(2048),
        }
    }

    #[test]
    fn reasons_are_counted_by_spec() {
        let table = Table::new(vec![
            row("a", Outcome::Generated, &[]),
            row("bb", Outcome::Refused, &["x", "y"]),
            row("c", Outcome::Refused, &["y"]),
            row("d", Outcome::Aborted, &["overflow"]),
        ]);
        assert!(!table.is_clean());
        assert_eq!(table.generated(), [Path::new("a")]);
        assert_eq!(
            table.to_string(),
            "            4 specs\n            1 generated (25.0%)\n            2 refused (50.0%)\n\
             \x20           1 aborted (25.0%)\nslowest      0.02 s   bb\nlargest         2 MB  d\n\
             \naborted: d: overflow\n  specs  alone  reason of a refusal\n\
             \x20     2      1  y\n      1      0  x\n"
        );
        assert_eq!(
            table.details().lines().nth(1),
            Some("refused\t20\t2048\tbb\tx; y")
        );
    }
}
