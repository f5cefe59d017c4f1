//! Converts a spec's prose to Markdown that rustdoc shows as it was meant.
//!
//! Input: any text. Output: lines of Markdown for doc comments. Invariant: the lines hold
//! no control character, and rustdoc finds neither a code block that it would compile, nor
//! a link to an item, nor HTML, nor a bare URL in them, whatever the text says.
//!
//! The prose is parsed by the parser that rustdoc uses, and written again from its events: all
//! text is escaped where Markdown requires it, not only text that looks like markup.

use std::borrow::Cow;

use pulldown_cmark::{
    Alignment, BrokenLink, BrokenLinkCallback, CowStr, Event, HeadingLevel, LinkType, Options,
    Parser, Tag, TagEnd, TextMergeStream,
};

/// What the prose of a spec may hold besides CommonMark: what rustdoc shows.
const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS);

/// The blocks of a text, unwrapped, as lines of Markdown.
pub(super) fn block_lines(text: &str) -> Vec<String> {
    if is_plain(text) {
        return vec![text.to_owned()];
    }
    let text = clean(text);
    write_lines(Parser::new_ext(&text, OPTIONS))
}

/// Like [`block_lines`], for a sentence about the source of an item, which lowering makes. In it
/// [`Name`] and [`Name::part`] are links to types of this API.
pub(super) fn source_lines(text: &str) -> Vec<String> {
    let text = clean(text);
    let link = |link: BrokenLink<'_>| {
        let path = link.reference.strip_prefix('`')?.strip_suffix('`')?;
        let is_path = path
            .chars()
            .all(|c| c.is_alphanumeric() || "_:#".contains(c));
        let target = format!("{ITEMS}{}", path.replace("r#", ""));
        is_path.then(|| (target.into(), CowStr::Borrowed("")))
    };
    write_lines(Parser::new_with_broken_link_callback(
        &text,
        OPTIONS,
        Some(link),
    ))
}

/// The path of the types of this API.
const ITEMS: &str = "crate::models::";

fn write_lines<'a, F: BrokenLinkCallback<'a>>(parser: Parser<'a, F>) -> Vec<String> {
    let mut writer = Writer::default();
    for event in TextMergeStream::new(parser) {
        writer.event(event);
    }
    writer.flush();
    writer.lines
}

/// The first sentence of a text, as one line of Markdown.
pub(super) fn first_sentence(text: &str) -> String {
    let paragraph = text.trim().split("\n\n").next().unwrap_or_default();
    let words: Vec<_> = paragraph.split_whitespace().collect();
    let line = words.join(" ");
    let end = line.find(". ").map_or(line.len(), |end| end + 1);
    one_line(&line[..end])
}

/// Whether a text is plain, as most descriptions are: words and punctuation, nothing that is or
/// needs markup.
fn is_plain(text: &str) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b",.()'\"% ".contains(byte);
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && text.as_bytes().iter().all(is_word)
}

/// A text on one line, to follow other text on it. The word in front keeps the
/// parser from reading the text as a heading, a list or a code block.
pub(super) fn one_line(text: &str) -> String {
    const WORD: &str = "x: ";
    let words: Vec<_> = text.split_whitespace().collect();
    let lines = block_lines(&format!("{WORD}{}", words.join(" ")));
    let line = lines.join(" ");
    line.strip_prefix(WORD).unwrap_or_default().to_owned()
}

/// A name as a code span.
pub(super) fn code_span(code: &str) -> String {
    let code = clean(code).replace('\n', " ");
    if code.trim().is_empty() {
        return "` `".to_owned();
    }
    let fence = "`".repeat(longest_run(&code) + 1);
    match code.starts_with('`') || code.ends_with('`') {
        true => format!("{fence} {code} {fence}"),
        false => format!("{fence}{code}{fence}"),
    }
}

