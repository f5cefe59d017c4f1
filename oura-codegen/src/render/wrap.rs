//! Wraps lines of Markdown.
//!
//! Input: lines as [`super::prose`] writes them, a paragraph on one line. Output: the same
//! Markdown on more lines. Invariant: a line is broken only between words of a paragraph, never in
//! a code span, a link, a table or a code block, nor in front of a word that would be markup at the
//! start of a line.

use super::prose::means_more_at_start;

/// How wide the text of a doc comment is: lines of code have 100 columns, of which an indented
/// comment takes eight.
const WIDTH: usize = 92;

/// Breaks long lines.
pub(super) fn wrap(lines: &[String]) -> Vec<String> {
    wrap_at(lines, WIDTH)
}

pub(super) fn wrap_at(lines: &[String], columns: usize) -> Vec<String> {
    let mut wrapped = Vec::with_capacity(lines.len());
    let mut fence = None;
    for line in lines {
        let (first, rest) = prefixes(line);
        let text = &line[first.len()..];
        let is_code = fence.is_some();
        match &fence {
            None if text.starts_with("```") => fence = Some(backticks(text)),
            Some(open) if text.trim_end().len() == *open && backticks(text) == *open => {
                fence = None
            }
            Some(_) | None => {}
        }
        let is_block = is_code || text.starts_with(['#', '|']) || text.starts_with("```");
        match is_block || line.chars().count() <= columns {
            true => wrapped.push(line.clone()),
            false => fill(&mut wrapped, [first, &rest], text, columns),
        }
    }
    wrapped
}

fn backticks(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

/// What comes before the text of a line, and before the lines that continue it: the markers of
/// quotes and list items, and indentation.
fn prefixes(line: &str) -> (&str, String) {
    let mut rest = String::new();
    let mut text = line;
    loop {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let marker = match text.as_bytes() {
            [b' ', ..] => 1,
            [b'>' | b'-', b' ', ..] => 2,
            _ if digits > 0 && text[digits..].starts_with(". ") => digits + 2,
            _ => return (&line[..line.len() - text.len()], rest),
        };
        match text.starts_with('>') {
            true => rest.push_str("> "),
            false => rest.push_str(&" ".repeat(marker)),
        }
        text = &text[marker..];
    }
}

fn fill(lines: &mut Vec<String>, [first, rest]: [&str; 2], text: &str, columns: usize) {
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in words(text) {
        let width = line.chars().count() + 1 + word.chars().count();
        if !is_empty && width > columns {
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
}

/// The parts of a paragraph between which a line may be broken.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut at, mut brackets) = (0, 0, 0_usize);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at + c.len_utf8()..];
        match c {
            '\\' => at += rest.chars().next().map_or(0, char::len_utf8),
            '`' => at += end_of_span(&text[at..]) - 1,
            '[' => brackets += 1,
            ']' => brackets = brackets.saturating_sub(1),
            // A line is broken at the last of several spaces: two at its end would be a hard break.
            ' ' if brackets == 0 && !rest.starts_with(' ') => {
                let word = text[start..at].trim_end();
                if !word.is_empty() && !means_more_at_start(first_word(rest)) {
                    words.push(word);
                    start = at + 1;
                }
            }
            _ => {}
        }
        at += c.len_utf8();
    }
    words.push(&text[start..]);
    words
}

fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

/// The length of the code span that a text begins with, or of the text, if none ends.
fn end_of_span(text: &str) -> usize {
    let run = backticks(text);
    let mut at = run;
    while let Some(next) = text[at..].find('`') {
        let found = backticks(&text[at + next..]);
        at += next + found;
        if found == run {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(line: &str) -> Vec<String> {
        wrap(&[line.to_owned()])
    }

    #[test]
    fn paragraphs_are_broken_between_words() {
        let word = "abcdefghi ";
        assert_eq!(
            wrapped(word.repeat(12).trim_end()),
            [word.repeat(9).trim_end(), word.repeat(3).trim_end()]
        );
        assert_eq!(wrapped("short"), ["short"]);
    }

    #[test]
    fn continued_lines_are_indented_like_their_item() {
        let long = "word ".repeat(20);
        for (first, rest) in [
            ("- ", "  "),
            ("> ", "> "),
            ("  12. ", "      "),
            ("> - ", ">   "),
        ] {
            let lines = wrapped(&format!("{first}{}", long.trim_end()));
            assert_eq!(lines.len(), 2, "{lines:?}");
            assert!(lines[1].starts_with(&format!("{rest}word")), "{lines:?}");
        }
    }

    #[test]
    fn what_must_stay_on_one_line_does() {
        let long = "a b ".repeat(30);
        let span = format!("`{long}`");
        assert_eq!(wrapped(&span), [span.as_str()]);
        let link = format!("[{long}](https://a.b)");
        assert_eq!(wrapped(&link), [link.as_str()]);
        let table = format!("| {long} |");
        assert_eq!(wrapped(&table), [table.as_str()]);
        let code = ["```text".to_owned(), long, "```".to_owned()];
        assert_eq!(wrap(&code), code);
    }

    #[test]
    fn no_wrapped_line_begins_with_markup() {
        let long = "a".repeat(90);
        for marker in ["-", "1.", "#", ">", "+", "=", "~~~a"] {
            let line = format!("b {long} {marker} c");
            let expected = ["b".to_owned(), format!("{long} {marker}"), "c".to_owned()];
            assert_eq!(wrapped(&line), expected, "{marker}");
        }
    }
}
