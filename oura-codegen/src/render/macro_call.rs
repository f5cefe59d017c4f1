//! Calls of the runtime's macros, one entry a line.
//!
//! Input: entries as text, made of identifiers of the IR and of literals. Output: lines of code.
//! prettyplease cannot know what the tokens of a macro mean, and fills lines with them.

use proc_macro2::Literal;

/// The width of lines of code that can be broken.
const WIDTH: usize = 100;

/// An entry, in the parts between which a line may be broken.
pub(super) type Entry = Vec<String>;

/// A table of a type: `name!(Type { .. });`. Entries with commas inside end with a semicolon.
pub(super) fn table(
    name: &str,
    subject: &str,
    separator: char,
    entries: impl Iterator<Item = Entry>,
) -> String {
    let entries: String = entries.map(|entry| fill(&entry, separator)).collect();
    match entries.is_empty() {
        true => format!("{name}!({subject} {{}});\n"),
        false => format!("{name}!({subject} {{\n{entries}}});\n"),
    }
}

/// A list of arguments: `name!(One, Two);`
pub(super) fn list(name: &str, entries: impl IntoIterator<Item = Entry>) -> String {
    let entries: Vec<_> = entries.into_iter().collect();
    let texts: Vec<_> = entries.iter().map(|entry| entry.join(" ")).collect();
    let line = format!("{name}!({});\n", texts.join(", "));
    if line.len() <= WIDTH {
        return line;
    }
    let entries: String = entries.iter().map(|entry| fill(entry, ',')).collect();
    format!("{name}!(\n{entries});\n")
}

/// The lines of an entry: as many parts on each as there is room for.
fn fill(parts: &[String], separator: char) -> String {
    let mut text = String::new();
    let mut line = String::from("   ");
    for (index, part) in parts.iter().enumerate() {
        // The separator follows the part.
        if index > 0 && line.len() + 1 + part.len() >= WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = " ".repeat(7);
        }
        line.push(' ');
        line.push_str(part);
    }
    format!("{text}{line}{separator}\n")
}

/// A text as a literal.
pub(super) fn literal(text: &str) -> String {
    Literal::string(text).to_string()
}

/// Texts as literals, with commas between them.
pub(super) fn literals<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    let literals: Vec<_> = texts.into_iter().map(|text| literal(text)).collect();
    literals.join(", ")
}
