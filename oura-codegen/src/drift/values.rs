//! Which values a place holds, and whether all of them are among those of another.
//!
//! Input: the facts of a place. Output: a [`Shape`], and whether one is within another. Bounds
//! are kinds of their own and take no part; nor do the values of enums, where these are open.

use std::collections::BTreeSet;

use super::sides::Indexed;
use crate::facts::{Fact, Topic};

/// What values look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Anything.
    Any,
    /// A scalar of a type and a format, or one of the named values.
    Scalar {
        ty: String,
        format: Option<String>,
        values: Option<BTreeSet<String>>,
    },
    /// A list.
    List(Box<Shape>),
    /// An object that is used as a map.
    Map(Box<Shape>),
    /// An object, by the name of what describes it and what that says.
    Object(String, Vec<Look>),
    /// One of several.
    Union(Vec<Shape>),
}

/// The shape of what a subject describes.
pub(super) fn shape_of(side: &Indexed<'_>, name: &str) -> Shape {
    shape_below(side, name, 0)
}

/// One thing that is said of what a value looks like.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Look {
    /// The place in the value: `.day`, `[]`; empty for the value itself.
    pub(super) place: String,
    pub(super) aspect: String,
    pub(super) value: String,
}

impl Shape {
    /// Whether each value of this shape is one of the other. What reads enums takes any text;
    /// what is sent is one of the named values.
    pub(super) fn is_within(&self, other: &Self, enums_are_open: bool) -> bool {
        match (self, other) {
            (_, Self::Any) => true,
            (Self::Union(branches), _) => {
                let mut branches = branches.iter();
                branches.all(|branch| branch.is_within(other, enums_are_open))
            }
            (_, Self::Union(branches)) => {
                let mut branches = branches.iter();
                branches.any(|branch| self.is_within(branch, enums_are_open))
            }
            (Self::List(one), Self::List(other)) | (Self::Map(one), Self::Map(other)) => {
                one.is_within(other, enums_are_open)
            }
            (Self::Object(one, says), Self::Object(other, wanted)) => {
                one == other || says == wanted
            }
            (Self::Object(..), Self::Map(other)) => **other == Self::Any,
            (
                Self::Scalar {
                    ty: one,
                    format,
                    values,
                },
                Self::Scalar {
                    ty: other,
                    format: wanted,
                    values: allowed,
                },
            ) => {
                let is_named = match (values, allowed) {
                    (_, Some(_)) if enums_are_open => true,
                    (Some(values), Some(allowed)) => values.is_subset(allowed),
                    (None, Some(_)) => false,
                    (_, None) => true,
                };
                is_named && type_is_within(one, other) && format_is_within(format, wanted)
            }
            _ => false,
        }
    }
}

fn type_is_within(one: &str, other: &str) -> bool {
    one == other || (one == "integer" && other == "number")
}

fn format_is_within(one: &Option<String>, other: &Option<String>) -> bool {
    let wide = |format: &Option<String>| {
        let format = format.as_deref();
        // These say what is so without them.
        format
            .filter(|format| !matches!(*format, "int64" | "double"))
            .map(str::to_owned)
    };
    match (wide(one), wide(other)) {
        (_, None) => true,
        (one, other) => one == other,
    }
}

fn shape_below(side: &Indexed<'_>, name: &str, depth: usize) -> Shape {
    // Aliases cannot contain themselves, types are not looked into; the bound is for
    // certainty.
    if depth > 32 {
        return Shape::Any;
    }
    let facts = side.facts_of(name);
    let branches: Vec<&Fact> = facts
        .iter()
        .filter(|fact| matches!(fact.topic, Topic::Branch(_)))
        .collect();
    if !branches.is_empty() {
        let branches = branches.into_iter();
        return Shape::Union(
            branches
                .map(|fact| branch_shape(side, name, fact, depth))
                .collect(),
        );
    }
    let Some(ty) = facts.iter().find(|fact| fact.key.aspect == "type") else {
        return Shape::Any;
    };
    if let Topic::Reference(key) = &ty.topic {
        return referred(side, key, depth);
    }
    let format = facts.iter().find(|fact| fact.topic == Topic::Format);
    match ty.value.as_str() {
        "array" => Shape::List(Box::new(shape_below(side, &format!("{name}[]"), depth + 1))),
        "object" => object_shape(side, name, depth),
        ty => Shape::Scalar {
            ty: ty.to_owned(),
            format: format.map(|fact| fact.value.clone()),
            values: values(facts),
        },
    }
}

