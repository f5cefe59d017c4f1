//! Identifiers: the one place that makes them.
//!
//! Input: the spec's spellings, the names that it gives by extensions, and the policy's
//! conventions. Output: valid Rust identifiers. Invariant: every [`Ident`] of the IR comes from
//! here. The rules make a valid name of any spelling; a name that an extension gives must be valid
//! already.

use heck::{ToSnakeCase, ToUpperCamelCase};

use crate::ir::Ident;
use crate::policy::Policy;

/// The extension that names an operation, a parameter, a component schema, a property or a
/// branch of a union.
pub(super) const RUST_NAME: &str = "x-rust-name";

/// The extension that names the type of a schema that is written in place.
pub(super) const RUST_TYPE: &str = "x-rust-type";

/// The extension that names the variants of an enum: an object from value to name.
pub(super) const RUST_NAMES: &str = "x-rust-names";

/// Words for symbols that distinguish names: values such as `-1`, `<` or `a+b`.
const TELLING_SYMBOLS: &[(char, &str)] = &[
    ('+', "plus"),
    ('<', "less"),
    ('>', "greater"),
    ('=', "equal"),
    ('*', "star"),
    ('%', "percent"),
    ('&', "and"),
];

/// Words for the other symbols, for names that are made of nothing else.
const SYMBOLS: &[(char, &str)] = &[
    (' ', "space"),
    ('!', "exclamation"),
    ('"', "quote"),
    ('#', "hash"),
    ('$', "dollar"),
    ('\'', "apostrophe"),
    (',', "comma"),
    ('-', "minus"),
    ('.', "dot"),
    ('/', "slash"),
    (':', "colon"),
    (';', "semicolon"),
    ('?', "question"),
    ('@', "at"),
    ('\\', "backslash"),
    ('^', "caret"),
    ('_', "underscore"),
    ('|', "bar"),
    ('~', "tilde"),
];

/// Type names that generated code uses unqualified, and those that it defines: `Document`,
/// `Resource`, `Scope`. It names all else by its path: `rt::Page`, `time::Date`. The names of
/// variants and functions (`Some`, `Ok`) are no types.
const RESERVED_TYPES: &[&str] = &[
    "AsRef",
    "Box",
    "Default",
    "Document",
    "From",
    "Into",
    "IntoIterator",
    "Option",
    "Resource",
    "Scope",
    "Send",
    "String",
    "T",
    "Vec",
];

/// Methods that every request has; a parameter of that name could not have a setter.
const RESERVED_SETTERS: &[&str] = &[
    "accepting",
    "body",
    "clone",
    "header",
    "hiding",
    "history",
    "into_call",
    "into_future",
    "new",
    "of_route",
    "pages",
    "pages_blocking",
    "query",
    "send",
    "send_blocking",
    "send_with_response",
    "send_with_response_blocking",
    "stream",
    "stream_blocking",
    "stream_json",
    "stream_of",
    "timeout",
    "total_timeout",
    "with_bytes",
    "with_content_type",
    "with_cookie",
    "with_cookie_list",
    "with_decode",
    "with_form",
    "with_header",
    "with_header_list",
    "with_header_text",
    "with_json",
    "with_multipart",
    "with_path",
    "with_path_list",
    "with_path_value",
    "with_query",
    "with_query_list",
    "with_query_object",
    "with_selection",
    "with_text",
    "with_wire",
];

/// Methods of the client that are not operations, and the field of a twin's view.
const RESERVED_METHODS: &[&str] = &[
    "builder",
    "client",
    "clone",
    "credentials",
    "fetch",
    "from_parts",
    "new",
    "raw",
    "settings",
    "sync",
    "with_access_token",
    "with_token_source",
];

/// Modules beside the resources, and what cannot be one even as a raw identifier.
const RESERVED_MODULES: &[&str] = &[
    "api",
    "crate",
    "documents",
    "mod",
    "models",
    "operations",
    "parameters",
    "self",
    "shared",
    "super",
];

/// What an identifier names: it decides the case, and which names are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Type,
    Variant,
    Field,
    /// A parameter that is an argument of the method.
    Argument,
    /// A parameter that is a setter of the request.
    Setter,
    /// An operation.
    Method,
}

impl Kind {
    fn noun(self) -> &'static str {
        match self {
            Self::Type => "a type",
            Self::Variant => "an enum variant",
            Self::Field => "a field",
            Self::Argument | Self::Setter => "a parameter",
            Self::Method => "a client method",
        }
    }

    /// The prefix of a name that begins with a digit, which no identifier may.
    fn prefix(self) -> &'static str {
        match self {
            Self::Type => "Type",
            Self::Variant => "Value",
            Self::Field => "field_",
            Self::Argument | Self::Setter => "parameter_",
            Self::Method => "call_",
        }
    }

    /// Whether the generated code uses the name already.
    fn is_taken(self, name: &str, policy: &Policy) -> bool {
        match self {
            Self::Type => RESERVED_TYPES.contains(&name),
            Self::Variant => matches!(name, "KNOWN" | "Unrecognized"),
            // The constructor of what requests hold.
            Self::Field => name == "new",
            Self::Argument => false,
            Self::Setter => RESERVED_SETTERS.contains(&name),
            Self::Method => {
                let is_view = policy.twin.is_some_and(|twin| twin.accessor == name);
                is_view || RESERVED_METHODS.contains(&name)
            }
        }
    }
}

