//! Where in a text its nodes are, and how they are written.
//!
//! Input: the text of a JSON or YAML file. Output: one [`Mark`] for each node, in the order of
//! the text. A parser that keeps marks is several times slower than one that does not, so the
//! text is read this way only to explain or confirm an error. The second parser is stricter than
//! the first: it may stop in a text that parsed, and [`Marks::stopped`] says where.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};

use super::tree::DEPTH_LIMIT;
use crate::pointer::Pointer;

/// What a text holds, and where.
#[derive(Debug, Default)]
pub struct Marks {
    /// The nodes of the first document, in the order of the text.
    pub nodes: Vec<Mark>,
    /// The first node of each place.
    places: HashMap<Pointer, usize>,
    /// The first repetition of each key that is repeated.
    repeated: HashMap<Pointer, usize>,
    /// Where a second document begins.
    pub second_document: Option<Position>,
    /// Where and why reading stopped before the end.
    pub stopped: Option<(Position, String)>,
}

impl Marks {
    /// The first node at a place.
    #[must_use]
    pub fn find(&self, at: &Pointer) -> Option<&Mark> {
        self.nodes.get(*self.places.get(at)?)
    }

    /// The second node at a place, of a key that is repeated.
    pub(super) fn find_repeated(&self, at: &Pointer) -> Option<&Mark> {
        self.nodes.get(*self.repeated.get(at)?)
    }
}

/// A line and a column, both from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// One node of a text.
#[derive(Debug)]
pub struct Mark {
    /// Its place in the tree.
    pub pointer: Pointer,
    /// Where its key is, for members of objects.
    pub key: Option<Position>,
    /// Where the node itself begins.
    pub value: Position,
    /// Behind the last character of a scalar or alias, or of an object's or array's key.
    pub end: Position,
    /// The object has an earlier member with this key.
    pub is_repeated: bool,
    /// The YAML tag of the key or the node.
    pub tag: Option<String>,
    /// How it is written.
    pub written: Written,
}

/// How a node is written.
#[derive(Debug, PartialEq, Eq)]
pub enum Written {
    /// As a scalar without quotes, of this text.
    Plain(String),
    /// As a string in quotes or as a block.
    Quoted,
    /// As an alias.
    Alias {
        /// Whether the alias is inside the node that it refers to.
        inside_itself: bool,
    },
    /// As an array or object.
    Collection,
}

/// The error for a text that nests deeper than [`DEPTH_LIMIT`].
pub(super) const TOO_DEEP: &str = "the spec is nested deeper than 120 levels";

/// Reads a text for its marks. Never fails: what was read before an error is returned.
#[must_use]
pub fn find_marks(text: &str) -> Marks {
    let text = mask_surrogates(text);
    let mut parser = Parser::new_from_str(&text);
    let mut walker = Walker::default();
    while let Some(event) = parser.next_event() {
        let stop = match event {
            Ok((event, span)) => walker.event(&event, span),
            Err(error) => {
                let reason = match error.info() {
                    "recursion limit exceeded" => TOO_DEEP,
                    reason => reason,
                };
                Some((position(error.marker()), reason.to_owned()))
            }
        };
        if stop.is_some() {
            walker.marks.stopped = stop;
            break;
        }
        if walker.marks.second_document.is_some() {
            break;
        }
    }
    walker.marks
}

