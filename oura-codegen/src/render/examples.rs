//! `examples.json` and `examples.rs`: a made-up value of each struct, for tests.
//!
//! Input: the structs of the IR. Output: their JSON by their names, and the table that gives
//! each of them `example()`. Invariant: what is printed for a struct decodes as that struct.
//! Generic structs have no example, nor does a struct whose smallest value is infinite or too
//! large: the size of all examples grows no faster than the spec.

use super::file::{File, file, json_file};
use super::index::Index;
use super::macro_call;
use super::types::setters;
use crate::document::{Members, Node};
use crate::ir::{self, SeriesValues, Type, TypeKind};

/// How many steps it may take to make an example, not counting those for the struct's own fields.
const STEPS: usize = 1_000;

/// How deep values nest: readers of JSON have a limit, which is 128 for `serde_json`.
const DEPTH: usize = 100;

/// Limits for the nesting of types within which optional fields are filled in: the first limit
/// with which the example is not too large is used.
const FILLED: [usize; 3] = [4, 1, 0];

/// `examples.json`.
pub(super) fn value_file(index: &Index<'_>) -> File {
    let examples = examples(index).into_iter();
    let members = examples.map(|(name, value)| (name.to_owned(), value));
    json_file("examples", members.collect())
}

/// `examples.rs`.
pub(super) fn table_file(index: &Index<'_>) -> File {
    let names = examples(index).into_iter();
    let names = names.map(|(name, _)| vec![name.to_owned()]);
    let docs = "//! An example of each model.\n";
    let table = macro_call::list("crate::runtime::macros::examples", names);
    file("examples", docs, [], vec![table])
}

/// The structs that have an example, by their names.
fn examples<'a>(index: &'a Index<'a>) -> Vec<(&'a str, Node)> {
    let examples = index.types.iter().filter_map(|(name, (_, def))| {
        let kind = def.kind.as_struct()?;
        // There is a setter of that name already.
        let is_taken = setters(kind).any(|field| field.ident == "example");
        let is_possible = !kind.generic && !is_taken;
        let value = is_possible.then(|| example(index, name, kind))?;
        Some((*name, value?))
    });
    examples.collect()
}

/// An example with as many of the fields that may be missing as it has room for.
fn example<'a>(index: &'a Index<'a>, name: &'a str, kind: &ir::Struct) -> Option<Node> {
    FILLED.into_iter().find_map(|filled| {
        let mut example = Example {
            index,
            within: Vec::new(),
            filled,
            depth: 0,
            steps: STEPS + 2 * kind.fields.len(),
        };
        let value = example.named(name, name, None);
        value.filter(|_| example.steps > 0)
    })
}

/// One example while it is made.
struct Example<'a> {
    index: &'a Index<'a>,
    /// The types that are being made, outermost first.
    within: Vec<&'a str>,
    /// How many types may be around an optional field that is filled in.
    filled: usize,
    /// How many values are around the current one.
    depth: usize,
    /// How many steps are left.
    steps: usize,
}

impl<'a> Example<'a> {
    /// A value of type `ty` for the property `name`; `None` where it would be infinite, too deep or
    /// too large. `argument` is the type that `T` is.
    fn value(&mut self, name: &str, ty: &'a Type, argument: Option<&'a Type>) -> Option<Node> {
        self.step()?;
        if self.depth == DEPTH {
            return None;
        }
        self.depth += 1;
        let value = self.shallow_value(name, ty, argument);
        self.depth -= 1;
        value
    }

    fn step(&mut self) -> Option<()> {
        self.steps = self.steps.checked_sub(1)?;
        Some(())
    }

