//! Examples: code that compiles, for each method, made from the types of its arguments.
//!
//! Input: [`ir::Operation`] and the types that it names. Output: a section of its docs.
//! Invariant: no text of the spec becomes code; values are identifiers of the IR,
//! and what cannot be made from its type in a few words is an argument of the hidden
//! function around the example.

use std::collections::BTreeSet;

use super::docs::Doc;
use super::file::plain;
use super::index::Index;
use super::ty;
use super::types::arguments;
use crate::ir::{self, BodyType, Type, TypeKind};

/// The crate that the code is part of.
const CRATE: &str = "oura_generated";

/// Lines longer than this are broken.
const WIDTH: usize = 80;

/// How many optional parameters an example sets.
const SETTERS: usize = 2;

/// How many values an example makes for structs and unions; what needs more becomes an argument.
const VALUES: usize = 24;

/// The example of a method.
pub(super) fn method(index: &Index<'_>, operation: &ir::Operation) -> Doc {
    let mut example = Example::new(index);
    let mut chain = example.call(operation);
    let is_cursor = |p: &ir::Parameter| operation.cursor_parameter.as_ref() == Some(&p.wire_name);
    let setters = operation
        .setters
        .iter()
        .filter(|p| !p.deprecated && !is_cursor(p));
    for parameter in setters.take(SETTERS) {
        let value = example.value(plain(&parameter.ident), &parameter.ty, Form::Into);
        chain.push(format!(".{}({value})", parameter.ident));
    }
    example.finish(operation, chain)
}

/// The example of a field selection.
pub(super) fn selection(
    index: &Index<'_>,
    operation: &ir::Operation,
    selection: &ir::Selection,
) -> Doc {
    let mut example = Example::new(index);
    let mut chain = example.call(operation);
    let name = &selection.field_enum;
    let fields = index.types.get(name.as_str()).map(|(_, def)| &def.kind);
    let Some(TypeKind::StringEnum(fields)) = fields else {
        return Doc::default();
    };
    let fields = fields.variants.iter().take(2);
    let fields: Vec<_> = fields
        .map(|field| format!("models::{name}::{}", field.ident))
        .collect();
    example.uses_models = true;
    chain.push(format!(
        ".{}([{}])",
        selection.parameter.ident,
        fields.join(", ")
    ));
    example.finish(operation, chain)
}

/// One example while it is made.
struct Example<'a> {
    index: &'a Index<'a>,
    /// Whether the code uses `models::`.
    uses_models: bool,
    /// Names that are taken.
    names: BTreeSet<String>,
    /// Arguments of the function around the example.
    arguments: Vec<String>,
    /// Lines in front of the call.
    lines: Vec<String>,
    /// The structs that are being made, outermost first.
    within: Vec<&'a str>,
    /// How many values of structs and unions may still be made.
    room: usize,
}

/// Which form a value must have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// An argument that converts itself.
    Into,
    /// The exact type.
    Exact,
}

impl<'a> Example<'a> {
    fn new(index: &'a Index<'a>) -> Self {
        Self {
            index,
            uses_models: false,
            names: ["client", "body", "page", "response"]
                .map(str::to_owned)
                .into(),
            arguments: Vec::new(),
            lines: Vec::new(),
            within: Vec::new(),
            room: VALUES,
        }
    }

    /// The call of a method with its arguments, as the first links of a chain.
    fn call(&mut self, operation: &'a ir::Operation) -> Vec<String> {
        let mut values = Vec::new();
        for parameter in &operation.arguments {
            values.push(self.value(plain(&parameter.ident), &parameter.ty, Form::Into));
        }
        if let Some(body) = operation.body.as_ref().filter(|body| body.required) {
            values.push(self.body(&body.body));
        }
        let twin = self.index.api.twin.as_ref().filter(|_| operation.is_twin);
        let view = twin.map(|twin| format!(".{}()", twin.accessor));
        let call = format!(".{}({})", operation.method, values.join(", "));
        ["client".to_owned()]
            .into_iter()
            .chain(view)
            .chain([call])
            .collect()
    }