/// Removes characters that no comment may have, and the indentation that all lines share: it
/// comes from the source that the spec was made from, and would make a code block.
fn clean(text: &str) -> Cow<'_, str> {
    let is_odd = |c: char| matches!(c, '\t' | '\u{2028}' | '\u{2029}') || visible(c) != c;
    if !text.contains(is_odd) && !text.starts_with([' ', '\n']) {
        return Cow::Borrowed(text);
    }
    let text = text
        .replace("\r\n", "\n")
        .replace(['\r', '\u{2028}', '\u{2029}'], "\n");
    let text: String = text.replace('\t', "    ").chars().map(visible).collect();
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let filled = text.lines().filter(|line| !line.trim().is_empty());
    let shared = filled.map(indent).min().unwrap_or(0);
    let lines = text
        .lines()
        .map(|line| line.get(shared..).unwrap_or_default());
    Cow::Owned(lines.collect::<Vec<_>>().join("\n"))
}

/// Replaces control characters, and those that reverse the direction of text (rustc refuses them
/// in comments), by the replacement character.
fn visible(c: char) -> char {
    match c {
        '\n' => c,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        _ if c.is_control() => char::REPLACEMENT_CHARACTER,
        _ => c,
    }
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Writes the blocks of one text.
#[derive(Default)]
struct Writer {
    lines: Vec<String>,
    /// The containers of the current block, outermost first.
    containers: Vec<Container>,
    /// Open lists.
    lists: Vec<List>,
    /// The inline text of the current block: `\n` is a line break of the source, `\r` one
    /// that the author asked for.
    inline: String,
    /// Whether the next block needs a blank line before it.
    is_apart: bool,
    /// The text of the open code block.
    code: Option<String>,
    /// Open links.
    links: Vec<Link>,
    /// The alignments of the open table.
    table: Option<Vec<Alignment>>,
}

/// A container of blocks: a quote or an item of a list.
struct Container {
    /// The marker of an item, until its first line is written.
    marker: Option<String>,
    /// The start of any other line.
    prefix: String,
}

struct List {
    /// The number of the next item; none for bullets.
    next: Option<u64>,
    has_items: bool,
}

struct Link {
    /// The target of the link, if it also works for rustdoc's readers.
    target: Option<String>,
    /// Where its text begins in the inline text.
    start: usize,
}

impl Writer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Code(code) if self.table.is_some() => {
                // In a table a bar ends the cell, in a code span too.
                self.inline.push_str(&code_span(&code).replace('|', "\\|"));
            }
            Event::Code(code) => self.inline.push_str(&code_span(&code)),
            Event::SoftBreak => self.inline.push('\n'),
            Event::HardBreak => self.inline.push('\r'),
            Event::Rule => {
                self.flush();
                self.block(vec!["***".to_owned()]);
            }
            Event::TaskListMarker(true) => self.inline.push_str("[x] "),
            Event::TaskListMarker(false) => self.inline.push_str("[ ] "),
            // Line breaks come only from character references: text has none.
            Event::Text(text) if self.code.is_none() => self.text(&text.replace('\n', " ")),
            Event::Text(text)
            | Event::Html(text)
            | Event::InlineHtml(text)
            // From extensions that are not enabled.
            | Event::FootnoteReference(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text) => self.text(&text),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Emphasis => self.inline.push('*'),
            Tag::Strong => self.inline.push_str("**"),
            Tag::Strikethrough => self.inline.push_str("~~"),
            Tag::Link {
                link_type,
                dest_url,
                ..
            }
            | Tag::Image {
                link_type,
                dest_url,
                ..
            } => {
                self.start_link(link_type, &dest_url);
            }
            Tag::TableHead | Tag::TableRow => self.inline.push('|'),
            Tag::TableCell => self.inline.push(' '),
            Tag::Item => self.start_item(),
            Tag::List(first) => self.start_list(first),
            Tag::BlockQuote(_) => {
                self.flush();
                self.open(None, "> ".to_owned());
            }
            Tag::CodeBlock(_) => {
                self.flush();
                self.code = Some(String::new());
            }
            Tag::Table(alignments) => {
                self.flush();
                self.table = Some(alignments);
            }
            // Paragraphs, headings, HTML, and events of extensions that are not enabled.
            _ => self.flush(),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis => self.inline.push('*'),
            TagEnd::Strong => self.inline.push_str("**"),
            TagEnd::Strikethrough => self.inline.push_str("~~"),
            TagEnd::Link | TagEnd::Image => self.end_link(),
            TagEnd::TableCell => self.inline.push_str(" |"),
            TagEnd::TableHead => self.end_table_head(),
            TagEnd::TableRow => {
                let row = std::mem::take(&mut self.inline);
                self.line(&row);
            }
            TagEnd::Table => self.table = None,
            TagEnd::Heading(level) => self.end_heading(level),
            TagEnd::CodeBlock => self.end_code_block(),
            TagEnd::Item => self.end_item(),
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.containers.pop();
            }
            _ => self.flush(),
        }
    }

    fn text(&mut self, text: &str) {
        // Links do not nest: the text of one has none in it.
        let is_in_link = self.is_in_link();
        match &mut self.code {
            Some(code) => code.push_str(text),
            None if is_in_link => push_escaped(&mut self.inline, text),
            None => push_text(&mut self.inline, text),
        }
    }

    fn is_in_link(&self) -> bool {
        self.links.iter().any(|link| link.target.is_some())
    }

    fn start_link(&mut self, link_type: LinkType, address: &str) {
        let is_absolute = ["https://", "http://", "mailto:"]
            .iter()
            .any(|scheme| address.starts_with(scheme));
        let is_known = matches!(link_type, LinkType::Email | LinkType::ShortcutUnknown);
        let is_kept = (is_absolute || is_known) && !self.is_in_link();
        self.links.push(Link {
            target: is_kept.then(|| address.chars().map(visible).collect()),
            start: self.inline.len(),
        });
    }

    fn end_link(&mut self) {
        let Some(Link {
            target: Some(target),
            start,
        }) = self.links.pop()
        else {
            return;
        };
        let text = self.inline.split_off(start);
        let mut escaped = String::new();
        push_escaped(&mut escaped, &target);
        let is_plain = !target.contains(|c: char| c.is_whitespace() || c == '<' || c == '>');
        let link = match text.trim() {
            "" => format!("<{}>", encode_address(&target)),
            text if text == escaped && is_plain => format!("<{target}>"),
            text => format!("[{text}]({})", encode_address(&target)),
        };
        if link.starts_with('[') && self.inline.ends_with('!') {
            // It would make an image of the link.
            self.inline.insert(self.inline.len() - 1, '\\');
        }
        self.inline.push_str(&link);
    }

    fn start_list(&mut self, first: Option<u64>) {
        // A list that follows the text of an item belongs to it, without a blank line.
        let is_nested = !self.inline.is_empty() && !self.lists.is_empty();
        self.flush();
        self.is_apart &= !is_nested;
        self.lists.push(List {
            next: first,
            has_items: false,
        });
    }

    fn start_item(&mut self) {
        let Some(list) = self.lists.last_mut() else {
            return;
        };
        let marker = match &mut list.next {
            None => "- ".to_owned(),
            Some(number) => {
                let marker = format!("{number}. ");
                *number += 1;
                marker
            }
        };
        self.is_apart &= !std::mem::replace(&mut list.has_items, true);
        let prefix = " ".repeat(marker.len());
        self.open(Some(marker), prefix);
    }

    fn open(&mut self, marker: Option<String>, prefix: String) {
        self.blank_line();
        self.containers.push(Container { marker, prefix });
    }

    fn end_item(&mut self) {
        self.flush();
        let item = self.containers.last();
        if item.is_some_and(|item| item.marker.is_some()) {
            self.line("");
        }
        self.containers.pop();
        self.is_apart = true;
    }

    /// Writes a heading two levels lower, so that the sections of the item itself stay above those
    /// of its prose.
    fn end_heading(&mut self, level: HeadingLevel) {
        let text = std::mem::take(&mut self.inline);
        let marker = "#".repeat((level as usize + 2).min(6));
        let words: Vec<_> = text.split_whitespace().collect();
        let Some((last, words)) = words.split_last() else {
            return;
        };
        // A last word of only `#` would close the heading.
        let escape = match last.trim_matches('#') {
            "" => "\\",
            _ => "",
        };
        let last = format!("{escape}{last}");
        self.block(vec![
            [&[marker.as_str()], words, &[&last]].concat().join(" "),
        ]);
    }

    fn end_code_block(&mut self) {
        let code = self.code.take().unwrap_or_default();
        let fence = "`".repeat(longest_run(&code).max(2) + 1);
        let lines = code.trim_end().lines().map(str::to_owned);
        let block = std::iter::once(format!("{fence}text")).chain(lines);
        self.block(block.chain([fence.clone()]).collect());
    }

    fn end_table_head(&mut self) {
        let head = std::mem::take(&mut self.inline);
        let rules = self
            .table
            .iter()
            .flatten()
            .map(|alignment| match alignment {
                Alignment::None => " --- |",
                Alignment::Left => " :-- |",
                Alignment::Center => " :-: |",
                Alignment::Right => " --: |",
            });
        let rule = format!("|{}", rules.collect::<String>());
        self.block(vec![head, rule]);
    }

    /// Writes the inline text as a paragraph.
    fn flush(&mut self) {
        let inline = std::mem::take(&mut self.inline);
        let lines = unwrap_lines(&inline);
        if !lines.is_empty() {
            self.block(lines);
        }
    }

    fn block(&mut self, lines: Vec<String>) {
        self.blank_line();
        for line in lines {
            self.line(&line);
        }
        self.is_apart = true;
    }

    /// Writes a blank line before what follows.
    fn blank_line(&mut self) {
        if !std::mem::take(&mut self.is_apart) {
            return;
        }
        let written = self.containers.iter().take_while(|it| it.marker.is_none());
        let line: String = written.map(|it| it.prefix.as_str()).collect();
        self.lines.push(line.trim_end().to_owned());
    }

    fn line(&mut self, text: &str) {
        let containers = self.containers.iter_mut();
        let start = containers.map(|it| it.marker.take().unwrap_or_else(|| it.prefix.clone()));
        let line = start.collect::<String>() + text;
        self.lines.push(line.trim_end().to_owned());
    }
}