    fn shallow_value(
        &mut self,
        name: &str,
        ty: &'a Type,
        argument: Option<&'a Type>,
    ) -> Option<Node> {
        Some(match ty {
            Type::String => name.replace('_', " ").into(),
            Type::Bool => true.into(),
            Type::I32 | Type::I64 | Type::U32 | Type::U64 => 1_i64.into(),
            Type::F32 | Type::F64 => 1.5.into(),
            Type::Date | Type::DateOrDateTime => "2025-03-01".into(),
            Type::DateTime | Type::UtcDateTime => moment(name),
            Type::File => "text".into(),
            Type::Uuid => "00000000-0000-4000-8000-000000000001".into(),
            Type::Json => Members::default().into(),
            Type::Named(ident) => return self.named(ident, name, None),
            Type::Generic(ident, inner) => return self.named(ident, name, Some(inner)),
            Type::Parameter => return self.value(name, argument?, None),
            Type::List(item) => {
                let item = self.value(name, item, argument);
                item.into_iter().collect::<Vec<_>>().into()
            }
            Type::Map(value) => {
                let value = self.value(name, value, argument);
                let members = value.map(|value| ("key".to_owned(), value));
                members.into_iter().collect::<Members>().into()
            }
            Type::Option(inner) | Type::Boxed(inner) => return self.value(name, inner, argument),
        })
    }

    fn named(&mut self, ident: &'a str, name: &str, argument: Option<&'a Type>) -> Option<Node> {
        let (_, def) = self.index.types.get(ident)?;
        if self.within.contains(&ident) {
            return None;
        }
        self.within.push(ident);
        let value = match &def.kind {
            TypeKind::Struct(kind) => self.object(kind, argument),
            TypeKind::StringEnum(kind) => {
                let first = kind.variants.first().map(|variant| &*variant.wire_name);
                Some(first.unwrap_or(name).into())
            }
            TypeKind::IntegerEnum(kind) => {
                let first = kind.variants.first().map(|variant| variant.value);
                Some(first.unwrap_or(1).into())
            }
            TypeKind::Union(kind) => {
                let mut variants = kind.variants.iter();
                variants.find_map(|variant| self.variant(kind, variant, name))
            }
            // Each status has another body; no struct holds them.
            TypeKind::Responses(_) => None,
        };
        self.within.pop();
        value
    }

    fn object(&mut self, kind: &'a ir::Struct, argument: Option<&'a Type>) -> Option<Node> {
        let mut members = Members::default();
        let is_filled = self.within.len() <= self.filled;
        for field in &kind.fields {
            self.step()?;
            let may_be_missing = matches!(field.ty, Type::Option(_));
            let value = match self.codes(kind, field) {
                _ if may_be_missing && !is_filled => None,
                Some(codes) => Some(codes),
                None => self.value(&field.wire_name, &field.ty, argument),
            };
            let value = match value {
                None if !may_be_missing => return None,
                None if field.required => Node::default(),
                None => continue,
                Some(value) => value,
            };
            members.insert(field.wire_name.clone(), value);
        }
        Some(members.into())
    }

    /// Every code of a text of codes, so that the example has a point for each.
    fn codes(&self, kind: &ir::Struct, field: &ir::Field) -> Option<Node> {
        let ty = kind.series.iter().find_map(|series| match &series.values {
            SeriesValues::Codes { text, ty, .. } if *text == field.ident => Some(ty),
            SeriesValues::Codes { .. } | SeriesValues::Items { .. } => None,
        });
        let Type::Named(name) = ty? else {
            return None;
        };
        let (_, def) = self.index.types.get(name.as_str())?;
        let TypeKind::StringEnum(codes) = &def.kind else {
            return None;
        };
        let codes = codes.variants.iter().map(|code| &*code.wire_name);
        Some(codes.collect::<String>().into())
    }

    /// A value of a variant, with the property that names the variant.
    fn variant(
        &mut self,
        kind: &'a ir::Union,
        variant: &'a ir::UnionVariant,
        name: &str,
    ) -> Option<Node> {
        let mut value = self.value(name, &variant.ty, None)?;
        let tag = kind.discriminator.as_ref().zip(variant.tags.first());
        if let (Some((key, tag)), Some(members)) = (tag, value.as_object_mut()) {
            members.shift_insert(0, key.clone(), tag.as_str().into());
        }
        Some(value)
    }
}

/// A moment; ends are after starts.
fn moment(name: &str) -> Node {
    let hour = if name.contains("end") { 8 } else { 7 };
    format!("2025-03-01T0{hour}:00:00+02:00").into()
}
