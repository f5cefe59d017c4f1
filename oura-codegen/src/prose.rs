//! Compares prose in Markdown by what readers see.
//!
//! Input: two texts. Output: whether they say the same, the text under each heading on both
//! sides, and the sentences that only the new text has and that may require users to act.
//! Invariant: white space, including the padding of tables, is no difference.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// Words that mark a sentence that may require users to act: whole words, in any case.
const MARKS: &[&str] = &[
    "must",
    "required",
    "deprecated",
    "will be removed",
    "rejected",
    "limit",
    "limits",
    "limited",
];

/// The text under one heading on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The heading without markup; empty for what is above the first one.
    pub heading: String,
    /// The old text; `None` when the old side does not have the heading.
    pub before: Option<String>,
    /// The new text; `None` when the new side does not have the heading.
    pub after: Option<String>,
}

/// Whether two texts are the same for readers.
#[must_use]
pub fn same_words(old: &str, new: &str) -> bool {
    old == new || words(old) == words(new)
}

/// A text with one line for each paragraph, item, row of a table and line of code, without
/// padding.
#[must_use]
pub fn without_padding(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let (mut is_code, mut goes_on) = (false, false);
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        let plain = line_without_padding(line);
        let is_text = !is_code && !is_fence && !plain.is_empty() && !begins_block(&plain);
        match lines.last_mut() {
            Some(last) if is_text && goes_on => last.extend([" ", plain.as_str()]),
            _ if plain.is_empty() => {}
            _ => lines.push(plain.clone()),
        }
        // A row ends with its line; an item may continue.
        goes_on = !is_code && !is_fence && !plain.is_empty() && !plain.starts_with(['|', '#']);
        is_code ^= is_fence;
    }
    lines.join("\n")
}

/// Whether a line begins an item, a row, a quotation or a heading.
fn begins_block(line: &str) -> bool {
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_item = |line: &str| ["- ", "* ", "+ "].iter().any(|mark| line.starts_with(mark));
    let is_numbered = number.len() < line.len() && number.starts_with([')', '.']);
    is_item(line) || is_numbered || line.starts_with(['|', '#', '>'])
}

/// The text of a fact, which shows several lines as JSON.
#[must_use]
pub fn of_fact(value: &str) -> String {
    let lines = value.starts_with('"').then(|| serde_json::from_str(value));
    lines
        .and_then(Result::ok)
        .unwrap_or_else(|| value.to_owned())
}

/// The headings whose texts differ, in the order of the new text; removed ones come behind what
/// they followed.
#[must_use]
pub fn compare_sections(old: &str, new: &str) -> Vec<Section> {
    let (olds, news) = (sections(old), sections(new));
    let text = |all: &[(Key, String)], key: &Key| -> Option<String> {
        let found = all.iter().find(|(known, _)| known == key);
        let (key, text) = found?;
        // Without text above the first heading, there is no section for it.
        (!key.0.is_empty() || !text.is_empty()).then(|| text.clone())
    };
    let mut compared: Vec<Key> = news.iter().map(|(key, _)| key.clone()).collect();
    let mut behind = 0;
    for (key, _) in &olds {
        match compared.iter().position(|known| known == key) {
            Some(place) => behind = place + 1,
            None => {
                compared.insert(behind, key.clone());
                behind += 1;
            }
        }
    }
    let compared = compared.into_iter().map(|key| Section {
        before: text(&olds, &key),
        after: text(&news, &key),
        heading: key.0,
    });
    compared.filter(Section::differs).collect()
}

impl Section {
    fn differs(&self) -> bool {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => !same_words(before, after),
            (before, after) => before.is_some() || after.is_some(),
        }
    }
}

/// The sentences of the new text that the old text does not have and that may require users to
/// act: those with one of a few words such as "must".
#[must_use]
pub fn new_demands(old: &str, new: &str) -> Vec<String> {
    let known: BTreeSet<String> = sentences(old).collect();
    let mut told = BTreeSet::new();
    sentences(new)
        .filter(|sentence| !known.contains(sentence) && is_demand(sentence))
        .filter(|sentence| told.insert(sentence.clone()))
        .collect()
}

fn is_demand(sentence: &str) -> bool {
    let is_part = |c: char| !c.is_alphanumeric();
    let words: Vec<String> = sentence
        .split(is_part)
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let text = format!(" {} ", words.join(" "));
    MARKS.iter().any(|mark| text.contains(&format!(" {mark} ")))
}

/// The sentences of a text: a paragraph is cut at full stops, an item of a list and a row of a
/// table are sentences too.
fn sentences(text: &str) -> impl Iterator<Item = String> + '_ {
    paragraphs(text).into_iter().flat_map(|paragraph| {
        let mut sentences = vec![String::new()];
        for word in paragraph.split_whitespace() {
            let sentence = sentences.last_mut().expect("there is a sentence");
            if !sentence.is_empty() {
                sentence.push(' ');
            }
            sentence.push_str(word);
            let bare = word.trim_end_matches(['*', '_', '"', ')', '`']);
            // `e.g.` and the like end no sentence.
            if bare.ends_with(['.', '!', '?']) && !bare[..bare.len() - 1].contains('.') {
                sentences.push(String::new());
            }
        }
        sentences.retain(|sentence| !sentence.is_empty());
        sentences
    })
}