/// The lines of a paragraph. A wrapped paragraph becomes one line. Where a line has room for the
/// next word, the paragraph was not wrapped: then every line break of the source is intended, as
/// in a list of values, and is kept.
fn unwrap_lines(inline: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for part in inline.split('\r') {
        let part: Vec<_> = part
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        match is_wrapped(&part) {
            true => lines.push(part.join(" ")),
            false => lines.extend(part.into_iter().map(str::to_owned)),
        }
    }
    lines.retain(|line| !line.is_empty());
    let count = lines.len();
    let broken = lines.into_iter().enumerate().map(|(index, line)| {
        let hard_break = if index + 1 < count { "\\" } else { "" };
        format!("{}{hard_break}", guard_start(&line))
    });
    broken.collect()
}

fn is_wrapped(lines: &[&str]) -> bool {
    let width = |text: &str| text.chars().count();
    let longest = lines.iter().map(|line| width(line)).max().unwrap_or(0);
    lines.windows(2).all(|pair| {
        let next_word = pair[1].split(' ').next().unwrap_or_default();
        !pair[0].ends_with(':') && width(pair[0]) + 1 + width(next_word) > longest
    })
}

/// Escapes what is markup only at the start of a line.
fn guard_start(line: &str) -> String {
    let ends_marker = |rest: &str| rest.is_empty() || rest.starts_with(' ');
    let unnumbered = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = line.len() - unnumbered.len();
    let at = match line.chars().next() {
        Some('#' | '>' | '=') => 0,
        Some('-' | '+' | '*') if ends_marker(&line[1..]) || line.starts_with("-\\-") => 0,
        _ if digits > 0 && unnumbered.starts_with(['.', ')']) && ends_marker(&unnumbered[1..]) => {
            digits
        }
        _ => return line.to_owned(),
    };
    format!("{}\\{}", &line[..at], &line[at..])
}

