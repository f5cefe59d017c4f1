//! Errors as people read them: the message, the place, the line with the place marked, and
//! what to do about it.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt::{self, Write};

use anstream::adapter::strip_str;
use anstyle::{AnsiColor, Style};
use oura_codegen::document::marks::Position;
use oura_codegen::drift::ExplainedError;
use oura_codegen::error::{Errors, Place};

use crate::inputs::Inputs;
use crate::locate::{Places, Span};

/// How many errors are shown. The others are counted.
const MOST_SHOWN: usize = 50;

/// The errors of one phase, with the texts that they are about. `{}` is plain text, `{:#}`
/// has colours.
#[derive(Debug)]
pub struct Report {
    errors: Vec<ExplainedError>,
    inputs: Box<Inputs>,
    /// Made for the first error that is at a node.
    places: OnceCell<Places>,
}

impl Report {
    /// A report on the errors of these inputs.
    pub fn new(errors: Errors, inputs: &Inputs) -> Self {
        let errors = errors.iter().map(|error| ExplainedError {
            error: error.clone(),
            change: None,
        });
        Self::explained(errors.collect(), inputs)
    }

    /// A report on errors with the changes since an older spec that caused them.
    pub fn explained(errors: Vec<ExplainedError>, inputs: &Inputs) -> Self {
        Self {
            errors,
            inputs: Box::new(inputs.clone()),
            places: OnceCell::new(),
        }
    }

    /// The errors themselves.
    pub fn errors(&self) -> &[ExplainedError] {
        &self.errors
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        for error in self.errors.iter().take(MOST_SHOWN) {
            self.write_error(error, out)?;
        }
        let count = self.errors.len();
        let errors = if count == 1 { "error" } else { "errors" };
        let shown = match count > MOST_SHOWN {
            true => format!(" (the first {MOST_SHOWN} are shown)"),
            false => String::new(),
        };
        writeln!(
            out,
            "{LOUD}{count} {errors}{LOUD:#}{shown}; nothing was written"
        )
    }

    fn write_error(&self, explained: &ExplainedError, out: &mut String) -> fmt::Result {
        let ExplainedError { error, change } = explained;
        let message = clean(&error.message);
        writeln!(out, "{LOUD}error{LOUD:#}{BOLD}: {message}{BOLD:#}")?;
        self.write_place(&error.at, out)?;
        if let Some(other) = &error.other {
            writeln!(out, " {INK}={INK:#} {BOLD}see also{BOLD:#}:")?;
            self.write_place(&Place::Node(other.clone()), out)?;
        }
        for (label, text) in [("changed", change), ("help", &error.help)] {
            if let Some(text) = text {
                writeln!(out, " {INK}={INK:#} {BOLD}{label}{BOLD:#}: {}", clean(text))?;
            }
        }
        writeln!(out)
    }

    fn write_place(&self, at: &Place, out: &mut String) -> fmt::Result {
        let (file, span, pointer) = match at {
            Place::File(file) => (file, None, String::new()),
            Place::Text { file, line, column } => {
                let (line, column) = (*line, *column);
                let start = Position { line, column };
                (file, Some(Span { start, end: start }), String::new())
            }
            Place::Node(origin) => {
                let places = self.places.get_or_init(|| Places::of(&self.inputs));
                let pointer = format!(" at #{}", origin.pointer);
                (&origin.file, places.find(origin), pointer)
            }
        };
        let start = match span.map(|span| span.start) {
            Some(Position { line, column }) => format!(":{line}:{column}"),
            None => String::new(),
        };
        writeln!(out, " {INK}-->{INK:#} {file}{start}{}", clean(&pointer))?;
        span.map_or(Ok(()), |span| self.write_line(file, span, out))
    }

    fn write_line(&self, file: &str, span: Span, out: &mut String) -> fmt::Result {
        let lines = self.inputs.text(file).map(str::lines);
        let number = span.start.line;
        let Some(line) = lines.and_then(|mut lines| lines.nth(number.saturating_sub(1))) else {
            return Ok(());
        };
        let (text, before, marked) = cut(line, span);
        let indent = " ".repeat(number.to_string().len());
        writeln!(out, "{indent} {INK}|{INK:#}")?;
        writeln!(out, "{INK}{number} |{INK:#} {}", text.trim_end())?;
        let (gap, carets) = (" ".repeat(before), "^".repeat(marked));
        writeln!(out, "{indent} {INK}|{INK:#} {gap}{MARK}{carets}{MARK:#}")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write(&mut text)?;
        match f.alternate() {
            true => f.write_str(&text),
            false => strip_str(&text).fmt(f),
        }
    }
}

const LOUD: Style = AnsiColor::BrightRed.on_default().bold();
const BOLD: Style = Style::new().bold();
const INK: Style = AnsiColor::BrightBlue.on_default();
const MARK: Style = AnsiColor::BrightRed.on_default();

/// Cuts a line to what fits on a screen: a JSON spec may be one line. Returns some characters
/// before the marked ones and what follows, then how many characters come before the marked ones,
/// and how many are marked.
fn cut(line: &str, span: Span) -> (String, usize, usize) {
    const BEFORE: usize = 40;
    const WIDTH: usize = 100;
    const ELLIPSIS: &str = "...";
    let characters = line.chars().count();
    let start = (span.start.column - 1).min(characters);
    let end = match span.end.line == span.start.line {
        true => span.end.column - 1,
        false => line.trim_end().chars().count(),
    };
    let first = match characters > WIDTH {
        true => start.saturating_sub(BEFORE),
        false => 0,
    };
    let shown: String = line.chars().skip(first).take(WIDTH).collect();
    let dots = |is_cut| if is_cut { ELLIPSIS } else { "" };
    let (cut_before, cut_behind) = (dots(first > 0), dots(characters > first + WIDTH));
    (
        format!("{cut_before}{}{cut_behind}", clean(&shown)),
        cut_before.len() + start - first,
        end.clamp(start + 1, (first + WIDTH).max(start + 1)) - start,
    )
}

/// Replaces control characters, which must not reach the terminal, and characters that change the
/// direction of text. Each becomes one space, so that marks stay at their columns.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    match text.contains(is_unprintable) {
        false => Cow::Borrowed(text),
        true => Cow::Owned(text.replace(is_unprintable, " ")),
    }
}

fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests;