/// Replaces surrogate pairs by spaces of the same length, which keeps all marks in place. JSON
/// writes characters beyond 16 bits as two escapes, which YAML does not support.
fn mask_surrogates(text: &str) -> Cow<'_, str> {
    let is_surrogate = |rest: &str| {
        let mut digits = rest.bytes().take(4);
        matches!(digits.next(), Some(b'd' | b'D'))
            && matches!(digits.next(), Some(b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F'))
            && digits.all(|digit| digit.is_ascii_hexdigit())
    };
    let mut masked = String::new();
    let mut copied = 0;
    for (at, _) in text.match_indices("\\u") {
        if at >= copied && is_surrogate(&text[at + 2..]) {
            masked.push_str(&text[copied..at]);
            masked.push_str("\\u0020");
            copied = at + 6;
        }
    }
    match copied {
        0 => Cow::Borrowed(text),
        _ => Cow::Owned(masked + &text[copied..]),
    }
}

fn position(marker: &Marker) -> Position {
    Position {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

#[derive(Default)]
struct Walker {
    marks: Marks,
    open: Vec<Open>,
    documents: usize,
}

/// An array or object whose end has not been read yet.
struct Open {
    pointer: Pointer,
    /// 0 without an anchor; aliases refer to anchors from 1.
    anchor: usize,
    members: Members,
}

enum Members {
    Array {
        next: usize,
    },
    Object {
        seen: BTreeSet<String>,
        key: Option<Key>,
    },
}

/// A key whose value has not been read yet.
struct Key {
    text: String,
    at: Span,
    is_repeated: bool,
    tag: Option<String>,
}

type Stop = Option<(Position, String)>;

impl Walker {
    fn event(&mut self, event: &Event<'_>, at: Span) -> Stop {
        match event {
            Event::Scalar(text, style, _, tag) => {
                let tag = tag.as_deref().map(tag_name);
                if self.expects_key() {
                    self.key(text, at, tag);
                } else {
                    self.node(at, tag, written(text, *style));
                }
                None
            }
            Event::Alias(anchor) if self.expects_key() => {
                self.key(&format!("*{anchor}"), at, None);
                None
            }
            Event::Alias(anchor) => {
                let inside_itself = self.open.iter().any(|open| open.anchor == *anchor);
                self.node(at, None, Written::Alias { inside_itself });
                None
            }
            Event::SequenceStart(anchor, tag) => {
                self.collection(at, *anchor, tag.as_deref(), Members::Array { next: 0 })
            }
            Event::MappingStart(anchor, tag) => {
                let (seen, key) = (BTreeSet::new(), None);
                self.collection(at, *anchor, tag.as_deref(), Members::Object { seen, key })
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.open.pop();
                None
            }
            Event::DocumentStart(_) => {
                self.documents += 1;
                self.marks.second_document = (self.documents > 1).then(|| position(&at.start));
                None
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => None,
        }
    }

    fn expects_key(&self) -> bool {
        self.open
            .last()
            .is_some_and(|open| matches!(open.members, Members::Object { key: None, .. }))
    }

    fn key(&mut self, text: &str, at: Span, tag: Option<String>) {
        let Some(open) = self.open.last_mut() else {
            return;
        };
        if let Members::Object { seen, key } = &mut open.members {
            *key = Some(Key {
                text: text.to_owned(),
                at,
                is_repeated: !seen.insert(text.to_owned()),
                tag,
            });
        }
    }

    fn collection(&mut self, at: Span, anchor: usize, tag: Option<&Tag>, members: Members) -> Stop {
        if self.expects_key() {
            return Some((position(&at.start), "a key that is not a scalar".to_owned()));
        }
        if self.open.len() >= DEPTH_LIMIT {
            return Some((position(&at.start), TOO_DEEP.to_owned()));
        }
        let pointer = self.node(at, tag.map(tag_name), Written::Collection);
        self.open.push(Open {
            pointer,
            anchor,
            members,
        });
        None
    }

    fn node(&mut self, at: Span, tag: Option<String>, written: Written) -> Pointer {
        let mut mark = Mark {
            pointer: Pointer::root(),
            key: None,
            value: position(&at.start),
            end: position(&at.end),
            is_repeated: false,
            tag,
            written,
        };
        if let Some(open) = self.open.last_mut() {
            match &mut open.members {
                Members::Array { next } => {
                    mark.pointer = open.pointer.index(*next);
                    *next += 1;
                }
                Members::Object { key, .. } => {
                    if let Some(key) = key.take() {
                        mark.pointer = open.pointer.key(key.text);
                        mark.key = Some(position(&key.at.start));
                        if mark.written == Written::Collection {
                            mark.end = position(&key.at.end);
                        }
                        mark.is_repeated = key.is_repeated;
                        mark.tag = key.tag.or(mark.tag);
                    }
                }
            }
        }
        let pointer = mark.pointer.clone();
        let index = self.marks.nodes.len();
        let places = match mark.is_repeated {
            true => &mut self.marks.repeated,
            false => &mut self.marks.places,
        };
        places.entry(pointer.clone()).or_insert(index);
        self.marks.nodes.push(mark);
        pointer
    }
}

fn tag_name(tag: &Tag) -> String {
    format!("{}{}", tag.handle, tag.suffix)
}

fn written(text: &str, style: ScalarStyle) -> Written {
    match style {
        ScalarStyle::Plain => Written::Plain(text.to_owned()),
        _ => Written::Quoted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let marks = find_marks(text);
        let show = |mark: &Mark| {
            let Position { line, column } = mark.key.unwrap_or(mark.value);
            format!("{}@{line}:{column}", mark.pointer)
        };
        marks.nodes.iter().map(show).collect()
    }

    #[test]
    fn marks_of_json_survive_surrogates() {
        let text = "{\"a\\ud83d\\ude00\": [1,\n  \"\\uD83D\"], \"b\": {}}";
        assert_eq!(
            shown(text),
            ["@1:1", "/a  @1:2", "/a  /0@1:20", "/a  /1@2:3", "/b@2:14"]
        );
    }

    #[test]
    fn repeated_keys_and_inner_aliases_are_seen() {
        let marks = find_marks("a: &x [*x]\nb: 1\n'b': 2");
        let repeated: Vec<_> = marks.nodes.iter().filter(|m| m.is_repeated).collect();
        assert_eq!(repeated.len(), 1);
        assert_eq!(repeated[0].key, Some(Position { line: 3, column: 1 }));
        let alias = Written::Alias {
            inside_itself: true,
        };
        assert!(marks.nodes.iter().any(|mark| mark.written == alias));
    }

    #[test]
    fn deep_texts_stop() {
        for text in ["- ".repeat(10_000), "[".repeat(10_000), "? ".repeat(10_000)] {
            assert!(find_marks(&text).stopped.is_some());
        }
    }
}