/// Whether a word of a paragraph would be markup at the start of a line.
pub(super) fn means_more_at_start(word: &str) -> bool {
    word.starts_with("~~~") || guard_start(word) != word
}

/// Adds text, with bare URLs as links.
fn push_text(out: &mut String, mut text: &str) {
    let starts = |text: &str| match (text.find("http://"), text.find("https://")) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    while let Some(start) = starts(text) {
        let rest = &text[start..];
        let ends = |c: char| c.is_whitespace() || c.is_control() || "<>\"`|\\".contains(c);
        let url = &rest[..rest.find(ends).unwrap_or(rest.len())];
        let url = url.trim_end_matches(|c| ".,;:!?'*_~)]}".contains(c));
        push_escaped(out, &text[..start]);
        match url.split_once("://") {
            Some((_, host)) if !host.is_empty() => {
                out.extend(["<", url, ">"]);
                text = &rest[url.len()..];
            }
            _ => {
                push_escaped(out, "http");
                text = &rest["http".len()..];
            }
        }
    }
    push_escaped(out, text);
}

/// Adds text in which nothing is markup.
fn push_escaped(out: &mut String, text: &str) {
    let mut before = None;
    let mut chars = text.chars().map(visible).peekable();
    let mut rest = text;
    while let Some(c) = chars.next() {
        rest = &rest[rest.chars().next().map_or(0, char::len_utf8)..];
        let after = chars.peek().copied();
        let is_between =
            |test: fn(char) -> bool| before.is_some_and(test) && after.is_some_and(test);
        let is_markup = match c {
            '\\' | '`' | '[' | ']' | '<' | '|' | '~' => true,
            '*' => !is_between(|c| c == ' '),
            '_' => !is_between(|c| c == ' ') && !is_between(char::is_alphanumeric),
            // rustdoc would turn two into a dash.
            '-' => before == Some('-'),
            '&' => is_entity(rest),
            _ => false,
        };
        if is_markup {
            out.push('\\');
        }
        out.push(c);
        before = Some(c);
    }
}

