//! Which values a place holds, and whether all of them are among those of another.
//!
//! Input: the facts of a place. Output: a [`Shape`], and whether one is within another. Bounds
//! have separate kinds of changes and do not count; nor do the values of enums that are open.

use std::collections::BTreeSet;

use super::sides::Indexed;
use crate::facts::{Branch, Fact, SubjectKind, Topic};

/// What values look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Anything.
    Any,
    /// A shape that is not examined, by its name.
    Unknown(String),
    /// A scalar of a type and a format, or one of the named values.
    Scalar(Scalar),
    /// A list.
    List(Box<Shape>),
    /// An object that is used as a map.
    Map(Box<Shape>),
    /// An object, by the name of its schema and what the schema says.
    Object(String, BTreeSet<ShapeFact>),
    /// One of several.
    Union(Vec<Shape>),
}

/// A scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scalar {
    ty: String,
    format: Option<String>,
    /// The values of an enum.
    values: Option<BTreeSet<String>>,
}

/// How many places a shape is made of. Unions of unions have as many as a tree has leaves, and
/// a list may hold itself.
const PLACES: usize = 256;

/// The shape of what a subject describes.
pub(super) fn shape_of(side: &Indexed<'_>, name: &str) -> Shape {
    let mut shapes = Shapes { side, left: PLACES };
    shapes.shape(name)
}

/// One statement about the shape of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ShapeFact {
    /// The path within the value; empty for the value itself.
    pub(super) path: Vec<SubjectKind>,
    pub(super) aspect: String,
    pub(super) value: String,
}

impl Shape {
    /// Whether each value of this shape is one of the other. What reads enums takes any text;
    /// what is sent is one of the named values.
    pub(super) fn is_within(&self, other: &Self, enums_are_open: bool) -> bool {
        match (self, other) {
            (_, Self::Any) => true,
            (Self::Unknown(one), Self::Unknown(other)) => one == other,
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
            (Self::Scalar(one), Self::Scalar(other)) => one.is_within(other, enums_are_open),
            _ => false,
        }
    }
}

impl Scalar {
    fn is_within(&self, other: &Self, enums_are_open: bool) -> bool {
        let is_named = match (&self.values, &other.values) {
            (_, Some(_)) if enums_are_open => true,
            (Some(values), Some(allowed)) => values.is_subset(allowed),
            (None, Some(_)) => false,
            (_, None) => true,
        };
        let is_of_type = self.ty == other.ty || (self.ty == "integer" && other.ty == "number");
        // These formats are implied by the type.
        let is_narrow = |format: &String| !matches!(format.as_str(), "int64" | "double");
        let format = |one: &Self| one.format.clone().filter(is_narrow);
        is_named && is_of_type && (format(other).is_none() || format(self) == format(other))
    }
}

/// Makes a shape of a limited size.
struct Shapes<'s, 'a> {
    side: &'s Indexed<'a>,
    /// How many more places may be visited.
    left: usize,
}

impl Shapes<'_, '_> {
    fn shape(&mut self, name: &str) -> Shape {
        let Some(left) = self.left.checked_sub(1) else {
            return Shape::Unknown(name.to_owned());
        };
        self.left = left;
        let side = self.side;
        let facts = side.facts_of(name);
        let branches: Vec<&Fact> = facts
            .iter()
            .filter(|fact| matches!(fact.topic, Topic::Branch(_)))
            .collect();
        if !branches.is_empty() {
            let branches = branches.into_iter();
            let shapes = branches.map(|fact| self.branch(name, fact));
            return Shape::Union(shapes.collect());
        }
        let Some(ty) = side.find(name, |fact| fact.key.aspect == "type") else {
            return Shape::Any;
        };
        if let Topic::Reference(key) = &ty.topic {
            return self.referred(key);
        }
        let format = side.find(name, |fact| fact.topic == Topic::Format);
        match ty.value.as_str() {
            "array" => Shape::List(Box::new(self.shape(&SubjectKind::Items.name_in(name)))),
            "object" => self.object(name),
            ty => Shape::Scalar(Scalar {
                ty: ty.to_owned(),
                format: format.map(|fact| fact.value.clone()),
                values: values(facts),
            }),
        }
    }

    fn branch(&mut self, name: &str, fact: &Fact) -> Shape {
        let Topic::Branch(Branch { key, ty, format }) = &fact.topic else {
            return Shape::Any;
        };
        if let Some(key) = key {
            return self.referred(key);
        }
        let inside = SubjectKind::Branch(fact.object().to_owned()).name_in(name);
        if self.side.value(&inside, "type").is_some() {
            return self.shape(&inside);
        }
        match ty.as_deref() {
            None => Shape::Any,
            Some("object" | "array") => object(self.side, &inside),
            Some(ty) => Shape::Scalar(Scalar {
                ty: ty.to_owned(),
                format: format.clone(),
                values: values(self.side.facts_of(&inside)),
            }),
        }
    }

    fn referred(&mut self, key: &str) -> Shape {
        match self.side.schemas.get(key) {
            Some(subject) => match self.shape(&subject.name) {
                // An instance has the facts of its generic type.
                Shape::Any => object(self.side, &subject.name),
                shape => shape,
            },
            None => Shape::Any,
        }
    }

    fn object(&mut self, name: &str) -> Shape {
        let mut parts = self.side.parts(name).iter();
        if parts.any(|part| matches!(part.kind, SubjectKind::Property(_))) {
            return object(self.side, name);
        }
        Shape::Map(Box::new(self.shape(&SubjectKind::Values.name_in(name))))
    }
}

/// The values that an enum names; `None` for what is no enum.
fn values(facts: &[Fact]) -> Option<BTreeSet<String>> {
    let values = facts.iter().filter(|fact| fact.topic == Topic::Value);
    let values: BTreeSet<String> = values.map(|fact| fact.object().to_owned()).collect();
    (!values.is_empty()).then_some(values)
}

/// An object with everything that the spec says about it.
fn object(side: &Indexed<'_>, name: &str) -> Shape {
    Shape::Object(name.to_owned(), shape_facts(side, name))
}

/// All statements about the shape of a value, without its name.
pub(super) fn shape_facts(side: &Indexed<'_>, name: &str) -> BTreeSet<ShapeFact> {
    let mut all = BTreeSet::new();
    add_shape_facts(side, name, &[], &mut all);
    all
}

fn add_shape_facts(
    side: &Indexed<'_>,
    name: &str,
    path: &[SubjectKind],
    all: &mut BTreeSet<ShapeFact>,
) {
    let facts = side.facts_of(name).iter().filter(|fact| {
        use Topic::{Extension, Key, Prose, RustName, SendsNull};
        // The rest describes the place or the operations, not the value.
        match path.is_empty() {
            true => fact.topic.is_of_type(),
            false => !matches!(fact.topic, Key | Prose | Extension | RustName | SendsNull),
        }
    });
    all.extend(facts.map(|fact| ShapeFact {
        path: path.to_vec(),
        aspect: fact.key.aspect.clone(),
        value: fact.value.clone(),
    }));
    for part in side.parts(name) {
        let path: Vec<SubjectKind> = path.iter().chain([&part.kind]).cloned().collect();
        add_shape_facts(side, &part.name, &path, all);
    }
}
