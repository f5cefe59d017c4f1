//! Facts: each is one semantic statement about the API, keyed by stable Rust names.
//!
//! Lowering returns them beside the IR. The surface prints them, one a line, and drift
//! compares those of two specs by key. One semantic change of a spec changes one fact:
//! requiredness and nullability are two facts, an enum value is one, the place of an argument
//! is one. Keys are printed here and never parsed: what a fact is about is its [`Subject`], a
//! path of typed steps.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::ir::{Ident, Location};
use crate::pointer::Origin;

/// One statement: `subject: aspect value`, as in `DailySleep.score: required false`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What the fact is about and which of its properties; unique among all facts.
    pub key: FactKey,
    /// Which of several things it is about: the value of an enum, the label of a branch, the scope.
    pub object: Option<String>,
    /// What the spec says.
    pub value: String,
    /// The place in the spec of the statement.
    pub origin: Origin,
    /// The place among its siblings, where their order means something to users (fields,
    /// enum values, arguments); 0 otherwise.
    pub position: usize,
    /// The surface snapshot that shows the fact: a resource, `shared`, `routes`,
    /// `security` or `servers`.
    pub section: String,
    /// Whether the surface shows it. Docs, tags and extensions are facts only for drift.
    pub on_surface: bool,
    /// The part of the spec that it belongs to.
    pub subject: Arc<Subject>,
    /// What it says about that part.
    pub topic: Topic,
    /// The first fact that says the same, where the spec says it twice.
    pub repeats: Option<FactKey>,
    /// How many facts were stated before it: the order of the spec.
    pub order: usize,
}

/// What identifies a fact across two specs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactKey {
    /// A Rust name and what lies below it: `DailySleep.score`, `ListDailySleep?start_date`.
    pub subject: String,
    /// The property of the subject: `type`, `format`, `required`, `nullable`, ...
    pub aspect: String,
}

/// A part of the spec that is added or removed as a whole, with all that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// Its Rust name and what lies below it; unique among all subjects.
    pub name: String,
    /// Its place.
    pub origin: Origin,
    /// Its place among its siblings, where their order means something to users.
    pub position: usize,
    /// What it is a part of.
    pub holder: Option<Arc<Subject>>,
}

/// What a part of a spec is: the last step of its path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubjectKind {
    /// The information about the spec itself.
    Info,
    /// Defaults for all operations.
    Defaults,
    /// The first server.
    DefaultServer,
    /// Another server, by its URL.
    Server(String),
    /// A tag.
    Tag(String),
    /// A security scheme.
    Scheme,
    /// A flow of a security scheme.
    Flow(String),
    /// A scope of a flow.
    Scope(String),
    /// An operation.
    Operation,
    /// A parameter of an operation.
    Parameter(Location, String),
    /// The request body of an operation.
    Body,
    /// A response of an operation, with its status.
    Response(String),
    /// A header of a response.
    Header(String),
    /// A component schema, or what several have in common.
    Schema(SchemaForm),
    /// A property of a schema.
    Property(String),
    /// A media type of a body or a response, beside the one that clients use.
    Media(String),
    /// The elements of a list.
    Items,
    /// The values of a map.
    Values,
    /// A branch of a union, by its label.
    Branch(String),
    /// The arguments of the constructor of a struct.
    Arguments,
}

/// What a component schema is in Rust.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SchemaForm {
    /// A Rust type.
    Type,
    /// Used in place, without a Rust type.
    Alias,
    /// A page of free-form objects: the response to field selection.
    Dictionary,
    /// An instance of a generic type.
    Instance {
        /// The Rust name of the generic type.
        generic: Ident,
    },
    /// A generic type: what its instances have in common.
    Generic,
    /// Only a part of other schemas, by `allOf`, which have its properties.
    Part,
}

/// What a fact says about its subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The key of a component schema; that of the schema that shows a generic type's shape.
    Key,
    /// The method and path of an operation.
    Route,
    /// That the subject exists, if no other fact shows it.
    Existence,
    /// A type by its name in JSON.
    Type,
    /// A type by the key of a component schema.
    Reference(String),
    /// A format.
    Format,
    /// One of several schemas.
    Branch(Branch),
    /// Another keyword that decides the shape of a value: `additionalProperties`.
    Shape,
    /// How a value says which of several schemas it has.
    Discriminator(Discriminator),
    /// One of the values of an enum.
    Value,
    /// Values at regular intervals, by a mark of the overlay.
    Series,
    /// Whether it may be left out.
    Required,
    /// Whether it may be null.
    Nullable,
    /// Whether a PATCH can send null, which differs from leaving it out.
    SendsNull,
    /// A bound of a value, a text or a list.
    Bound,
    /// The default.
    Default,
    /// Whether it is deprecated.
    Deprecated,
    /// Whether it is only read, or only written.
    Access,
    /// The media type of a body.
    Media,
    /// How the parts of a body are written.
    Encoding,
    /// How a parameter is written.
    Style,
    /// Whether a parameter selects fields.
    Selection,
    /// The order of arguments, by their names in JSON.
    ArgumentOrder(Vec<String>),
    /// The credentials of an operation: alternatives, each of schemes and their scopes.
    Security(Vec<Vec<String>>),
    /// The scope that an operation requires.
    Scope,
    /// The `operationId`.
    OperationId,
    /// The tags of an operation.
    Tags,
    /// Links of a response to operations.
    Links,
    /// Another keyword of a section of the spec.
    Detail,
    /// Why the spec's server is not used; the policy's server is used.
    Flaw,
    /// The Rust name that an overlay gives it, or one of its values.
    RustName,
    /// Prose for readers.
    Prose,
    /// An extension that the generator does not read.
    Extension,
}

