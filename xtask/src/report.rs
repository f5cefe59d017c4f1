//! Errors as people read them: the message, the place, the line with the place marked, and
//! what to do about it.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;

use anstyle::{AnsiColor, Style};
use oura_codegen::document::marks::Position;
use oura_codegen::drift::ExplainedError;
use oura_codegen::error::{Errors, Place};
use oura_codegen::pointer::Origin;

use crate::inputs::Inputs;
use crate::locate::{Places, Span};

/// So many errors are shown; those behind them are counted.
const MOST_SHOWN: usize = 50;

/// The errors of one phase, with the texts that they are about. `{}` is plain text, `{:#}`
/// has colours.
#[derive(Debug)]
pub struct Report {
    errors: Vec<ExplainedError>,
    inputs: Box<Inputs>,
    /// Looked up only once there is an error at a node.
    places: OnceCell<Places>,
}

impl Report {
    /// A report on the errors of these inputs.
    #[must_use]
    pub fn new(errors: Errors, inputs: &Inputs) -> Self {
        let errors = errors.iter().map(|error| ExplainedError {
            error: error.clone(),
            change: None,
        });
        Self::explained(errors.collect(), inputs)
    }

    /// A report on errors of which it is known what changed since a spec without them.
    #[must_use]
    pub fn explained(errors: Vec<ExplainedError>, inputs: &Inputs) -> Self {
        Self {
            errors,
            inputs: Box::new(inputs.clone()),
            places: OnceCell::new(),
        }
    }

    /// The errors themselves.
    #[must_use]
    pub fn errors(&self) -> &[ExplainedError] {
        &self.errors
    }

    fn write_place(&self, f: &mut fmt::Formatter<'_>, at: &Place, ink: &Ink) -> fmt::Result {
        match at {
            Place::Node(origin) => self.write_origin(f, origin, ink),
            Place::File(file) => writeln!(f, " {ink}-->{ink:#} {file}"),
            Place::Text { file, line, column } => {
                let start = Position {
                    line: *line,
                    column: *column,
                };
                writeln!(f, " {ink}-->{ink:#} {file}:{line}:{column}")?;
                self.write_line(f, file, Span { start, end: start }, ink)
            }
        }
    }

    fn write_origin(&self, f: &mut fmt::Formatter<'_>, origin: &Origin, ink: &Ink) -> fmt::Result {
        let Origin { file, pointer } = origin;
        let pointer = pointer.to_string();
        let pointer = clean(&pointer);
        let places = self.places.get_or_init(|| Places::of(&self.inputs));
        let Some(span) = places.find(origin) else {
            return writeln!(f, " {ink}-->{ink:#} {file} at #{pointer}");
        };
        let Position { line, column } = span.start;
        writeln!(f, " {ink}-->{ink:#} {file}:{line}:{column} at #{pointer}")?;
        self.write_line(f, file, span, ink)
    }

    fn write_line(
        &self,
        f: &mut fmt::Formatter<'_>,
        file: &str,
        span: Span,
        ink: &Ink,
    ) -> fmt::Result {
        let lines = self.inputs.text(file).map(str::lines);
        let number = span.start.line;
        let Some(line) = lines.and_then(|mut lines| lines.nth(number.saturating_sub(1))) else {
            return Ok(());
        };
        let Cut {
            text,
            before,
            marked,
        } = cut(line, span);
        let indent = number.to_string().len();
        writeln!(f, "{:indent$} {ink}|{ink:#}", "")?;
        writeln!(f, "{ink}{number} |{ink:#} {}", text.trim_end())?;
        let (gap, carets) = (" ".repeat(before), "^".repeat(marked));
        let mark = &ink.mark;
        writeln!(
            f,
            "{:indent$} {ink}|{ink:#} {gap}{mark}{carets}{mark:#}",
            ""
        )
    }

    fn write_error(
        &self,
        f: &mut fmt::Formatter<'_>,
        ExplainedError { error, change }: &ExplainedError,
        ink: &Ink,
    ) -> fmt::Result {
        let (loud, bold) = (&ink.loud, &ink.bold);
        let message = clean(&error.message);
        writeln!(f, "{loud}error{loud:#}{bold}: {message}{bold:#}")?;
        self.write_place(f, &error.at, ink)?;
        if let Some(other) = &error.other {
            writeln!(f, " {ink}={ink:#} {bold}see also{bold:#}:")?;
            self.write_origin(f, other, ink)?;
        }
        if let Some(change) = change {
            writeln!(f, " {ink}={ink:#} {bold}changed{bold:#}: {}", clean(change))?;
        }
        if let Some(help) = &error.help {
            writeln!(f, " {ink}={ink:#} {bold}help{bold:#}: {}", clean(help))?;
        }
        writeln!(f)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ink = if f.alternate() {
            Ink::coloured()
        } else {
            Ink::default()
        };
        for error in self.errors.iter().take(MOST_SHOWN) {
            self.write_error(f, error, &ink)?;
        }
        let loud = &ink.loud;
        let (count, shown) = match self.errors.len() {
            1 => ("1 error".to_owned(), String::new()),
            count if count > MOST_SHOWN => {
                let shown = format!(", of which the first {MOST_SHOWN} are shown");
                (format!("{count} errors"), shown)
            }
            count => (format!("{count} errors"), String::new()),
        };
        writeln!(f, "{loud}{count}{loud:#}{shown}; nothing was written")
    }
}

/// The styles of a report; all plain by default. Displays as the style of its lines.
#[derive(Default)]
struct Ink {
    loud: Style,
    bold: Style,
    lines: Style,
    mark: Style,
}

impl Ink {
    fn coloured() -> Self {
        Self {
            loud: AnsiColor::BrightRed.on_default().bold(),
            bold: Style::new().bold(),
            lines: AnsiColor::BrightBlue.on_default(),
            mark: AnsiColor::BrightRed.on_default(),
        }
    }
}

impl fmt::Display for Ink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.fmt(f)
    }
}

/// A line as it is shown.
struct Cut {
    text: String,
    /// How many characters stand before the marked ones, and how many those are.
    before: usize,
    marked: usize,
}

/// What fits on a screen of a line that may be a whole spec of JSON: some characters
/// before the marked ones, and what follows.
fn cut(line: &str, span: Span) -> Cut {
    const BEFORE: usize = 40;
    const WIDTH: usize = 100;
    const ELLIPSIS: &str = "...";
    let characters = line.chars().count();
    let start = (span.start.column - 1).min(characters);
    let end = match span.end.line == span.start.line {
        true => span.end.column - 1,
        false => line.trim_end().chars().count(),
    };
    let first = if characters > WIDTH {
        start.saturating_sub(BEFORE)
    } else {
        0
    };
    let shown: String = line.chars().skip(first).take(WIDTH).collect();
    let cut_before = if first > 0 { ELLIPSIS } else { "" };
    let cut_behind = if characters > first + WIDTH {
        ELLIPSIS
    } else {
        ""
    };
    Cut {
        text: format!("{cut_before}{}{cut_behind}", clean(&shown)),
        before: cut_before.len() + start - first,
        marked: end.clamp(start + 1, (first + WIDTH).max(start + 1)) - start,
    }
}

/// A spec's control characters must not reach the terminal, nor those that change the
/// direction of what follows. One character stays one, so that marks stay where they are.
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
