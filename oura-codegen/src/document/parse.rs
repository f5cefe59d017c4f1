//! The two parsers and the one visitor behind them.
//!
//! `serde_json` and `serde_yaml` both drive [`NodeSeed`], which builds the tree and collects
//! what it refuses. What the libraries do not report (quotes, tags of keys, the places of
//! repeated keys) is looked up in the text's [`Marks`], only when it matters.

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::sync::Arc;

use indexmap::map::Entry;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use super::marks::{Mark, Marks, Position, TOO_DEEP, Written, find_marks};
use super::tree::{DEPTH_LIMIT, Document, Members, Node, Number, Value};
use crate::error::{Error, Errors, Place};
use crate::pointer::{Origin, Pointer};

/// Parses a JSON or YAML file; `file` is its name for messages.
///
/// # Errors
///
/// What is wrong with the text, with line and column, and all nodes that a [`Document`]
/// cannot hold.
pub fn parse_document(file: &str, text: &str) -> Result<Document, Errors> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let file: Arc<str> = file.into();
    if text.lines().all(is_blank_or_comment) {
        return Err(Error::new(Place::File(file), "the file is empty").into());
    }
    if !text.trim_start().starts_with('{') {
        return parse_yaml(&Source::new(&file, text, Syntax::Yaml)).map_err(Failure::errors);
    }
    match parse_json(&Source::new(&file, text, Syntax::Json)) {
        Ok(document) => Ok(document),
        Err(Failure::Refused(errors)) => Err(errors),
        Err(Failure::Malformed(json)) => parse_yaml(&Source::new(&file, text, Syntax::Yaml))
            .map_err(|yaml| better_failure(text, json, yaml)),
    }
}

fn is_blank_or_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

/// Chooses which of two failures explains a file that begins with `{`. When the text is YAML
/// with refused content, that is the reason. Otherwise a quoted first key means that the author
/// wrote JSON, where the JSON parser names the exact place of the mistake; the YAML parser would
/// read on to the end of the file, because YAML strings may span several lines.
fn better_failure(text: &str, json: Errors, yaml: Failure) -> Errors {
    let after_brace = text.trim_start().trim_start_matches('{').trim_start();
    match yaml {
        Failure::Refused(yaml) => yaml,
        Failure::Malformed(_) if after_brace.starts_with(['"', '}']) => json,
        Failure::Malformed(yaml) => yaml,
    }
}

/// Why a text cannot become a tree.
enum Failure {
    /// It does not have this syntax.
    Malformed(Errors),
    /// It has, but its content is not allowed in a tree.
    Refused(Errors),
}

impl Failure {
    fn errors(self) -> Errors {
        match self {
            Self::Malformed(errors) | Self::Refused(errors) => errors,
        }
    }
}

fn parse_json(source: &Source<'_>) -> Result<Document, Failure> {
    let mut json = serde_json::Deserializer::from_str(source.text);
    let parsed = source
        .root()
        .deserialize(&mut json)
        .and_then(|root| json.end().map(|()| root));
    match parsed {
        Ok(root) => source.finish(root),
        Err(error) if error.is_data() || is_too_deep(&error) => {
            Err(source.refuse(json_error(source, &error)))
        }
        Err(error) => Err(Failure::Malformed(json_error(source, &error).into())),
    }
}

fn parse_yaml(source: &Source<'_>) -> Result<Document, Failure> {
    if flow_depth_at_most(source.text) > SLOW_DEPTH
        && let Some((at, reason)) = &source.marks().stopped
    {
        return Err(source.refuse(source.error_at(*at, reason)));
    }
    let yaml = serde_yaml::Deserializer::from_str(source.text);
    match source.root().deserialize(yaml) {
        Ok(root) => source.finish(root),
        Err(error) if is_too_deep(&error) => Err(source.refuse(too_deep_error(source, &error))),
        Err(error) => {
            let error = yaml_error(source, &error);
            let is_clean = source.errors.borrow().is_empty();
            match is_clean {
                true => Err(Failure::Malformed(error.into())),
                false => Err(source.refuse(error)),
            }
        }
    }
}