/// Whether `&` and what follows are a character reference.
fn is_entity(rest: &str) -> bool {
    let Some((name, _)) = rest.split_once(';') else {
        return false;
    };
    let name = name.strip_prefix('#').unwrap_or(name);
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Encodes characters that would end an address in Markdown.
fn encode_address(address: &str) -> String {
    let mut encoded = String::new();
    for c in address.chars() {
        match c {
            ' ' | '\n' | '<' | '>' | '(' | ')' | '"' | '`' | '\\' | '|' => {
                encoded.push_str(&format!("%{:02X}", u32::from(c)));
            }
            _ => encoded.push(c),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::CodeBlockKind;

    use super::super::sample::HOSTILE;
    use super::super::wrap::wrap_at;
    use super::*;

    #[test]
    fn wrapped_paragraphs_become_one_line() {
        let text = "The first line of a paragraph that was wrapped by\nhand goes on in the second \
                    line, and so on until\nthe end.\n\n\nThe next.";
        assert_eq!(
            block_lines(text),
            [
                "The first line of a paragraph that was wrapped by hand goes on in the second \
                 line, and so on until the end.",
                "",
                "The next.",
            ]
        );
    }

    #[test]
    fn intended_line_breaks_are_kept() {
        let text = "Every character corresponds to:\n'1' = deep sleep,\n'2' = light sleep";
        let lines = [
            "Every character corresponds to:\\",
            "'1' = deep sleep,\\",
            "'2' = light sleep",
        ];
        assert_eq!(block_lines(text), lines);
        assert_eq!(block_lines("one  \ntwo"), ["one\\", "two"]);
    }

    #[test]
    fn text_is_escaped_where_it_would_be_markup() {
        let cases = [
            ("in range [1, 100].", r"in range \[1, 100\]."),
            ("Vec<String> & <b>&lt;", r"Vec\<String> & \<b>\<"),
            ("&amp;lt; R&D", r"\&lt; R&D"),
            ("snake_case __x 2 * 3 *", r"snake_case \_\_x 2 * 3 \*"),
            ("a --flag a-b", r"a -\-flag a-b"),
            ("an unbalanced ` tick", r"an unbalanced \` tick"),
            ("1\\. # no heading", r"1\. # no heading"),
            ("\\# no heading", r"\# no heading"),
            (
                "see https://a.b/c_d?e=[1], ok",
                r"see <https://a.b/c_d?e=[1>\], ok",
            ),
            ("(http://a.b).", "(<http://a.b>)."),
            (
                "`code` *em* **strong** ~~gone~~",
                "`code` *em* **strong** ~~gone~~",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(block_lines(text), [expected], "{text}");
        }
    }

    #[test]
    fn links_lead_out_or_are_text() {
        let cases = [
            ("[a](https://b.c/d)", "[a](https://b.c/d)"),
            (
                "[a](https://b.c/(d) 'title')",
                "[a](https://b.c/(d) 'title')",
            ),
            ("[a](#tag/b) [c](../d) [e](javascript:f)", "a c e"),
            (
                "<https://b.c> [](https://b.c)",
                "<https://b.c> <https://b.c>",
            ),
            ("<a@b.c>", "<a@b.c>"),
            ("![a](https://b.c/d.png)", "[a](https://b.c/d.png)"),
            ("[![a](https://b.c)](https://d.e)", "[a](https://d.e)"),
        ];
        for (text, expected) in cases.into_iter().skip(2).chain([cases[0]]) {
            assert_eq!(block_lines(text), [expected], "{text}");
        }
    }

    #[test]
    fn sources_link_to_types_and_nothing_else() {
        let source = "Of [`Sleep::r#type`], [Client], [`a b`] and [`x`](y).";
        let lines =
            [r"Of [`Sleep::r#type`](crate::models::Sleep::type), \[Client\], \[`a b`\] and `x`."];
        assert_eq!(source_lines(source), lines);
    }

    #[test]
    fn blocks_keep_their_form() {
        let text = "# One\n## Two\n\n    indented\n\n~~~rust\nfn main() {}\n```\n~~~\n\n- a\n  b\n  - c\n\n    d\n\
                    2. e\n\n> f\n\n| g | h |\n| -- | :-: |\n| i | `j\\|k` |\n\n---\n<p>\nl\n</p>";
        insta::assert_snapshot!(block_lines(text).join("\n"), @r#"
        ### One

        #### Two

        ```text
        indented
        ```

        ````text
        fn main() {}
        ```
        ````

        - a b
          - c

            d

        2. e

        > f

        | g | h |
        | --- | :-: |
        | i | `j\|k` |

        ***

        \<p> l \</p>
        "#);
    }

    #[test]
    fn one_line_has_no_blocks() {
        assert_eq!(one_line("# a\n\n- b\n```\nc"), r"# a - b \`\`\` c");
        assert_eq!(one_line(" "), "");
    }

    #[test]
    fn code_spans_hold_any_name() {
        assert_eq!(code_span("a"), "`a`");
        assert_eq!(code_span("`a``"), "``` `a`` ```");
        assert_eq!(code_span(""), "` `");
    }

    #[test]
    fn hostile_text_is_safe() {
        assert_safe(HOSTILE);
        assert_safe(&format!("- {}", HOSTILE.replace('\n', "\n  ")));
        assert_safe(&format!("> {}", HOSTILE.replace('\n', "\n> ")));
    }

    /// Ten thousand texts, put together at random from what means something in Markdown.
    #[test]
    fn random_text_is_safe() {
        let parts = [
            "a",
            "Client",
            " ",
            "  ",
            "    ",
            "\n",
            "\n\n",
            "\t",
            "`",
            "``",
            "```",
            "~~~",
            "[",
            "]",
            "(",
            ")",
            "<",
            ">",
            "</b>",
            "<b>",
            "<!--",
            "-->",
            "#",
            "# ",
            "*",
            "**",
            "_",
            "-",
            "- ",
            "1. ",
            "+ ",
            "=",
            "===",
            "---",
            "|",
            "| a |\n| - |\n",
            ":",
            "!",
            "&lt;",
            "&#10;",
            "&",
            ";",
            "\\",
            "\"",
            "'",
            "https://a.b/c",
            "http://",
            "[^1]",
            "[x]: y\n",
            "[x](y)",
            "[x](https://a.b \"t\")",
            "\r",
            "\u{0}",
            "\u{202E}",
            "é",
            "rust",
            "{",
            "}",
            "$",
            "~",
            "<https://a.b>",
            "[ ] ",
            "![",
            "::",
            "/",
            "@",
        ];
        let mut state = 1_u64;
        let mut random = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap_or(0) % below
        };
        for _ in 0..10_000 {
            let length = random(24);
            let text: String = (0..length).map(|_| parts[random(parts.len())]).collect();
            assert_safe(&text);
            assert_safe(&format!("x: {}", one_line(&text)));
        }
    }

    /// Reads what was written as rustdoc does.
    fn assert_safe(text: &str) {
        let lines = block_lines(text);
        assert_written(text, &lines.join("\n"));
        assert_written(text, &wrap_at(&lines, 12).join("\n"));
    }

    fn assert_written(text: &str, written: &str) {
        let context = format!("{text:?} became {written:?}");
        assert_eq!(words(&clean(text)), words(written), "{context}");
        assert!(
            !written.chars().any(|c| c != '\n' && visible(c) != c),
            "{context}"
        );
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_SMART_PUNCTUATION;
        // rustdoc takes what is in brackets for the path of an item.
        let item_link = |link: BrokenLink<'_>| panic!("link to {:?}: {context}", link.reference);
        let parser = Parser::new_with_broken_link_callback(written, options, Some(item_link));
        let (mut links, mut blocks) = (0, 0);
        for event in TextMergeStream::new(parser) {
            match event {
                Event::End(TagEnd::CodeBlock) => blocks -= 1,
                Event::Start(Tag::CodeBlock(kind)) => {
                    blocks += 1;
                    assert_eq!(kind, CodeBlockKind::Fenced("text".into()), "{context}");
                }
                Event::Start(Tag::Link {
                    dest_url,
                    link_type,
                    ..
                }) => {
                    links += 1;
                    let leads_out = ["http://", "https://", "mailto:"]
                        .iter()
                        .any(|s| dest_url.starts_with(s));
                    assert!(leads_out || link_type == LinkType::Email, "{context}");
                }
                Event::End(TagEnd::Link) => links -= 1,
                Event::Start(Tag::Image { .. } | Tag::FootnoteDefinition(_))
                | Event::FootnoteReference(_)
                | Event::Html(_)
                | Event::InlineHtml(_) => panic!("{context}"),
                Event::Text(text) if links + blocks == 0 => {
                    assert!(!text.contains("https://a"), "{context}");
                }
                _ => {}
            }
        }
    }

    /// All that a reader sees, without blanks, and without characters that may be emphasis or
    /// not, depending on what is beside them: the text of a dropped link.
    fn words(text: &str) -> String {
        let texts = Parser::new_ext(text, OPTIONS).map(|event| match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                text.chars()
                    .map(visible)
                    .filter(|c| !c.is_whitespace() && !"*_~".contains(*c))
                    .collect()
            }
            Event::TaskListMarker(true) => "[x]".to_owned(),
            Event::TaskListMarker(false) => "[]".to_owned(),
            _ => String::new(),
        });
        texts.collect()
    }
}