/// One of several schemas: a component, or a schema in place.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Branch {
    /// The key of the component.
    pub key: Option<String>,
    /// The type of the schema in place.
    pub ty: Option<String>,
    /// The format of the schema in place.
    pub format: Option<String>,
}

/// How a value says which of several schemas it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discriminator {
    /// The property whose value chooses the schema.
    pub property: String,
    /// The values of the property, each with the key of its component.
    pub tags: Vec<(String, String)>,
}

impl Topic {
    /// Whether it describes the shape of values.
    #[must_use]
    pub fn is_of_type(&self) -> bool {
        use Topic::{Branch, Discriminator, Format, Reference, Shape, Type};
        matches!(
            self,
            Type | Reference(_) | Format | Branch(_) | Shape | Discriminator(_)
        )
    }

    /// The key of the component that it refers to.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        match self {
            Self::Reference(key) => Some(key),
            Self::Branch(branch) => branch.key.as_deref(),
            _ => None,
        }
    }
}

impl SubjectKind {
    /// Whether it is a part of the shape of a value, which is added and removed with its type.
    #[must_use]
    pub fn is_part(&self) -> bool {
        matches!(
            self,
            Self::Items | Self::Values | Self::Branch(_) | Self::Arguments
        )
    }

    /// The name of a part of this kind in the subject `holder`.
    #[must_use]
    pub fn name_in(&self, holder: &str) -> String {
        match self {
            Self::Flow(name) | Self::Property(name) => format!("{holder}.{name}"),
            Self::Scope(name) => format!("{holder} scope {name}"),
            Self::Parameter(location, name) => format!("{holder} {} {name}", location.word()),
            Self::Body => format!("{holder} body"),
            Self::Response(name) | Self::Media(name) => format!("{holder} {name}"),
            Self::Header(name) => format!("{holder} header {name}"),
            Self::Items => format!("{holder}[]"),
            Self::Values => format!("{holder}{{}}"),
            Self::Branch(label) => format!("{holder}|{label}"),
            // These have no holder: the argument is their name.
            Self::Info | Self::Defaults | Self::DefaultServer | Self::Server(_) | Self::Tag(_) => {
                holder.to_owned()
            }
            Self::Scheme | Self::Operation | Self::Schema(_) | Self::Arguments => holder.to_owned(),
        }
    }
}

impl Fact {
    /// Which of several things it is about; empty where there is only one.
    #[must_use]
    pub fn object(&self) -> &str {
        self.object.as_deref().unwrap_or_default()
    }
}

impl Subject {
    /// A part of `holder`.
    #[must_use]
    pub fn inside(
        holder: &Arc<Self>,
        kind: SubjectKind,
        origin: &Origin,
        position: usize,
    ) -> Arc<Self> {
        Arc::new(Self {
            name: kind.name_in(&holder.name),
            kind,
            origin: origin.clone(),
            position,
            holder: Some(Arc::clone(holder)),
        })
    }

    /// The subject itself, or what it is an element, branch or media type of.
    #[must_use]
    pub fn owner(&self) -> &Self {
        match &self.holder {
            Some(holder) if self.kind.is_part() || matches!(self.kind, SubjectKind::Media(_)) => {
                holder.owner()
            }
            _ => self,
        }
    }

    /// Whether facts about it are repeated at each type that it is a part of.
    #[must_use]
    pub fn is_reported_elsewhere(&self, topic: &Topic) -> bool {
        self.outermost().kind == SubjectKind::Schema(SchemaForm::Part)
            && (self.holder.is_some() || matches!(topic, Topic::Required | Topic::Type))
    }

    /// The outermost subject that it is a part of: a schema, an operation, a section.
    #[must_use]
    pub fn outermost(&self) -> &Self {
        let mut subject = self;
        while let Some(holder) = &subject.holder {
            subject = holder;
        }
        subject
    }

    /// All subjects that it is a part of, from the outermost to itself.
    #[must_use]
    pub fn chain(&self) -> Vec<&Self> {
        let mut chain = vec![self];
        let mut subject = self;
        while let Some(holder) = &subject.holder {
            chain.push(holder);
            subject = holder;
        }
        chain.reverse();
        chain
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FactKey { subject, aspect } = &self.key;
        match self.value.is_empty() {
            true => write!(f, "{subject}: {aspect}"),
            false => write!(f, "{subject}: {aspect} {}", self.value),
        }
    }
}

/// The facts that the surface shows, one a line, by section. Lines are sorted as text, so
/// that a snapshot changes where a fact does and nowhere else.
#[must_use]
pub fn surface(facts: &[Fact]) -> BTreeMap<&str, String> {
    let mut sections: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.on_surface) {
        let lines = sections.entry(&fact.section).or_default();
        lines.push(format!("{fact}\n"));
    }
    sections
        .into_iter()
        .map(|(section, mut lines)| {
            lines.sort();
            (section, lines.concat())
        })
        .collect()
}
