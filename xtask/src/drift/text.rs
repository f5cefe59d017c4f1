//! The report for a terminal: aligned, with colours, and shortened so that a typical report fits on
//! a screen.

use std::fmt::{self, Write};

use anstyle::{AnsiColor, Style};

use super::excerpt::{cut, excerpts};
use super::layout::{Block, Part, Severity, first_lines, head, parts, size};
use super::phrase::{Phrase, Piece};
use super::review::{Entry, Review};
use crate::report::clean;

/// The most characters of a line, unless a single word is longer.
const WIDTH: usize = 100;

/// Groups with more rows are folded into a count and a list.
const UNFOLDED: usize = 8;

/// How many characters are shown of each of two values, and of a single value.
const VALUE: usize = 40;
const SINGLE: usize = 72;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Formats a report; with `full`, nothing is shortened. Colours are ANSI sequences, which the
/// caller strips if they are not wanted.
pub fn to_text(review: &Review, full: bool) -> String {
    let mut out = String::new();
    write(review, full, &mut out).expect("a string takes everything");
    out
}

/// Formats the parts of a report that are about the overlay.
pub fn overlay_parts(review: &Review) -> String {
    let mut out = String::new();
    let parts = parts(review);
    let mut parts = parts.iter().filter(|part| part.is_of_overlay());
    let written = parts.try_for_each(|part| write_part(part, true, &mut out));
    written.expect("a string takes everything");
    out
}

fn write(review: &Review, full: bool, out: &mut String) -> fmt::Result {
    let alarm: Style = AnsiColor::BrightRed.on_default().bold();
    for (label, phrase) in first_lines(review) {
        writeln!(out, "{alarm}{label:>7}{alarm:#}  {}", line(phrase))?;
    }
    for (label, phrase) in head(review) {
        writeln!(out, "{BOLD}{label:>7}{BOLD:#}  {}", line(&phrase))?;
    }
    for part in parts(review) {
        write_part(&part, full, out)?;
    }
    Ok(())
}

fn write_part(part: &Part<'_>, full: bool, out: &mut String) -> fmt::Result {
    let loud = match part.severity {
        Severity::Alarm => AnsiColor::BrightRed.on_default().bold(),
        Severity::Warning => AnsiColor::BrightYellow.on_default().bold(),
        Severity::Calm => BOLD,
    };
    let (title, count) = (part.title, part.count);
    write!(out, "\n{loud}{title}{loud:#} ({count})")?;
    match part.remark {
        "" if part.folded && !full => writeln!(out, "  {DIM}--full shows each{DIM:#}")?,
        "" => writeln!(out)?,
        remark => writeln!(out, "  {DIM}{remark}{DIM:#}")?,
    }
    for block in &part.blocks {
        match block {
            Block::Group(_) if part.folded && !full => {}
            Block::Group(group) => write_group(group, full, out)?,
            Block::List(phrases) => write_list(phrases, full, out)?,
            Block::Code { caption, text, .. } => {
                writeln!(out, "  {}:", line(caption))?;
                text.lines()
                    .try_for_each(|code| writeln!(out, "    {}", clean(code).trim_end()))?;
            }
        }
    }
    Ok(())
}

fn write_list(phrases: &[Phrase], full: bool, out: &mut String) -> fmt::Result {
    const SHOWN: usize = 24;
    let shown = if full { phrases.len() } else { SHOWN };
    for phrase in phrases.iter().take(shown) {
        for (index, wrapped) in wrap(&line(phrase), WIDTH - 4).into_iter().enumerate() {
            let indent = if index == 0 { "  " } else { "    " };
            writeln!(out, "{indent}{wrapped}")?;
        }
    }
    match phrases.len().saturating_sub(shown) {
        0 => Ok(()),
        more => writeln!(out, "  {DIM}and {more} more (--full){DIM:#}"),
    }
}

fn write_group(group: &[&Entry], full: bool, out: &mut String) -> fmt::Result {
    let count = size(group);
    let change = &group[0].change;
    let wire = if change.wire_breaking { " [wire]" } else { "" };
    let (kind, reason) = (change.kind.as_str(), clean(&change.reason));
    let heading = format!("{kind}{count}{wire}: {reason}");
    for (index, wrapped) in wrap(&heading, WIDTH - 2).iter().enumerate() {
        match (index, wrapped.strip_prefix(kind)) {
            (0, Some(rest)) => writeln!(out, "  {BOLD}{kind}{BOLD:#}{rest}")?,
            _ => writeln!(out, "    {wrapped}")?,
        }
    }
    match full || group.len() <= UNFOLDED {
        true => write_rows(group, out),
        false => write_folded(group, out),
    }
}

