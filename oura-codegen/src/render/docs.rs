//! Doc comments: the spec's prose and the generator's remarks and sections, as attributes.
//!
//! Input: [`ir::Docs`]. Output: lines, printed as `///` or `//!`. Invariant: no line holds
//! a line break; what comes from the spec went through [`super::prose`].

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::prose;
use super::wrap::wrap;
use crate::ir;

/// The doc comment of one item, block by block.
#[derive(Default)]
pub(super) struct Doc {
    lines: Vec<String>,
    is_deprecated: bool,
}

impl Doc {
    /// The docs of an item; `fallback`, in Markdown, if the spec does not describe the item and
    /// its place has no name.
    pub(super) fn of(docs: &ir::Docs, fallback: &str) -> Self {
        let doc = Self::default().prose(&docs.text);
        let doc = match doc.is_empty() && docs.source.is_empty() {
            true => doc.markdown([fallback]),
            false => doc,
        };
        doc.remarks(docs)
    }

    /// One line of the generator's own Markdown.
    pub(super) fn line(text: impl Into<String>) -> Self {
        Self::default().markdown([text])
    }

    /// Adds the attribute of what the spec marks as deprecated.
    pub(super) fn deprecated(mut self, is_deprecated: bool) -> Self {
        self.is_deprecated = is_deprecated;
        self
    }

    /// Adds the notes and the place in the spec.
    pub(super) fn remarks(self, docs: &ir::Docs) -> Self {
        self.notes(docs).source(docs)
    }

    /// Adds the notes.
    pub(super) fn notes(self, docs: &ir::Docs) -> Self {
        let notes = docs.notes.iter().flat_map(|note| prose::block_lines(note));
        self.block(notes.collect())
    }

    /// Adds the place in the spec.
    pub(super) fn source(self, docs: &ir::Docs) -> Self {
        self.block(prose::source_lines(&docs.source))
    }

    /// Adds a text of the spec.
    pub(super) fn prose(self, text: &str) -> Self {
        self.block(prose::block_lines(text))
    }

    /// Adds the generator's own Markdown, one block.
    pub(super) fn markdown<S: Into<String>>(self, lines: impl IntoIterator<Item = S>) -> Self {
        self.block(lines.into_iter().map(Into::into).collect())
    }

    /// Adds a list: each item has the generator's own Markdown, then the spec's docs of it.
    pub(super) fn list<'a>(self, items: impl IntoIterator<Item = (String, &'a ir::Docs)>) -> Self {
        let items = items
            .into_iter()
            .flat_map(|(lead, docs)| list_item(&lead, docs));
        self.block(items.collect())
    }

    /// Adds all of another doc comment.
    pub(super) fn then(self, other: Self) -> Self {
        self.block(other.lines)
    }

    /// Whether there is no text yet.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The text of an inner doc comment.
    pub(super) fn inner(&self) -> String {
        let lines = wrap(&self.lines).into_iter();
        lines
            .map(|line| format!("//! {line}").trim_end().to_owned() + "\n")
            .collect()
    }

    fn block(mut self, lines: Vec<String>) -> Self {
        if !lines.is_empty() && !self.lines.is_empty() {
            self.lines.push(String::new());
        }
        self.lines.extend(lines);
        self
    }
}

/// The attributes that are printed as `///`, and that of what is deprecated.
impl ToTokens for Doc {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for line in wrap(&self.lines) {
            let line = match line.is_empty() {
                true => String::new(),
                false => format!(" {line}"),
            };
            tokens.extend(quote!(#[doc = #line]));
        }
        if self.is_deprecated {
            tokens.extend(quote!(#[deprecated]));
        }
    }
}

fn list_item(lead: &str, docs: &ir::Docs) -> Vec<String> {
    let lines = Doc::default().prose(&docs.text).remarks(docs).lines;
    let mut item = match lines.first() {
        Some(line) if starts_paragraph(line) => vec![format!("- {lead}: {line}")],
        Some(line) => vec![format!("- {lead}"), String::new(), format!("  {line}")],
        None => vec![format!("- {lead}")],
    };
    let rest = lines
        .iter()
        .skip(1)
        .map(|line| format!("  {line}").trim_end().to_owned());
    item.extend(rest);
    item
}

/// Whether a block begins with text, which can follow other text on its line.
fn starts_paragraph(line: &str) -> bool {
    let is_numbered = line.starts_with(|c: char| c.is_ascii_digit()) && line.contains(". ");
    !is_numbered
        && !line.starts_with(['#', '-', '>', '|'])
        && !line.starts_with("```")
        && line != "***"
}