fn branch_shape(side: &Indexed<'_>, name: &str, fact: &Fact, depth: usize) -> Shape {
    if let Topic::Branch(Some(key)) = &fact.topic {
        return referred(side, key, depth);
    }
    let label = fact.object();
    let inside = format!("{name}|{label}");
    if side
        .facts_of(&inside)
        .iter()
        .any(|fact| fact.key.aspect == "type")
    {
        return shape_below(side, &inside, depth + 1);
    }
    let (ty, format) = match label.split_once('(') {
        Some((ty, format)) => (ty, Some(format.trim_end_matches(')').to_owned())),
        None => (label, None),
    };
    match ty {
        "any" => Shape::Any,
        "object" | "array" => object(side, &inside),
        ty => Shape::Scalar {
            ty: ty.to_owned(),
            format,
            values: values(side.facts_of(&inside)),
        },
    }
}

fn referred(side: &Indexed<'_>, key: &str, depth: usize) -> Shape {
    match side.schemas.get(key) {
        Some(subject) => match shape_below(side, &subject.name, depth + 1) {
            // An instance says nothing of its own.
            Shape::Any => object(side, &subject.name),
            shape => shape,
        },
        None => Shape::Any,
    }
}

fn object_shape(side: &Indexed<'_>, name: &str, depth: usize) -> Shape {
    let values = format!("{name}{{}}");
    let facts = &side.lowered.facts;
    let property = format!("{name}.");
    let start = facts.partition_point(|fact| fact.key.subject < property);
    let has_properties = facts
        .get(start)
        .is_some_and(|fact| fact.key.subject.starts_with(&property));
    match has_properties {
        true => object(side, name),
        false => Shape::Map(Box::new(shape_below(side, &values, depth + 1))),
    }
}

/// The values that an enum names; `None` where it is none.
fn values(facts: &[Fact]) -> Option<BTreeSet<String>> {
    let values = facts.iter().filter(|fact| fact.topic == Topic::Value);
    let values: BTreeSet<String> = values.map(|fact| fact.object().to_owned()).collect();
    (!values.is_empty()).then_some(values)
}

/// An object with all that is said of it.
fn object(side: &Indexed<'_>, name: &str) -> Shape {
    Shape::Object(name.to_owned(), looks(side, name))
}

/// What is said of how a thing looks, whatever it is called.
pub(super) fn looks(side: &Indexed<'_>, name: &str) -> Vec<Look> {
    let facts = &side.lowered.facts;
    let start = facts.partition_point(|fact| fact.key.subject.as_str() < name);
    let below = facts[start..].iter().map_while(|fact| {
        let suffix = fact.key.subject.strip_prefix(name)?;
        Some((fact, suffix))
    });
    let is_part = |suffix: &str| suffix.starts_with(['.', '[', '{', '|']);
    below
        .filter(|(fact, suffix)| {
            use Topic::{Extension, Key, Prose, RustName};
            match suffix.is_empty() {
                // The rest is about the place, not about what is there.
                true => fact.topic.is_of_type(),
                false => {
                    let is_name = matches!(fact.topic, Key | Prose | Extension | RustName);
                    is_part(suffix) && !is_name
                }
            }
        })
        .map(|(fact, suffix)| Look {
            place: suffix.to_owned(),
            aspect: fact.key.aspect.clone(),
            value: fact.value.clone(),
        })
        .collect()
}
