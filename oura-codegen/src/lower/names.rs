//! Identifiers: the one place that makes them.
//!
//! Input: the document's spellings and the policy's conventions. Output: valid Rust
//! identifiers. Invariant: every [`Ident`] of the IR comes from here; what cannot become an
//! identifier, or would collide with another, is an error that names both places.

use std::collections::BTreeMap;

use heck::{ToSnakeCase, ToUpperCamelCase};

use crate::error::Error;
use crate::ir::Ident;
use crate::pointer::Origin;
use crate::policy::Policy;

/// The extension that names an item where the rules do not.
pub(super) const RUST_NAME: &str = "x-rust-name";

const RENAME: &str = "give it an `x-rust-name` in the overlay";

/// Type names that generated code uses unqualified, and those that it defines: `Document`,
/// `Resource`. It names all else by its path: `rt::Page`, `time::Date`. The names of variants and
/// functions (`Some`, `Ok`) are no types.
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
    "Self",
    "Send",
    "String",
    "T",
    "Vec",
];

/// Methods that every request has; a parameter of that name could not have a setter.
const RESERVED_SETTERS: &[&str] = &[
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
    "with_cookie",
    "with_decode",
    "with_header",
    "with_header_list",
    "with_json",
    "with_path",
    "with_path_value",
    "with_query",
    "with_query_list",
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
        name.to_owned()
    }

    /// `text` in UpperCamelCase, which may still be empty or begin with a digit.
    pub(super) fn upper_camel(self, text: &str) -> String {
        self.spelled(text).to_upper_camel_case()
    }

    /// `text` in snake_case, which may still be empty, a keyword or begin with a digit.
    pub(super) fn snake(self, text: &str) -> String {
        self.spelled(text).to_snake_case()
    }

    /// The name of an enum variant for a wire value.
    pub(super) fn variant(self, wire_name: &str) -> String {
        let name = self.upper_camel(&symbol_words(wire_name));
        match name.chars().next() {
            Some(first) if first.is_ascii_digit() => format!("Value{name}"),
            Some(_) => name,
            None if wire_name.is_empty() => "Empty".to_owned(),
            None => name,
        }
    }

    fn spelled(self, text: &str) -> String {
        let mut text = text.to_owned();
        for (from, to) in self.policy.spellings {
            text = text.replace(from, to);
        }
        text
    }
}

/// A type name, checked.
pub(super) fn type_ident(name: &str, at: &Origin) -> Result<Ident, Error> {
    if RESERVED_TYPES.contains(&name) {
        return Err(reserved(name, "a type", at));
    }
    // It could hide a module or a type of the language.
    if name.starts_with(char::is_lowercase) {
        let message =
            format!("`{name}` cannot be the name of a type: it begins with a small letter");
        return Err(Error::at(at, message).help(RENAME));
    }
    plain_ident(name, "a type", at)
}

/// Whether this can be the name of a type.
pub(super) fn is_type_ident(name: &str) -> bool {
    is_ident(name) && !RESERVED_TYPES.contains(&name) && !name.starts_with(char::is_lowercase)
}

/// A variant name, checked.
pub(super) fn variant_ident(name: &str, wire_name: &str, at: &Origin) -> Result<Ident, Error> {
    if matches!(name, "KNOWN" | "Self" | "Unrecognized") {
        return Err(reserved(name, "an enum variant", at).help(rename_value(wire_name)));
    }
    plain_ident(name, "an enum variant", at).map_err(|error| error.help(rename_value(wire_name)))
}

/// A field name, checked; keywords become raw identifiers.
pub(super) fn field_ident(name: &str, at: &Origin) -> Result<Ident, Error> {
    value_ident(name, "a field", at)
}

/// The name of an argument of a client method, checked.
pub(super) fn argument_ident(name: &str, at: &Origin) -> Result<Ident, Error> {
    value_ident(name, "a parameter", at)
}

/// A setter of a request, checked.
pub(super) fn setter_ident(name: &str, at: &Origin) -> Result<Ident, Error> {
    if RESERVED_SETTERS.contains(&name) {
        return Err(reserved(name, "a parameter", at));
    }
    value_ident(name, "a parameter", at)
}

/// A method of the client, checked.
pub(super) fn method_ident(name: &str, policy: &Policy, at: &Origin) -> Result<Ident, Error> {
    let is_view = policy.twin.is_some_and(|twin| twin.accessor == name);
    if is_view || RESERVED_METHODS.contains(&name) {
        return Err(reserved(name, "a client method", at));
    }
    value_ident(name, "a client method", at)
}

