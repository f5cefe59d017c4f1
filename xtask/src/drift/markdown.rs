//! The report for a pull request, in GitHub's Markdown. Texts of a spec are formatted as code, so
//! that they cannot become markup.

use std::fmt::{self, Write};

use super::acknowledged::{ACKNOWLEDGED, to_paste};
use super::excerpt::{cut, excerpts};
use super::layout::{Block, Part, first_lines, groups, head, parts, size};
use super::phrase::{Phrase, Piece};
use super::review::{Entry, FilePlace, Review, Section};
use crate::report::clean;

/// Groups with more rows are folded.
const UNFOLDED: usize = 12;

/// How many characters of a value are shown.
const VALUE: usize = 160;

/// Prints a report.
pub fn to_markdown(review: &Review) -> String {
    let mut out = String::new();
    write(review, &mut out).expect("a string takes everything");
    out
}

/// The changes that matter to users of the crate, as a list: what breaks their code, what they must
/// check, and what is new.
pub fn for_users(review: &Review) -> String {
    const SHOWN: usize = 12;
    let mut out = String::new();
    let sections = [
        (Section::Source, "Breaking"),
        (Section::Wire, "On the wire"),
        (Section::Additions, "New"),
    ];
    for (section, title) in sections {
        for group in groups(review.section(section)) {
            let subjects: Vec<_> = group.iter().take(SHOWN).map(|one| for_user(one)).collect();
            let more = match group.len().saturating_sub(SHOWN) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let (kind, subjects) = (group[0].change.kind.as_str(), subjects.join(", "));
            out.push_str(&format!("- {title} ({kind}): {subjects}{more}.\n"));
        }
    }
    match out.is_empty() {
        true => "- Only its prose changed.\n".to_owned(),
        false => out,
    }
}

/// The subject of a change, as users look for it. For a value it names the value too, and for a
/// rename both names.
fn for_user(entry: &Entry) -> String {
    let subject = code(entry.subject());
    let kind = entry.change.kind.as_str();
    let values = ["enum.value_", "union.member_", "media_type."];
    let is_value = values.iter().any(|prefix| kind.starts_with(prefix));
    match (&entry.change.before, &entry.change.after) {
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

fn write_part(part: &Part<'_>, links: &str, out: &mut String) -> fmt::Result {
    let (title, count) = (part.title, part.count);
    writeln!(out, "\n### {title} ({count})\n")?;
    if !part.remark.is_empty() {
        writeln!(out, "{}\n", part.remark)?;
    }
    let mut is_folded = false;
    for block in &part.blocks {
        match block {
            Block::Group(group) => {
                if part.folded && !is_folded {
                    is_folded = true;
                    writeln!(out, "<details><summary>All {count}</summary>\n")?;
                }
                write_group(group, part.folded, links, out)?;
            }
            Block::List(phrases) => write_list(phrases.iter().map(line), UNFOLDED * 2, out)?,
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
    match is_folded {
        true => writeln!(out, "</details>"),
        false => Ok(()),
    }
}

/// Writes a list, folded if it has more than `most` items.
fn write_list(items: impl Iterator<Item = String>, most: usize, out: &mut String) -> fmt::Result {
    let items = Vec::from_iter(items);
    let folded = items.len() > most;
    if folded {
        writeln!(out, "<details><summary>All {}</summary>\n", items.len())?;
    }
    for item in &items {
        writeln!(out, "- {item}")?;
    }
    match folded {
        true => writeln!(out, "\n</details>\n"),
        false => writeln!(out),
    }
}

fn write_group(group: &[&Entry], open: bool, links: &str, out: &mut String) -> fmt::Result {
    let count = size(group);
    let change = &group[0].change;
    let wire = if change.wire_breaking {
        ", **wire**"
    } else {
        ""
    };
    let (kind, reason) = (change.kind.as_str(), sentence(&change.reason));
    writeln!(out, "**{kind}**{count}{wire}: {reason}\n")?;
    let most = if open { usize::MAX } else { UNFOLDED };
    write_list(group.iter().map(|entry| row(entry, links)), most, out)
}

fn row(entry: &Entry, links: &str) -> String {
    let values = match (&entry.change.before, &entry.change.after) {
        (Some(before), Some(after)) => {
            let (before, after) = excerpts(before, after, VALUE);
            format!(": {} → {}", code(&before), code(&after))
        }
        (Some(one), None) | (None, Some(one)) => format!(": {}", code(&cut(one, 0, VALUE))),
        (None, None) => String::new(),
    };
    let place = entry.place_text().map(|text| match entry.vendored() {
        None => format!(" ({})", escape(&text)),
        Some(FilePlace { file, line, .. }) => {
            format!(" ([{}]({links}{file}#L{line}))", escape(&text))
        }
    });
    let notes = entry.notes().into_iter();
    let notes: String = notes.map(|note| format!("; {}", sentence(&note))).collect();
    let place = place.unwrap_or_default();
    format!("{}{values}{place}{notes}", code(entry.subject()))
}

/// Writes what a reviewer can paste into the list of acknowledged changes.
fn write_ids(review: &Review, out: &mut String) -> fmt::Result {
    let ids = review.unacknowledged();
    if ids.is_empty() {
        return Ok(());
    }
    let summary = format!("To acknowledge ({}), in {ACKNOWLEDGED}", ids.len());
    writeln!(out, "\n<details><summary>{summary}</summary>\n")?;
    write_code("yaml", &to_paste(&ids), out)?;
    writeln!(out, "</details>")
}

fn write_code(language: &str, text: &str, out: &mut String) -> fmt::Result {
    let text: Vec<_> = text.lines().map(clean).collect();
    let text = text.join("\n");
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    writeln!(out, "{fence}{language}\n{text}\n{fence}\n")
}

/// Formats a sentence with names and values between backticks.
fn sentence(text: &str) -> String {
    line(&Phrase::sentence(text))
}

fn line(phrase: &Phrase) -> String {
    let texts = phrase.pieces().iter().map(|piece| match piece {
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

/// Formats a text as a code span, even if it has backticks.
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

/// Escapes a text, so that nothing in it is markup, a link or a mention.
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
