//! The report for a pull request, in GitHub's Markdown. What a spec says is code there:
//! it cannot become markup.

use std::fmt::{self, Write};

use super::excerpt::{cut, excerpts};
use super::layout::{Block, Group, Part, Row, RowPlace, first_lines, groups, head, parts};
use super::phrase::{Phrase, Piece};
use super::review::{Review, Section};
use crate::report::clean;

/// Groups with more rows are folded.
const UNFOLDED: usize = 12;

/// How much of a value is shown.
const VALUE: usize = 160;

/// Prints a report.
#[must_use]
pub fn to_markdown(review: &Review) -> String {
    let mut out = String::new();
    write(review, &mut out).expect("a string takes everything");
    out
}

/// What users of the crate should know of the changes, as a list: what breaks their code,
/// what they must look at, and what is new.
#[must_use]
pub fn for_users(review: &Review) -> String {
    const SHOWN: usize = 12;
    let mut out = String::new();
    let sections = [
        (Section::Source, "Breaking"),
        (Section::Wire, "On the wire"),
        (Section::Additions, "New"),
    ];
    for (section, title) in sections {
        for group in groups(&review.section(section).collect::<Vec<_>>()) {
            let rows = group.rows.iter().take(SHOWN);
            let subjects: Vec<_> = rows.map(|row| for_user(group.kind, row)).collect();
            let more = match group.rows.len().saturating_sub(SHOWN) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let (kind, subjects) = (group.kind, subjects.join(", "));
            out.push_str(&format!("- {title} ({kind}): {subjects}{more}.\n"));
        }
    }
    match out.is_empty() {
        true => "- Changes of its prose alone.\n".to_owned(),
        false => out,
    }
}

/// What a change is about, where users look for it: of a value and of another name, its
/// subject alone does not tell.
fn for_user(kind: &str, row: &Row) -> String {
    let subject = code(&row.subject);
    let values = ["enum.value_", "union.member_", "media_type."];
    let is_value = values.iter().any(|prefix| kind.starts_with(prefix));
    match (&row.before, &row.after) {
        (Some(value), None) | (None, Some(value)) if is_value => {
            format!("{} of {subject}", code(value))
        }
        (Some(before), Some(after)) if kind.ends_with(".renamed") => {
            format!("{} → {}", code(before), code(after))
        }
        _ => subject,
    }
}

fn write(review: &Review, out: &mut String) -> fmt::Result {
    for (label, phrase) in first_lines(review) {
        writeln!(out, "**{}**: {}\n", capital(label), line(phrase))?;
    }
    writeln!(out, "## What the new API spec means\n")?;
    for (label, phrase) in head(review) {
        match label {
            "" => writeln!(out, "  {}", line(&phrase))?,
            label => writeln!(out, "- **{label}**: {}", line(&phrase))?,
        }
    }
    for part in parts(review) {
        write_part(&part, &review.links, out)?;
    }
    write_ids(review, out)
}

fn write_part(part: &Part, links: &str, out: &mut String) -> fmt::Result {
    let (title, count) = (part.title, part.count);
    writeln!(out, "\n### {title} ({count})\n")?;
    if !part.remark.is_empty() {
        writeln!(out, "{}\n", part.remark)?;
    }
    let mut fold = None;
    for block in &part.blocks {
        match block {
            Block::Group(group) => {
                if part.folded && fold.is_none() {
                    fold = Some(());
                    writeln!(out, "<details><summary>All {count}</summary>\n")?;
                }
                write_group(group, part.folded, links, out)?;
            }
            Block::List(phrases) => write_list(phrases, out)?,
            Block::Code {
                caption,
                language,
                text,
            } => {
                writeln!(out, "{}:\n", capital(&line(caption)))?;
                write_code(language, text, out)?;
            }
        }
    }
    match fold {
        Some(()) => writeln!(out, "</details>"),
        None => Ok(()),
    }
}