/// The module of a resource. Users do not see it, so that whatever the document calls the
/// resource, there is one.
pub(super) fn module_ident(name: &str, policy: &Policy) -> Ident {
    let is_view = policy.twin.is_some_and(|twin| twin.accessor == name);
    if is_view || RESERVED_MODULES.contains(&name) {
        return format!("{name}_routes");
    }
    if is_keyword(name) {
        return format!("r#{name}");
    }
    let valid = |c: char| if is_ident(&format!("_{c}")) { c } else { '_' };
    let name: String = name.chars().map(valid).collect();
    match is_ident(&name) {
        true => name,
        false => format!("_{name}"),
    }
}

/// The variant of `Route`, checked: a method may lose all that makes it an identifier.
pub(super) fn route_ident(name: &str, at: &Origin) -> Result<Ident, Error> {
    plain_ident(name, "a route", at)
}

/// Takes the name of an enum variant. Values have no place for an `x-rust-name` of their own.
pub(super) fn take_variant(
    scope: &mut Scope,
    ident: &str,
    wire_name: &str,
    at: &Origin,
) -> Result<(), Error> {
    let taken = scope.take(ident, wire_name, at);
    taken.map_err(|error| error.help(rename_value(wire_name)))
}

/// Names of one scope and where each was first used.
#[derive(Default)]
pub(super) struct Scope {
    taken: BTreeMap<Ident, (String, Origin)>,
}

impl Scope {
    /// Takes `ident` for what `wire_name` names, unless something else has it.
    pub(super) fn take(&mut self, ident: &str, wire_name: &str, at: &Origin) -> Result<(), Error> {
        match self.taken.get(ident) {
            None => {
                let owner = (wire_name.to_owned(), at.clone());
                self.taken.insert(ident.to_owned(), owner);
                Ok(())
            }
            Some((other, place)) => Err(Error::at(
                at,
                format!("`{wire_name}` and `{other}` both become `{ident}` in Rust"),
            )
            .other(place)
            .help(format!("give one of them an `{RUST_NAME}` in the overlay"))),
        }
    }
}

fn value_ident(name: &str, what: &str, at: &Origin) -> Result<Ident, Error> {
    match is_keyword(name) {
        true => Ok(format!("r#{name}")),
        false => plain_ident(name, what, at),
    }
}

fn plain_ident(name: &str, what: &str, at: &Origin) -> Result<Ident, Error> {
    if is_ident(name) {
        return Ok(name.to_owned());
    }
    let message = match name.chars().next() {
        None => format!("nothing of this can be in the name of {what} in Rust"),
        Some(first) => {
            let reason = match name {
                _ if first.is_numeric() => ": it begins with a digit",
                "self" | "super" | "crate" | "Self" => ": it is a keyword",
                _ => "",
            };
            format!("`{name}` cannot be the name of {what} in Rust{reason}")
        }
    };
    Err(Error::at(at, message).help(RENAME))
}

fn reserved(name: &str, what: &str, at: &Origin) -> Error {
    Error::at(
        at,
        format!("`{name}` cannot be the name of {what}: the generated code uses it already"),
    )
    .help(RENAME)
}

fn rename_value(wire_name: &str) -> String {
    format!("name it with `x-rust-names: {{\"{wire_name}\": SomeName}}` beside the `enum`")
}

/// Values such as `-1`, `<` or `a+b` differ in symbols only; words keep them apart.
fn symbol_words(wire_name: &str) -> String {
    let mut words = String::new();
    for (index, c) in wire_name.char_indices() {
        let word = match c {
            '+' => "plus",
            '<' => "less",
            '>' => "greater",
            '=' => "equal",
            '*' => "star",
            '%' => "percent",
            '&' => "and",
            '-' if index == 0 => "minus",
            _ => {
                words.push(c);
                continue;
            }
        };
        words.push(' ');
        words.push_str(word);
        words.push(' ');
    }
    words
}

/// Whether this is an identifier and nothing but one: a parser skips spaces and comments, and
/// `r#String` is `String` by another name.
fn is_ident(name: &str) -> bool {
    let parsed = syn::parse_str::<syn::Ident>(name);
    name != "_" && !name.starts_with("r#") && parsed.is_ok_and(|ident| ident == name)
}

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

/// Strips `suffix` where it is a word of its own and something is left.
fn strip_word_suffix<'n>(name: &'n str, suffix: &str) -> &'n str {
    match name.strip_suffix(suffix) {
        Some(rest) if !rest.is_empty() && suffix.starts_with(|c: char| c.is_uppercase()) => rest,
        _ => name,
    }
}