/// The depth beyond which libyaml becomes slow: its time is quadratic in the depth, before its
/// caller counts it. 100,000 open braces take minutes.
const SLOW_DEPTH: usize = 1000;

fn is_too_deep(error: &impl fmt::Display) -> bool {
    error.to_string().contains(TOO_DEEP)
}

/// An upper bound of how deep `[` and `{` nest, ignoring quotes.
fn flow_depth_at_most(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn json_error(source: &Source<'_>, error: &serde_json::Error) -> Error {
    let (line, bytes) = (error.line(), error.column());
    let message = without_place(error, line, bytes);
    let message = match is_too_deep(error) {
        true => TOO_DEEP.to_owned(),
        false => format!("not JSON: {message}"),
    };
    // serde_json counts bytes, and points at column 0 behind a line break.
    let text = source
        .text
        .lines()
        .nth(line.saturating_sub(1))
        .unwrap_or("");
    let starts = text.char_indices().map(|(start, _)| start + 1);
    let column = starts.take_while(|start| *start <= bytes.max(1)).count();
    let column = column.max(1);
    source.error_at(Position { line, column }, message)
}

fn yaml_error(source: &Source<'_>, error: &serde_yaml::Error) -> Error {
    if source.spent.get() > source.budget || error.to_string() == "repetition limit exceeded" {
        return Error::new(
            source.place(None),
            "aliases repeat parts of the file too many times",
        )
        .help("write the parts out, or refer to them with `$ref`");
    }
    if error.to_string().contains("more than one document") {
        let second = source.marks().second_document;
        return Error::new(
            source.place(second),
            "the file holds several YAML documents",
        )
        .help("split the file at `---`");
    }
    let Some(at) = position(error) else {
        return Error::new(source.place(None), format!("not YAML: {error}"));
    };
    let message = without_place(error, at.line, at.column);
    // Only keys have to be strings.
    let message = match message.contains("expected a string") {
        true => "a key is not a scalar".to_owned(),
        false => format!("not YAML: {message}"),
    };
    source.error_at(at, message)
}

fn position(error: &serde_yaml::Error) -> Option<Position> {
    let location = error.location()?;
    let (line, column) = (location.line(), location.column());
    Some(Position { line, column })
}

fn too_deep_error(source: &Source<'_>, error: &serde_yaml::Error) -> Error {
    let inside_itself = |mark: &&Mark| {
        mark.written
            == Written::Alias {
                inside_itself: true,
            }
    };
    if let Some(alias) = source.marks().nodes.iter().find(inside_itself) {
        return source.error_at(alias.value, "the alias refers to a node that contains it");
    }
    Error::new(source.place(position(error)), TOO_DEEP)
}

/// The message of a library without the place that it repeats.
fn without_place(error: &impl fmt::Display, line: usize, column: usize) -> String {
    let place = format!(" at line {line} column {column}");
    error.to_string().replacen(&place, "", 1)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Json,
    Yaml,
}

/// A text that is being parsed, and its errors so far.
struct Source<'t> {
    file: Arc<str>,
    text: &'t str,
    syntax: Syntax,
    errors: RefCell<Errors>,
    /// The cost of the nodes so far, and the limit: more than any text without aliases costs.
    spent: Cell<usize>,
    budget: usize,
    has_tags: Cell<bool>,
    marks: OnceCell<Marks>,
}

/// The cost of a node beside its text. A single byte of text can be a node (`[[[`).
const NODE_COST: usize = 8;

impl<'t> Source<'t> {
    fn new(file: &Arc<str>, text: &'t str, syntax: Syntax) -> Self {
        Self {
            file: file.clone(),
            text,
            syntax,
            errors: RefCell::default(),
            spent: Cell::new(0),
            budget: (NODE_COST + 2) * text.len() + 10_000,
            has_tags: Cell::new(false),
            marks: OnceCell::new(),
        }
    }