fn write_list(phrases: &[Phrase], out: &mut String) -> fmt::Result {
    let folded = phrases.len() > UNFOLDED * 2;
    if folded {
        writeln!(out, "<details><summary>All {}</summary>\n", phrases.len())?;
    }
    for phrase in phrases {
        writeln!(out, "- {}", line(phrase))?;
    }
    match folded {
        true => writeln!(out, "\n</details>\n"),
        false => writeln!(out),
    }
}

fn write_group(group: &Group, open: bool, links: &str, out: &mut String) -> fmt::Result {
    let count = match group.rows.len() {
        1 => String::new(),
        count => format!(" ({count})"),
    };
    let wire = if group.wire { ", **wire**" } else { "" };
    let reason = sentence(&group.reason);
    writeln!(out, "**{}**{count}{wire}: {reason}\n", group.kind)?;
    let folded = !open && group.rows.len() > UNFOLDED;
    if folded {
        writeln!(
            out,
            "<details><summary>All {}</summary>\n",
            group.rows.len()
        )?;
    }
    let mut rows = group.rows.iter();
    rows.try_for_each(|row| write_row(row, links, out))?;
    match folded {
        true => writeln!(out, "\n</details>\n"),
        false => writeln!(out),
    }
}

fn write_row(row: &Row, links: &str, out: &mut String) -> fmt::Result {
    write!(out, "- {}", code(&row.subject))?;
    match (&row.before, &row.after) {
        (Some(before), Some(after)) => {
            let (before, after) = excerpts(before, after, VALUE);
            write!(out, ": {} → {}", code(&before), code(&after))?;
        }
        (Some(one), None) | (None, Some(one)) => write!(out, ": {}", code(&cut(one, 0, VALUE)))?,
        (None, None) => {}
    }
    if let Some(RowPlace { text, vendored }) = &row.place {
        match vendored {
            None => write!(out, " ({})", escape(text))?,
            Some((file, line)) => write!(out, " ([{}]({links}{file}#L{line}))", escape(text))?,
        }
    }
    let notes = row.notes.iter().map(|note| format!("; {}", sentence(note)));
    writeln!(out, "{}", notes.collect::<String>())
}

/// What a reviewer pastes into the list of acknowledged changes.
fn write_ids(review: &Review, out: &mut String) -> fmt::Result {
    let ids: Vec<&str> = review
        .unacknowledged()
        .map(|entry| entry.change.id.as_str())
        .collect();
    if ids.is_empty() {
        return Ok(());
    }
    let count = ids.len();
    writeln!(
        out,
        "\n<details><summary>To acknowledge ({count}), in {}</summary>\n",
        super::acknowledged::ACKNOWLEDGED
    )?;
    write_code("yaml", &super::acknowledged::to_paste(&ids), out)?;
    writeln!(out, "</details>")
}

fn write_code(language: &str, text: &str, out: &mut String) -> fmt::Result {
    let text: Vec<_> = text.lines().map(clean).collect();
    let text = text.join("\n");
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    writeln!(out, "{fence}{language}\n{text}\n{fence}\n")
}

/// A sentence of ours, in which names and values stand between backticks.
fn sentence(text: &str) -> String {
    line(&Phrase::sentence(text))
}

fn line(phrase: &Phrase) -> String {
    let pieces = phrase.pieces().iter();
    let texts = pieces.map(|piece| match piece {
        Piece::Words(text) => escape(text),
        Piece::Code(text) => code(text),
    });
    texts.collect()
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// A code span, whatever the text holds.
fn code(text: &str) -> String {
    let text = clean(text);
    if text.trim().is_empty() {
        return "` `".to_owned();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    match text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// Text that reads as it is written: nothing in it is markup, a link, or a mention.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in clean(text).chars() {
        match character {
            '@' => escaped.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' | '!' | '$' => {
                escaped.extend(['\\', character]);
            }
            _ => escaped.push(character),
        }
    }
    // Addresses would become links.
    escaped
        .replace("://", ":&#47;/")
        .replace("www.", "www&#46;")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