    fn body(&mut self, body: &'a BodyType) -> String {
        match body {
            BodyType::Text(_) => "\"text\"".to_owned(),
            BodyType::Binary(_) => "\"bytes\"".to_owned(),
            BodyType::Json(ty) => {
                let value = self.value("body", ty, Form::Exact);
                self.lines.push(format!("let body = {value};"));
                "&body".to_owned()
            }
            BodyType::Empty | BodyType::Several(_) => "&()".to_owned(),
        }
    }

    /// An expression of type `ty`; `name` is what it is for.
    fn value(&mut self, name: &str, ty: &'a Type, form: Form) -> String {
        let is_exact = form == Form::Exact;
        match ty {
            Type::String if is_exact => format!("\"{name}\".to_owned()"),
            Type::String => format!("\"{name}\""),
            Type::Bool => "true".to_owned(),
            Type::I32 | Type::I64 | Type::U32 | Type::U64 if !is_exact => "1".to_owned(),
            Type::F32 | Type::F64 if !is_exact => "1.0".to_owned(),
            Type::I32 | Type::I64 | Type::U32 | Type::U64 => {
                format!("1_{}", ty::text(ty, &ty::USER))
            }
            Type::F32 | Type::F64 => format!("1.0_{}", ty::text(ty, &ty::USER)),
            Type::File if is_exact => format!("{CRATE}::File::new(\"{name}\")"),
            Type::File => format!("\"{name}\""),
            Type::Uuid => "uuid::Uuid::nil()".to_owned(),
            Type::Json => "serde_json::Value::Null".to_owned(),
            Type::Date => self.date(name),
            Type::DateTime | Type::UtcDateTime => self.bind(
                name,
                "time::OffsetDateTime::from_unix_timestamp(1_700_000_000)?",
            ),
            Type::DateOrDateTime if is_exact => {
                format!("{CRATE}::DateOrDateTime::from({})", self.date(name))
            }
            Type::DateOrDateTime => self.date(name),
            Type::List(item) => {
                let item = self.value(name, item, form);
                if is_exact {
                    format!("vec![{item}]")
                } else {
                    format!("[{item}]")
                }
            }
            Type::Map(value) => {
                let value = self.value(name, value, Form::Exact);
                format!("std::collections::BTreeMap::from([(\"key\".to_owned(), {value})])")
            }
            Type::Option(inner) => format!("Some({})", self.value(name, inner, Form::Exact)),
            Type::Boxed(inner) if is_exact => {
                format!("Box::new({})", self.value(name, inner, form))
            }
            Type::Boxed(inner) => self.value(name, inner, form),
            Type::Named(ident) => self.named(name, ident, ty),
            Type::Generic(..) | Type::Parameter => self.argument(name, ty),
        }
    }

    fn named(&mut self, name: &str, ident: &'a str, ty: &'a Type) -> String {
        let Some((_, def)) = self.index.types.get(ident) else {
            return self.argument(name, ty);
        };
        let value = match &def.kind {
            TypeKind::StringEnum(kind) => match kind.variants.first() {
                Some(variant) => format!("models::{ident}::{}", variant.ident),
                None => format!("models::{ident}::from(\"{name}\")"),
            },
            TypeKind::IntegerEnum(kind) => match kind.variants.first() {
                Some(variant) => format!("models::{ident}::{}", variant.ident),
                None => format!("models::{ident}::from(1)"),
            },
            TypeKind::Struct(kind)
                if kind.in_request && self.may_hold(ident, arguments(kind).count()) =>
            {
                self.within.push(ident);
                let fields = arguments(kind);
                let values =
                    fields.map(|field| self.value(plain(&field.ident), &field.ty, Form::Into));
                let values: Vec<_> = values.collect();
                self.within.pop();
                call(&format!("models::{ident}::new"), &values)
            }
            TypeKind::Union(kind) if !kind.variants.is_empty() && self.may_hold(ident, 1) => {
                self.within.push(ident);
                let variant = &kind.variants[0];
                let value = self.value(name, &variant.ty, Form::Exact);
                self.within.pop();
                call(&format!("models::{ident}::{}", variant.ident), &[value])
            }
            TypeKind::Struct(_) | TypeKind::Union(_) | TypeKind::Responses(_) => {
                return self.argument(name, ty);
            }
        };
        self.uses_models = true;
        value
    }

