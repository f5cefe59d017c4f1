//! Series: values at regular intervals, by the marks of an overlay.
//!
//! Input: `x-rust-series` on an object, `x-rust-codes` on a string property. Output: a method
//! for each, and the open enums of the codes. Invariant: each mark becomes a method, or is an
//! error at its place.

use std::collections::{BTreeMap, BTreeSet};

use super::claims::{Claim, Scope};
use super::components::Class;
use super::names::{self, Kind, Rename};
use super::types::TypeLowering;
use crate::document::{Node, Value};
use crate::error::Error;
use crate::ir::{
    Docs, Field, Ident, Series, SeriesValues, StringEnum, StringVariant, Type, TypeDef, TypeKind,
};
use crate::pointer::Pointer;

/// The extension of an object whose values lie at regular intervals.
pub(super) const RUST_SERIES: &str = "x-rust-series";

/// The extension of a string property whose characters are codes at regular intervals.
pub(super) const RUST_CODES: &str = "x-rust-codes";

/// An object with marks: its name, its fields, and the places of its properties.
pub(super) struct MarkedObject<'m> {
    pub(super) ident: &'m str,
    pub(super) fields: &'m [Field],
    pub(super) properties: Vec<(&'m str, &'m Pointer)>,
}

impl<'a> TypeLowering<'_, 'a> {
    /// The series of an object: `places` are those of the schemas that it is made of.
    pub(super) fn lower_series(
        &mut self,
        places: &[Pointer],
        object: &MarkedObject<'_>,
    ) -> Vec<Series> {
        let mut series = Vec::new();
        let at = places.iter().map(|place| place.key(RUST_SERIES));
        let marks: Vec<_> = at.filter(|at| self.cx.node(at).is_some()).collect();
        for (index, at) in marks.iter().enumerate() {
            self.marks.insert(at.to_string());
            if index > 0 {
                let message = "the schemas that this object is made of have several series";
                self.cx.report(at, message, "keep one of them");
                continue;
            }
            series.extend(self.lower_items(at, object));
        }
        for (wire_name, place) in &object.properties {
            let at = place.key(RUST_CODES);
            if self.cx.node(&at).is_some() {
                series.extend(self.lower_codes(&at, wire_name, object));
                self.marks.insert(at.to_string());
            }
        }
        series
    }

    fn lower_items(&mut self, at: &Pointer, object: &MarkedObject<'_>) -> Option<Series> {
        let start = self.marked_field(at, "start", object, "a timestamp", is_moment);
        let every = self.marked_field(at, "every", object, "a number", is_number);
        let items = self.marked_field(at, "items", object, "a list of numbers", is_numbers);
        Some(Series {
            method: "points".to_owned(),
            start: start?,
            values: SeriesValues::Items {
                every: every?,
                items: items?,
            },
        })
    }

    fn lower_codes(
        &mut self,
        at: &Pointer,
        wire_name: &str,
        object: &MarkedObject<'_>,
    ) -> Option<Series> {
        let start = self.marked_field(at, "start", object, "a timestamp", is_moment);
        let every = self.cx.node(&at.key("every"));
        let every = every.and_then(|node| node.to_json_value().as_f64());
        let every = every.filter(|every| *every > 0.0);
        if every.is_none() {
            let help = "set the number of seconds";
            let at = at.key("every");
            self.cx.report(&at, "the interval must be above zero", help);
        }
        let ty = self.code_type(at, &format!("{}.{wire_name}", object.ident));
        // An error of the property itself has been reported already.
        let field = object
            .fields
            .iter()
            .find(|field| field.wire_name == wire_name)?;
        if *field.ty.without_option() != Type::String {
            let message = format!("`{wire_name}` has codes, but is not a string");
            return self.cx.refuse(at, message, "remove the mark");
        }
        Some(Series {
            method: format!("{}_points", names::unescaped(&field.ident)),
            start: start?,
            values: SeriesValues::Codes {
                text: field.ident.clone(),
                every: every?,
                ty: Type::Named(ty?),
            },
        })
    }

    /// The field that a member of a mark names, when it has the right type.
    fn marked_field(
        &mut self,
        at: &Pointer,
        member: &str,
        object: &MarkedObject<'_>,
        wanted: &str,
        is_wanted: fn(&Type) -> bool,
    ) -> Option<Ident> {
        let at = at.key(member);
        let wire_name = self.cx.node(&at)?.as_str()?;
        let mut properties = object.properties.iter();
        let mut fields = object.fields.iter();
        let message = match fields.find(|field| field.wire_name == wire_name) {
            Some(field) if is_wanted(field.ty.without_option()) => {
                return Some(field.ident.clone());
            }
            Some(_) => format!("`{wire_name}` is not {wanted}"),
            // An error of the property has been reported already.
            None if properties.any(|(known, _)| *known == wire_name) => return None,
            None => format!("the object has no property `{wire_name}`"),
        };
        let help = format!("name a property of the same object that is {wanted}");
        self.cx.refuse(&at, message, help)
    }

    /// The open enum of the codes. Several properties may have the same one.
    fn code_type(&mut self, at: &Pointer, property: &str) -> Option<Ident> {
        let place = self.cx.origin(&at.key("name"));
        let name = self.cx.node(&at.key("name"))?.as_str()?;
        let ident = self.cx.checked_ident(Kind::Type, name, &place);
        let variants = self.code_variants(&at.key("codes"));
        let (ident, variants) = (ident?, variants?);
        let kind = TypeKind::StringEnum(StringEnum { variants });
        if let Some((known, first)) = self.code_types.get(&ident) {
            if *known != kind {
                let message = format!("another property gives `{ident}` other codes");
                let error = Error::at(&self.cx.origin(at), message).other(first);
                self.cx.push(error.help("give one of them another name"));
            }
            return Some(ident);
        }
        let claim = Claim {
            ident,
            wire_name: &format!("the codes of {property}"),
            at: &place,
            rename: Rename::Otherwise("choose another name"),
        };
        let ident = self.claim(claim);
        let definition = TypeDef {
            ident: ident.clone(),
            docs: Docs::sentence(format!("What a character of `{property}` means.")),
            deprecated: false,
            origin: self.cx.origin(at),
            kind: kind.clone(),
        };
        self.add(definition);
        self.code_types.insert(ident.clone(), (kind, place));
        Some(ident)
    }

    fn code_variants(&mut self, at: &Pointer) -> Option<Vec<StringVariant>> {
        let codes = self.cx.node(at)?.as_object()?;
        if codes.is_empty() {
            let help = "name each character that occurs";
            self.cx.report(at, "there are no codes", help);
        }
        let mut scope = Scope::default();
        let mut variants = Vec::new();
        // The order of members has no meaning.
        let codes: BTreeMap<&String, &Node> = codes.iter().collect();
        for (code, name) in codes {
            let place = name.origin.clone();
            if code.chars().count() != 1 {
                let error = Error::at(&place, format!("`{code}` is not one character"));
                self.cx
                    .push(error.help("a code is one character of the text"));
                continue;
            }
            let name = name.as_str().unwrap_or_default();
            let claim = Claim {
                ident: self.cx.names.variant(name),
                wire_name: code,
                at: &place,
                rename: Rename::Otherwise("give each code another name"),
            };
            variants.push(StringVariant {
                wire_name: code.clone(),
                ident: scope.claim(self.cx, claim),
                docs: Docs::sentence(format!("`{code}`.")),
            });
        }
        Some(variants)
    }

    /// Reports marks without an effect: those of what is no object with a type, or no property of
    /// one.
    pub(super) fn check_marks(&mut self) {
        let mut found = Vec::new();
        find_marks(&self.cx.document.root, &Pointer::root(), &mut found);
        let instances = self.components.values();
        let instances = instances.filter(|one| matches!(one.class, Class::Instance { .. }));
        // Only one instance of a generic type is lowered.
        let instances: BTreeSet<String> = instances.map(|one| format!("{}/", one.at)).collect();
        for at in found {
            let place = at.to_string();
            let is_of_instance = instances.iter().any(|one| place.starts_with(one));
            if is_of_instance || self.marks.contains(&place) {
                continue;
            }
            let is_series = place.ends_with(RUST_SERIES);
            let (mark, wanted) = match is_series {
                true => (RUST_SERIES, "an object that becomes a struct"),
                false => (RUST_CODES, "a property of an object that becomes a struct"),
            };
            let message = format!("`{mark}` has no effect here");
            self.cx.report(&at, message, format!("put it on {wanted}"));
        }
    }
}

/// Finds the places of all marks. Data, such as an example, has none.
fn find_marks(node: &Node, at: &Pointer, found: &mut Vec<Pointer>) {
    const DATA: &[&str] = &["default", "enum", "example", "examples", "x-codeSamples"];
    match &node.value {
        Value::Object(members) => {
            for (key, member) in members {
                let at = at.key(key.as_str());
                match key.as_str() {
                    RUST_SERIES | RUST_CODES => found.push(at),
                    key if DATA.contains(&key) => {}
                    _ => find_marks(member, &at, found),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_marks(item, &at.index(index), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_moment(ty: &Type) -> bool {
    matches!(ty, Type::DateTime | Type::UtcDateTime)
}

fn is_number(ty: &Type) -> bool {
    use Type::{F32, F64, I32, I64, U32, U64};
    matches!(ty, F32 | F64 | I32 | I64 | U32 | U64)
}

fn is_numbers(ty: &Type) -> bool {
    matches!(ty, Type::List(item) if is_number(item.without_option()))
}