    fn root(&self) -> NodeSeed<'_> {
        NodeSeed {
            source: self,
            at: Pointer::root(),
            depth: 0,
        }
    }

    fn origin(&self, at: &Pointer) -> Origin {
        Origin {
            file: self.file.clone(),
            pointer: at.clone(),
        }
    }

    fn place(&self, at: Option<Position>) -> Place {
        let file = self.file.clone();
        match at {
            Some(Position { line, column }) => Place::Text { file, line, column },
            None => Place::File(file),
        }
    }

    fn error_at(&self, at: Position, message: impl Into<String>) -> Error {
        Error::new(self.place(Some(at)), message)
    }

    fn note(&self, error: Error) {
        self.errors.borrow_mut().push(error);
    }

    fn marks(&self) -> &Marks {
        self.marks.get_or_init(|| find_marks(self.text))
    }

    fn refuse(&self, last: Error) -> Failure {
        self.note(last);
        Failure::Refused(self.errors.take())
    }

    fn finish(&self, root: Node) -> Result<Document, Failure> {
        let may_have_tags = self.syntax == Syntax::Yaml && may_have_tags(self.text);
        if may_have_tags || self.has_tags.get() {
            self.note_tags();
        }
        if root.as_object().is_none() {
            let message = format!("the spec must be an object, but it is {}", root.kind());
            self.note(Error::at(&root.origin, message));
        }
        let errors = self.errors.take();
        errors
            .into_result(Document { root })
            .map_err(Failure::Refused)
    }

    /// Notes an error for each tag. serde_yaml drops the tags of keys and does not report `!!str`
    /// and `!<tag:example.com,2000:x>` reliably, so that all tags are looked up here.
    fn note_tags(&self) {
        for mark in &self.marks().nodes {
            if let Some(tag) = &mark.tag {
                let message = format!("the YAML tag `{tag}` means nothing in JSON");
                let error = Error::at(&self.origin(&mark.pointer), message);
                self.note(error.help("remove the tag, or quote a value that begins with `!`"));
            }
        }
        if let Some((at, reason)) = &self.marks().stopped {
            let message = format!("the text cannot be searched for YAML tags: {reason}");
            self.note(self.error_at(*at, message));
        }
    }

    fn note_repeated(&self, at: &Pointer, key: &str) {
        let origin = self.origin(at);
        let message = format!("the key `{key}` is given twice");
        let repeated = self.marks().find_repeated(at);
        let error = match repeated.and_then(|mark| mark.key) {
            Some(second) => self.error_at(second, message).other(&origin),
            None => Error::at(&origin, message),
        };
        self.note(error.help("keys are compared as text: `200` and `'200'` are one key"));
    }

    /// The text of a scalar that is written without quotes and for which `looks_so` holds. An
    /// alias has no text: its anchor has.
    fn is_plain(&self, at: &Pointer, looks_so: impl Fn(&str) -> bool) -> Option<String> {
        match &self.marks().find(at)?.written {
            Written::Plain(text) if looks_so(text) => Some(text.clone()),
            _ => None,
        }
    }
}

/// Whether there is a `!` where a tag could begin. Prose seldom has one.
fn may_have_tags(text: &str) -> bool {
    let is_break = |byte: &u8| byte.is_ascii_whitespace() || b"[{,:".contains(byte);
    let bytes = text.as_bytes();
    text.match_indices('!').any(|(at, _)| {
        let begins = at == 0 || is_break(&bytes[at - 1]);
        let goes_on = |next: &u8| !next.is_ascii_whitespace() && *next != b'=';
        begins && bytes.get(at + 1).is_some_and(goes_on)
    })
}

/// Reads one node and all below it.
struct NodeSeed<'s> {
    source: &'s Source<'s>,
    at: Pointer,
    /// How many arrays and objects it is in.
    depth: usize,
}