fn write_rows(group: &[&Entry], out: &mut String) -> fmt::Result {
    let rows = group.iter();
    let rows = rows.map(|entry| (clean(entry.subject()).into_owned(), values(entry)));
    let rows: Vec<(String, String)> = rows.collect();
    let subject_width = column(rows.iter().map(|(subject, _)| subject));
    let value_width = column(rows.iter().map(|(_, value)| value));
    for (entry, (subject, value)) in group.iter().zip(&rows) {
        let text = format!("    {subject:subject_width$}  {value:value_width$}");
        match entry.place_text() {
            None => writeln!(out, "{}", text.trim_end())?,
            Some(place) => writeln!(out, "{text}  {DIM}{}{DIM:#}", clean(&place))?,
        }
        for note in entry.notes() {
            writeln!(out, "      {DIM}{}{DIM:#}", clean(&note))?;
        }
    }
    Ok(())
}

/// The width of a column. A few values that are much longer than the others do not count.
fn column<'t>(texts: impl Iterator<Item = &'t String>) -> usize {
    const WIDEST: usize = 64;
    let widths = texts.map(|text| text.chars().count());
    widths.filter(|width| *width <= WIDEST).max().unwrap_or(0)
}

/// Writes many rows: those with the same value share a line, and so do those with the same subject.
fn write_folded(group: &[&Entry], out: &mut String) -> fmt::Result {
    const LINES: usize = 40;
    let entries = folded(group).into_iter().flat_map(|(subjects, values)| {
        let entry = match values.is_empty() {
            true => subjects.join(", "),
            false => format!("{}: {}", subjects.join(", "), values.join(", ")),
        };
        let lines = wrap(&entry, WIDTH - 6).into_iter().enumerate();
        lines.map(|(index, line)| match index {
            0 => format!("    {line}"),
            _ => format!("      {line}"),
        })
    });
    let lines: Vec<String> = entries.collect();
    for line in lines.iter().take(LINES) {
        writeln!(out, "{}", line.replace('\u{a0}', " "))?;
    }
    match lines.len().saturating_sub(LINES) {
        0 => Ok(()),
        1 => writeln!(out, "    {DIM}and 1 more line (--full){DIM:#}"),
        more => writeln!(out, "    {DIM}and {more} more lines (--full){DIM:#}"),
    }
}

/// Groups subjects and values, so that a value that several rows have is shown once, and so is a
/// subject.
fn folded(group: &[&Entry]) -> Vec<(Vec<String>, Vec<String>)> {
    let mut folded: Vec<(Vec<String>, Vec<String>)> = Vec::new();
    for entry in group {
        let subject = clean(entry.subject()).replace(' ', "\u{a0}");
        let value = Some(values(entry)).filter(|value| !value.is_empty());
        let value = Vec::from_iter(value);
        let mut known = folded.iter_mut();
        let same =
            known.find(|(subjects, values)| *values == value || *subjects == [subject.as_str()]);
        match same {
            Some((subjects, values)) if *values == value => {
                if !subjects.contains(&subject) {
                    subjects.push(subject);
                }
            }
            Some((_, values)) => values.extend(value),
            None => folded.push((vec![subject], value)),
        }
    }
    folded
}

/// `before → after`, or the only one of the two.
fn values(Entry { change, .. }: &Entry) -> String {
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => {
            let (before, after) = (clean(before), clean(after));
            let (before, after) = excerpts(&before, &after, VALUE);
            format!("{before} → {after}")
        }
        (Some(one), None) | (None, Some(one)) => cut(&clean(one), 0, SINGLE),
        (None, None) => String::new(),
    }
}

/// A phrase as plain text without control characters.
fn line(phrase: &Phrase) -> String {
    let texts = phrase.pieces().iter().map(|piece| match piece {
        Piece::Words(text) | Piece::Code(text) => clean(text),
    });
    texts.collect()
}

/// Breaks a text at blanks.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is a line");
        match line.chars().count() + 1 + word.chars().count() <= width {
            _ if line.is_empty() => line.push_str(word),
            true => line.extend([" ", word]),
            false => lines.push(word.to_owned()),
        }
    }
    lines
}