/// Makes identifiers by the conventions of a policy.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    policy: &'a Policy,
}

impl<'a> Names<'a> {
    pub(super) fn new(policy: &'a Policy) -> Self {
        Self { policy }
    }

    /// The type name of a schema: the policy's words stripped, then UpperCamelCase.
    pub(super) fn schema_type(self, wire_name: &str) -> Ident {
        let camel = self.upper_camel(wire_name);
        let mut name = camel.as_str();
        for prefix in self.policy.type_prefixes {
            name = strip_word_prefix(name, prefix);
        }
        for suffix in self.policy.type_suffixes {
            name = strip_word_suffix(name, suffix);
        }
        self.ident(Kind::Type, name)
    }

    /// The type name of a schema that is written in place, inside the type `holder`.
    pub(super) fn inside(self, holder: &str, name: &str) -> String {
        format!("{}{}", unescaped(holder), self.upper_camel(name))
    }

    /// The name of an enum variant for a wire value.
    pub(super) fn variant(self, wire_name: &str) -> Ident {
        self.ident(Kind::Variant, &self.upper_camel(&symbol_words(wire_name)))
    }

    /// The name of a field or parameter.
    pub(super) fn value(self, kind: Kind, wire_name: &str) -> Ident {
        let name = self.snake(&symbol_words(wire_name));
        self.ident(kind, &name)
    }

    /// The setter that makes a field null.
    pub(super) fn null_setter(self, field: &str) -> Ident {
        self.ident(Kind::Field, &format!("{}_null", unescaped(field)))
    }

    /// The identifier of a name that has the case of its kind.
    pub(super) fn ident(self, kind: Kind, name: &str) -> Ident {
        let mut name: String = name.chars().filter(|c| is_name_char(*c)).collect();
        let is_small = kind == Kind::Type && name.starts_with(char::is_lowercase);
        if is_small || name.starts_with(|c: char| !is_ident(&format!("{c}x"))) {
            name.insert_str(0, kind.prefix());
        }
        if is_never_raw(&name) || kind.is_taken(&name, self.policy) {
            return name + "_";
        }
        raw_if_keyword(&name)
    }

    /// `text` in UpperCamelCase; the words of its symbols where it has nothing else.
    pub(super) fn upper_camel(self, text: &str) -> String {
        self.spelled(text).to_upper_camel_case()
    }

    /// `text` in `snake_case`; the words of its symbols where it has nothing else.
    pub(super) fn snake(self, text: &str) -> String {
        self.spelled(text).to_snake_case()
    }

    /// `text` in `snake_case`, of its letters and digits alone; it may have none.
    pub(super) fn words(self, text: &str) -> String {
        match has_name_char(text) {
            true => self.snake(text),
            false => String::new(),
        }
    }

    fn spelled(self, text: &str) -> String {
        if !has_name_char(text) {
            return spoken(text);
        }
        let mut text = text.to_owned();
        for (from, to) in self.policy.spellings {
            text = text.replace(from, to);
        }
        text
    }

    /// A given name, in the case that the compiler expects.
    fn cased(self, kind: Kind, name: &str) -> String {
        let has_capital = name.contains(char::is_uppercase);
        match kind {
            Kind::Field | Kind::Argument | Kind::Setter | Kind::Method if has_capital => {
                self.snake(name)
            }
            Kind::Variant if name.contains('_') || name.starts_with(char::is_lowercase) => {
                self.upper_camel(name)
            }
            Kind::Type
            | Kind::Variant
            | Kind::Field
            | Kind::Argument
            | Kind::Setter
            | Kind::Method => name.to_owned(),
        }
    }

    /// A name that the spec gives, when it can be the name of `kind`.
    pub(super) fn check(self, kind: Kind, name: &str) -> Result<Ident, String> {
        let noun = kind.noun();
        let cannot = format!("`{name}` cannot be the name of {noun}");
        if kind.is_taken(name, self.policy) {
            return Err(format!("{cannot}: the generated code uses it already"));
        }
        // It could hide a module or a type of the language.
        if kind == Kind::Type && name.starts_with(char::is_lowercase) {
            return Err(format!("{cannot}: it begins with a small letter"));
        }
        let is_raw = is_keyword(name) && !is_never_raw(name);
        if is_raw || is_ident(name) {
            return Ok(raw_if_keyword(&self.cased(kind, name)));
        }
        let reason = match name.chars().next() {
            None => ": it is empty",
            Some(first) if first.is_numeric() => ": it begins with a digit",
            Some(_) if is_never_raw(name) => ": it is a keyword",
            Some(_) => "",
        };
        Err(format!("{cannot} in Rust{reason}"))
    }
}