    /// Whether a type may be made that needs `values` more values and is not being made already.
    fn may_hold(&mut self, ident: &str, values: usize) -> bool {
        let room = self.room.checked_sub(values);
        let may = room.filter(|_| !self.within.contains(&ident));
        self.room = may.unwrap_or(self.room);
        may.is_some()
    }

    /// Each date is another day.
    fn date(&mut self, name: &str) -> String {
        let day = self.lines.len() % 28 + 1;
        let date = format!("time::Date::from_calendar_date(2024, time::Month::March, {day})?");
        self.bind(name, &date)
    }

    /// A line `let name = value;`, and its name.
    fn bind(&mut self, name: &str, value: &str) -> String {
        let name = self.unique(name);
        self.lines.push(format!("let {name} = {value};"));
        name
    }

    /// An argument of the function around the example.
    fn argument(&mut self, name: &str, ty: &Type) -> String {
        let name = self.unique(name);
        self.arguments
            .push(format!("{name}: {}", ty::text(ty, &ty::USER)));
        name
    }

    /// A name that is not taken and not a keyword.
    fn unique(&mut self, name: &str) -> String {
        let is_taken = |name: &String| self.names.contains(name);
        let name = match syn::parse_str::<syn::Ident>(name) {
            Ok(_) => name.to_owned(),
            Err(_) => format!("the_{name}"),
        };
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut candidates = std::iter::once(name.clone()).chain(numbered);
        let unique = candidates.find(|name| !is_taken(name)).unwrap_or(name);
        self.names.insert(unique.clone());
        unique
    }

    fn finish(self, operation: &ir::Operation, mut chain: Vec<String>) -> Doc {
        chain.extend([".send()".to_owned(), ".await?".to_owned()]);
        let target = match operation.success {
            BodyType::Empty => "",
            _ if operation.cursor_parameter.is_some() => "let page = ",
            _ => "let response = ",
        };
        let arguments: String = self.arguments.iter().map(|a| format!(", {a}")).collect();
        let result = "Result<(), Box<dyn std::error::Error>>";
        let mut lines = vec!["```no_run".to_owned()];
        lines.push(format!(
            "# async fn example(client: {CRATE}::Client{arguments}) -> {result} {{"
        ));
        if self.uses_models {
            lines.extend([format!("use {CRATE}::models;"), String::new()]);
        }
        let statements = self.lines.into_iter().chain([chain_text(target, &chain)]);
        lines.extend(statements.flat_map(|s| s.lines().map(str::to_owned).collect::<Vec<_>>()));
        lines.extend(["# Ok(())", "# }", "```"].map(str::to_owned));
        Doc::line("# Examples").markdown(lines)
    }
}

/// A call, on one line or with one line for each argument.
fn call(function: &str, arguments: &[String]) -> String {
    let line = format!("{function}({})", arguments.join(", "));
    if line.len() <= WIDTH && !line.contains('\n') {
        return line;
    }
    let arguments = arguments.iter().flat_map(|argument| {
        let argument = format!("{argument},");
        argument
            .lines()
            .map(|line| format!("    {line}\n"))
            .collect::<Vec<_>>()
    });
    format!("{function}(\n{})", arguments.collect::<String>())
}

/// A chain of calls, on one line or with one line for each call.
fn chain_text(target: &str, chain: &[String]) -> String {
    let line = format!("{target}{};", chain.concat());
    if line.len() <= WIDTH {
        return line;
    }
    format!("{target}{};", chain.join("\n    "))
}