impl NodeSeed<'_> {
    fn node<E: serde::de::Error>(self, value: Value, text_len: usize) -> Result<Node, E> {
        self.spend(text_len)?;
        Ok(Node {
            value,
            origin: self.source.origin(&self.at),
        })
    }

    fn spend<E: serde::de::Error>(&self, text_len: usize) -> Result<(), E> {
        let Source { spent, budget, .. } = self.source;
        spent.set(spent.get() + text_len + NODE_COST);
        match spent.get() <= *budget {
            true => Ok(()),
            false => Err(E::custom("the text repeats itself too often")),
        }
    }

    fn refuse<E: serde::de::Error>(self, message: impl Into<String>) -> Result<Node, E> {
        let origin = self.source.origin(&self.at);
        self.source.note(Error::at(&origin, message));
        self.node(Value::Null, 0)
    }

    fn large_number<E: serde::de::Error>(self, number: impl ToString) -> Result<Node, E> {
        let text = number.to_string();
        let text_len = text.len();
        self.node(Value::Number(Number::Large(text.into())), text_len)
    }

    fn child(&self, at: Pointer) -> Self {
        Self {
            source: self.source,
            at,
            depth: self.depth + 1,
        }
    }

    /// Refuses what nests too deep for the stack of the parsers and all later phases.
    fn check_depth<E: serde::de::Error>(&self) -> Result<(), E> {
        match self.depth < DEPTH_LIMIT {
            true => Ok(()),
            false => Err(E::custom(TOO_DEEP)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NodeSeed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Node, E> {
        self.node(Value::Null, 0)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Node, E> {
        self.node(Value::Bool(value), 0)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Node, E> {
        self.node(Value::Number(Number::Unsigned(value)), 0)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Node, E> {
        self.node(value.into(), 0)
    }

    fn visit_u128<E: serde::de::Error>(self, value: u128) -> Result<Node, E> {
        self.large_number(value)
    }

    fn visit_i128<E: serde::de::Error>(self, value: i128) -> Result<Node, E> {
        self.large_number(value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Node, E> {
        /// Integers from here on may be some that the libraries rounded.
        const INTEGERS_END: f64 = 9_223_372_036_854_775_808.0;
        if !value.is_finite() {
            return self.refuse("a number must be finite");
        }
        if value.abs() >= INTEGERS_END
            && let Some(text) = self.source.is_plain(&self.at, is_integer)
        {
            return self.large_number(text);
        }
        self.node(Value::Number(Number::Float(value)), 0)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Node, E> {
        // serde_yaml makes a string of a number that is too large for any type.
        if is_huge_float(text)
            && let Some(text) = self.source.is_plain(&self.at, is_huge_float)
        {
            return self.large_number(text);
        }
        self.node(Value::String(text.to_owned()), text.len())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        self.check_depth()?;
        let mut nodes = Vec::new();
        while let Some(node) = items.next_element_seed(self.child(self.at.index(nodes.len())))? {
            nodes.push(node);
        }
        self.node(Value::Array(nodes), 0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        self.check_depth()?;
        let mut members = Members::default();
        // A key is read as it is written: `1.10` is not the key `1.1`.
        while let Some(key) = access.next_key::<String>()? {
            self.spend(key.len())?;
            let at = self.at.key(key.as_str());
            let node = access.next_value_seed(self.child(at.clone()))?;
            if key == "<<" && self.source.syntax == Syntax::Yaml {
                let error = Error::at(&node.origin, "YAML merge keys are not supported");
                self.source.note(error.help("write the merged members out"));
            }
            match members.entry(key) {
                Entry::Occupied(entry) => self.source.note_repeated(&at, entry.key()),
                Entry::Vacant(entry) => {
                    entry.insert(node);
                }
            }
        }
        self.node(Value::Object(members), 0)
    }

    /// A value with a YAML tag.
    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Node, A::Error> {
        let (_, value) = access.variant::<IgnoredAny>()?;
        self.source.has_tags.set(true);
        value.newtype_variant_seed(self)
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_huge_float(text: &str) -> bool {
    let is_numeric = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    text.ends_with(|end: char| end.is_ascii_digit())
        && text.bytes().all(is_numeric)
        && text.parse::<f64>().is_ok_and(f64::is_infinite)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The errors of a text, one a line.
    fn refused(text: &str) -> String {
        parse_document("f", text).unwrap_err().to_string()
    }

    #[test]
    fn both_syntaxes_give_one_tree() {
        let json = r#"{"a": [1, -1, 1.5, null, true, "😀"], "200": {"b\/c": ""}}"#;
        let escaped = json.replace('😀', "\\ud83d\\ude00");
        let yaml = "a:\n- 1\n- -1\n- 1.5\n- ~\n- true\n- \u{1f600}\n200: {b/c: ''}\n";
        let tree = parse_document("f", yaml).unwrap();
        assert_eq!(tree, parse_document("f", json).unwrap());
        assert_eq!(tree, parse_document("f", &escaped).unwrap());
        let flow = "  {a: [1, -1, 1.5, null, true, 😀], 200: {b/c: ''}} # YAML";
        assert_eq!(tree, parse_document("f", flow).unwrap());
    }

    #[test]
    fn keys_keep_their_spelling_and_anchors_work() {
        let text = "1.10: &x [a]\n0x10: *x\nTrue: 1\nnull: 2\n";
        let root = parse_document("f", text).unwrap().root;
        let keys: Vec<_> = root.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["1.10", "0x10", "True", "null"]);
        let alias = &root.get("0x10").unwrap().as_array().unwrap()[0];
        assert_eq!(alias.as_str(), Some("a"));
        assert_eq!(alias.origin.to_string(), "f#/0x10/0");
    }

    #[test]
    fn texts_without_a_document_are_refused() {
        for text in ["", "\u{feff}", " \n\t\n", "# nothing\n"] {
            assert_eq!(refused(text), "f: the file is empty");
        }
        let not_object = "f#: the spec must be an object, but it is ";
        assert_eq!(refused("[1]"), format!("{not_object}an array"));
        assert_eq!(refused("---\n"), format!("{not_object}null"));
        assert_eq!(refused("hello"), format!("{not_object}a string"));
        assert_eq!(
            refused("a: 1\n---\nb: 2\n"),
            "f:2:1: the file holds several YAML documents; split the file at `---`"
        );
    }

    #[test]
    fn malformed_texts_name_the_place() {
        let json = "{\n  \"é\": 1,\n  \"b\" 1\n}";
        assert_eq!(refused(json), "f:3:7: not JSON: expected `:`");
        assert_eq!(
            refused("{\"a\": [1, 2"),
            "f:1:11: not JSON: EOF while parsing a list"
        );
        assert_eq!(
            refused("{openapi: 3.0.3, a: ]}"),
            "f:1:21: not YAML: did not find expected node content, while parsing a flow node"
        );
        assert_eq!(
            refused("é: 1\nb: c: d"),
            "f:2:5: not YAML: mapping values are not allowed in this context"
        );
        assert_eq!(refused("a: *b"), "f:1:4: not YAML: unknown anchor");
        assert_eq!(refused("? [a]\n: 1"), "f:1:3: a key is not a scalar");
    }

    #[test]
    fn repeated_keys_are_refused_as_text() {
        let help = "; keys are compared as text: `200` and `'200'` are one key";
        let yaml = "a:\n  200: x\n  '200': y\n  b: {c: 1, c: 2}\n";
        let lines = format!(
            "f:3:3: the key `200` is given twice (see also f#/a/200){help}\n\
             f:4:13: the key `c` is given twice (see also f#/a/b/c){help}"
        );
        assert_eq!(refused(yaml), lines);
        let json = "{\"a\": 1,\n \"b\\ud83d\\ude00\": 1, \"a\": 2}";
        let line = "f:2:22: the key `a` is given twice (see also f#/a)";
        assert_eq!(refused(json), format!("{line}{help}"));
    }

    #[test]
    fn what_json_cannot_say_is_refused() {
        let help = "remove the tag, or quote a value that begins with `!`";
        let tag = |at: &str, tag: &str| {
            format!("f#{at}: the YAML tag `{tag}` means nothing in JSON; {help}")
        };
        let text = "a: !x 1\nb: !!str 1\n!y c: 1\nd: [!<tag:z> {}]\n";
        let lines = [
            tag("/a", "!x"),
            tag("/b", "tag:yaml.org,2002:str"),
            tag("/c", "!y"),
            tag("/d/0", "tag:z"),
        ];
        assert_eq!(refused(text), lines.join("\n"));
        assert!(parse_document("f", "a: b !c\nd: '!e'\nf: a != b").is_ok());
        assert_eq!(
            refused("a: .nan\nb: [-.inf]"),
            "f#/a: a number must be finite\nf#/b/0: a number must be finite"
        );
        assert_eq!(
            refused("a: &x {b: 1}\nc: {<<: *x}"),
            "f#/c/<<: YAML merge keys are not supported; write the merged members out"
        );
    }

    #[test]
    fn numbers_without_a_type_are_kept_as_written() {
        let huge = "99999999999999999999999999999999999999999999";
        for number in [
            "18446744073709551616",
            "-9223372036854775809",
            "1e400",
            huge,
        ] {
            for text in [format!("a: [{number}]"), format!("{{\"a\": [{number}]}}")] {
                let root = parse_document("f", &text).unwrap().root;
                let read = root.get("a").unwrap().as_array().unwrap()[0].value.clone();
                assert_eq!(read, Value::Number(Number::Large(number.into())), "{text}");
            }
        }
        let text =
            format!("a: [18446744073709551615, -9223372036854775808, 1e300, '{huge}', '1e400']");
        let root = parse_document("f", &text).unwrap().root;
        let items = root.get("a").unwrap().as_array().unwrap();
        let kinds: Vec<_> = items.iter().map(Node::kind).collect();
        assert_eq!(
            kinds,
            ["a number", "a number", "a number", "a string", "a string"]
        );
    }

    #[test]
    fn errors_behind_a_refused_value_are_reported_too() {
        assert_eq!(refused("<<: {}\na: .nan\nb: [\n").lines().count(), 3);
    }

    #[test]
    fn bombs_and_deep_nesting_end_soon() {
        let bomb = "the alias refers to a node that contains it";
        assert_eq!(refused("a: &x [*x, *x]"), format!("f:1:8: {bomb}"));
        assert_eq!(refused("a: &x {b: &y {c: *x}}"), format!("f:1:18: {bomb}"));

        let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for level in 1..10 {
            let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
            laughs += &format!("a{level}: &a{level} [{aliases}]\n");
        }
        let quadratic = format!(
            "a: &a {}\nb: [{}]",
            "x".repeat(50_000),
            "*a,".repeat(50_000)
        );
        for text in [laughs, quadratic] {
            assert_eq!(
                refused(&text),
                "f: aliases repeat parts of the file too many times; \
                 write the parts out, or refer to them with `$ref`"
            );
        }

        for depth in [200, 10_000, 100_000] {
            let arrays = format!("{{\"a\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
            let objects = "{\"a\": ".repeat(depth);
            let texts = [
                arrays,
                format!("x: {objects}"),
                format!("x: {}", "[".repeat(depth)),
                format!("x:\n {}y", "- ".repeat(depth)),
                objects,
            ];
            for text in texts {
                let error = refused(&text);
                assert!(error.ends_with("nested deeper than 120 levels"), "{error}");
            }
            let keys = refused(&"? ".repeat(depth));
            assert_eq!(keys, "f:1:3: a key is not a scalar");
        }
    }
}