/// Whether this can be the name of a type.
pub(super) fn is_type_ident(name: &str) -> bool {
    is_ident(name) && !RESERVED_TYPES.contains(&name) && !name.starts_with(char::is_lowercase)
}

/// The module of a resource. Users do not see its name, so that any name of a resource gives one.
pub(super) fn module_ident(name: &str, policy: &Policy) -> Ident {
    let is_view = policy.twin.is_some_and(|twin| twin.accessor == name);
    if is_view || RESERVED_MODULES.contains(&name) {
        return format!("{name}_routes");
    }
    if is_keyword(name) {
        return format!("r#{name}");
    }
    let valid = |c: char| if is_name_char(c) { c } else { '_' };
    let name: String = name.chars().map(valid).collect();
    match is_ident(&name) {
        true => name,
        false => format!("_{name}"),
    }
}

/// How a spec can give a thing another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rename {
    /// By an extension of it: [`RUST_NAME`] or [`RUST_TYPE`].
    Extension(&'static str),
    /// By [`RUST_NAMES`] beside the `enum` that it is a value of.
    Value,
    /// As these words say.
    Otherwise(&'static str),
}

/// The identifier without what keeps it from being a keyword or a name that is taken.
pub(super) fn unescaped(ident: &str) -> &str {
    ident.trim_start_matches("r#").trim_end_matches('_')
}

/// Replaces symbols that distinguish names by words.
fn symbol_words(wire_name: &str) -> String {
    let mut words = String::new();
    for (index, c) in wire_name.char_indices() {
        let word = match c {
            '-' if index == 0 => Some("minus"),
            _ => word_of(TELLING_SYMBOLS, c),
        };
        match word {
            Some(word) => words.push_str(&format!(" {word} ")),
            None => words.push(c),
        }
    }
    words
}

/// A text without letters and digits, in words: the words of its symbols, else their code points.
fn spoken(text: &str) -> String {
    if text.is_empty() {
        return "empty".to_owned();
    }
    let words = text.chars().map(|c| {
        let word = word_of(TELLING_SYMBOLS, c).or_else(|| word_of(SYMBOLS, c));
        word.map_or_else(|| format!("u{:x}", u32::from(c)), str::to_owned)
    });
    words.collect::<Vec<_>>().join(" ")
}

fn word_of(symbols: &[(char, &'static str)], c: char) -> Option<&'static str> {
    let mut symbols = symbols.iter();
    symbols
        .find(|(symbol, _)| *symbol == c)
        .map(|(_, word)| *word)
}

/// Whether there is something in `text` that a name can be made of.
fn has_name_char(text: &str) -> bool {
    text.chars().any(|c| c.is_alphanumeric() && is_name_char(c))
}

fn is_name_char(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric() || (!c.is_ascii() && is_ident(&format!("_{c}")))
}

/// Keywords that are no identifiers even as raw ones.
fn is_never_raw(name: &str) -> bool {
    matches!(name, "self" | "Self" | "super" | "crate" | "_")
}

fn raw_if_keyword(name: &str) -> Ident {
    match is_keyword(name) {
        true => format!("r#{name}"),
        false => name.to_owned(),
    }
}

/// Whether this is an identifier and nothing but one: a parser skips spaces and comments, and
/// `r#String` is `String` by another name.
fn is_ident(name: &str) -> bool {
    let parsed = syn::parse_str::<syn::Ident>(name);
    let is_reserved = matches!(name, "_" | "gen") || name.starts_with("r#");
    !is_reserved && parsed.is_ok_and(|ident| ident == name)
}

/// Whether this is a keyword of edition 2024, reserved ones included; syn does not know `gen`.
fn is_keyword(name: &str) -> bool {
    let raw = syn::parse_str::<syn::Ident>(&format!("r#{name}"));
    !is_ident(name) && raw.is_ok_and(|ident| ident == format!("r#{name}"))
}

/// Strips `prefix` where a word ends behind it and something is left.
fn strip_word_prefix<'n>(name: &'n str, prefix: &str) -> &'n str {
    match name.strip_prefix(prefix) {
        Some(rest) if rest.starts_with(|c: char| c.is_uppercase()) => rest,
        _ => name,
    }
}

/// Strips `suffix` where it is a separate word and something is left.
fn strip_word_suffix<'n>(name: &'n str, suffix: &str) -> &'n str {
    match name.strip_suffix(suffix) {
        Some(rest) if !rest.is_empty() && suffix.starts_with(|c: char| c.is_uppercase()) => rest,
        _ => name,
    }
}