/// The text between the marks of Markdown, one string a paragraph, item or row.
fn paragraphs(text: &str) -> Vec<String> {
    let options = pulldown_cmark::Options::ENABLE_TABLES;
    let mut paragraphs = vec![String::new()];
    for event in Parser::new_ext(text, options) {
        let paragraph = paragraphs.last_mut().expect("there is a paragraph");
        match event {
            Event::Text(part) => paragraph.push_str(&part),
            Event::Code(part) => paragraph.push_str(&format!("`{part}`")),
            Event::SoftBreak => paragraph.push(' '),
            Event::End(TagEnd::TableCell) => paragraph.push_str(" | "),
            Event::End(
                TagEnd::Paragraph
                | TagEnd::Heading(_)
                | TagEnd::Item
                | TagEnd::TableRow
                | TagEnd::TableHead
                | TagEnd::CodeBlock,
            )
            | Event::Start(Tag::List(_))
            | Event::HardBreak => paragraphs.push(String::new()),
            _ => {}
        }
    }
    let rows = paragraphs.iter().map(|text| text.trim_end_matches(" | "));
    rows.map(str::to_owned).collect()
}

/// A heading, and how many headings with the same text are before it.
pub(crate) type Key = (String, usize);

/// The text below each heading, up to the next one of any level, and the text above the first
/// one, without padding.
pub(crate) fn sections(text: &str) -> Vec<(Key, String)> {
    let mut found: Vec<(Key, String)> = Vec::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (mut heading, mut start) = (String::new(), 0);
    let mut is_open = false;
    let mut add = |heading: &str, text: &str| {
        let count = counts.entry(heading.to_owned()).or_default();
        found.push(((heading.to_owned(), *count), without_padding(text)));
        *count += 1;
    };
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                add(&heading, &text[start..range.start]);
                (is_open, heading) = (true, String::new());
            }
            Event::End(TagEnd::Heading(_)) => {
                (is_open, start) = (false, range.end);
                heading = heading.trim().to_owned();
            }
            Event::Text(part) | Event::Code(part) if is_open => heading.push_str(&part),
            _ => {}
        }
    }
    add(&heading, &text[start..]);
    found
}

/// The words of a text, without padding.
fn words(text: &str) -> Vec<String> {
    let lines = text.lines().map(line_without_padding);
    let words = lines.flat_map(|line| {
        let words = line.split(' ').filter(|word| !word.is_empty());
        words.map(str::to_owned).collect::<Vec<_>>()
    });
    words.collect()
}

/// A line with single blanks; of a table, with one blank around each cell.
fn line_without_padding(line: &str) -> String {
    let line = line.trim();
    let is_row = line.starts_with('|') && line.len() > 1;
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !is_row {
        return plain(line);
    }
    let cells = line.trim_matches('|').split('|').map(|cell| {
        let cell = plain(cell);
        let is_rule = !cell.is_empty() && cell.chars().all(|c| matches!(c, '-' | ':'));
        match is_rule {
            true => "-".to_owned(),
            false => cell,
        }
    });
    format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_padding_of_tables_is_no_difference() {
        let old = "| Code | What |\n| --- | - |\n| 200 OK | Fine  |\n\n\nEnd  of\n text.";
        let new = "|Code|What     |\n|:-----|-----|\n| 200 OK |  Fine |\nEnd of text.\n";
        assert!(same_words(old, new));
        assert!(!same_words(old, &new.replace("Fine", "Good")));
        assert!(!same_words("a | b", "a b"));
    }

    #[test]
    fn the_breaks_of_lines_are_no_difference() {
        let old = "A long\nparagraph.\n\n- an item\n  goes on\n- another\n```\na\nb\n```\nend";
        let new = "A long paragraph.\n- an item goes on\n\n- another\n\n```\na\nb\n```\n\nend\n";
        let plain = "A long paragraph.\n- an item goes on\n- another\n```\na\nb\n```\nend";
        assert_eq!(without_padding(old), plain);
        assert_eq!(without_padding(new), plain);
    }

    #[test]
    fn each_heading_that_differs_is_found() {
        let old = "Top.\n# A\none\n# B\ntwo\n# B\nthree\n# C\nfour\n";
        let new = "Top.\n# A\none  \n# D\nfive\n# B\ntwo\n# B\nother\n";
        let found: Vec<_> = compare_sections(old, new)
            .into_iter()
            .map(|one| (one.heading, one.before, one.after))
            .collect();
        let text = |text: &str| Some(text.to_owned());
        let expected = [
            ("D".to_owned(), None, text("five")),
            ("B".to_owned(), text("three"), text("other")),
            ("C".to_owned(), text("four"), None),
        ];
        assert_eq!(found, expected);
        assert_eq!(compare_sections("# A\n", "").len(), 1);
    }

    #[test]
    fn new_sentences_that_require_action_are_found() {
        let old = "You must log in. Old text.";
        let new = "Old text. Every request must\ninclude a **User-Agent**. You must log in.\n\n\
                   - Tags are deprecated, e.g. here.\n- Mustard is fine.\n\n\
                   | What | Limit |\n|---|---|\n| Requests | 10 |\n\n\
                   It will be removed soon! No limitless words.";
        let expected = [
            "Every request must include a User-Agent.",
            "Tags are deprecated, e.g. here.",
            "What | Limit",
            "It will be removed soon!",
        ];
        assert_eq!(new_demands(old, new), expected);
    }
}
