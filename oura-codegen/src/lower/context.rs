//! The context of every stage: the spec, the policy, overrides of names, and the errors.

use std::cell::{Cell, RefCell};

use foldhash::HashMap;

use openapiv3::{Components, OpenAPI, ReferenceOr};

use super::names::{Kind, Names, Rename};
use super::overrides::NameOverrides;
use super::references::follow;
use crate::document::{Document, Node};
use crate::error::{Error, Errors};
use crate::ir::Ident;
use crate::normalize::Normalized;
use crate::pointer::{Origin, Pointer};
use crate::policy::Policy;

/// What every stage reads, and where its errors go.
pub(super) struct Context<'a> {
    pub(super) document: &'a Document,
    pub(super) openapi: &'a OpenAPI,
    pub(super) policy: &'a Policy,
    pub(super) names: Names<'a>,
    pub(super) overrides: NameOverrides,
    errors: RefCell<Errors>,
    /// The names with numbers, by what has them.
    numbered: RefCell<HashMap<Origin, Vec<NumberedName>>>,
    /// How many properties types may still inherit from the schemas that they extend; `None` after
    /// the error that these are too many.
    inheritable: Cell<Option<usize>>,
}

/// A name that has a number, since another thing has it without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NumberedName {
    /// How a spec would give the name.
    pub(super) rename: Rename,
    /// The value, for the name of an enum's value.
    pub(super) wire_name: String,
    pub(super) ident: Ident,
}

/// A section of the components: its name and its entries.
type Section<'a, T> = (
    &'static str,
    fn(&'a Components) -> &'a indexmap::IndexMap<String, ReferenceOr<T>>,
);

impl<'a> Context<'a> {
    pub(super) fn new(
        normalized: &'a Normalized,
        policy: &'a Policy,
        overrides: NameOverrides,
    ) -> Self {
        Self {
            document: &normalized.document,
            openapi: &normalized.openapi,
            policy,
            names: Names::new(policy),
            overrides,
            errors: RefCell::default(),
            numbered: RefCell::default(),
            inheritable: Cell::new(Some(inheritable(&normalized.openapi))),
        }
    }

    /// The node at a place of the normalized spec.
    pub(super) fn node(&self, at: &Pointer) -> Option<&'a Node> {
        self.document.get(at)
    }

    /// The place in the source of a place in the normalized spec, or of the nearest node above it
    /// when there is none.
    pub(super) fn origin(&self, at: &Pointer) -> Origin {
        let mut above = std::iter::successors(Some(at), |at| at.parent());
        let node = above.find_map(|at| self.document.get(at));
        node.unwrap_or(&self.document.root).origin.clone()
    }

    /// The object that an entry is or refers to, and its place. Normalization has checked that it
    /// exists and that the chain of references ends.
    pub(super) fn target<T>(
        &self,
        entry: &'a ReferenceOr<T>,
        at: Pointer,
        (name, section): Section<'a, T>,
    ) -> Option<(&'a T, Pointer)> {
        match entry {
            ReferenceOr::Item(item) => Some((item, at)),
            ReferenceOr::Reference { reference } => {
                follow(section(self.openapi.components.as_ref()?), name, reference)
            }
        }
    }

    /// The identifier that an extension gives to what is at `at`; `None` where it gives none, or
    /// after an error.
    pub(super) fn given_ident(
        &self,
        extensions: &indexmap::IndexMap<String, serde_json::Value>,
        extension: &str,
        kind: Kind,
        at: &Pointer,
    ) -> Option<Ident> {
        let name = extensions.get(extension)?.as_str()?;
        self.checked_ident(kind, name, &self.origin(at))
    }

    /// A name that the spec gives at `at`; `None` after an error.
    pub(super) fn checked_ident(&self, kind: Kind, name: &str, at: &Origin) -> Option<Ident> {
        let checked = self.names.check(kind, name);
        self.note(checked.map_err(|message| Error::at(at, message).help("give it another name")))
    }

    /// Notes what is wrong with a place, and what to do about it.
    pub(super) fn report(&self, at: &Pointer, message: impl Into<String>, help: impl Into<String>) {
        self.push(Error::at(&self.origin(at), message).help(help));
    }

    /// Like [`Context::report`], and returns `None`.
    pub(super) fn refuse<T>(
        &self,
        at: &Pointer,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Option<T> {
        self.report(at, message, help);
        None
    }

    /// Counts `properties` that the type at a place inherits from other schemas. `None` when these
    /// are too many: their number is quadratic in the length of a chain of extensions.
    pub(super) fn inherit(&self, properties: usize, at: &Pointer) -> Option<()> {
        let left = self.inheritable.get()?.checked_sub(properties);
        self.inheritable.set(left);
        if left.is_none() {
            let message = format!(
                "with this type, types inherit more than {} properties of schemas that they extend",
                inheritable(self.openapi)
            );
            self.report(
                at,
                message,
                "refer to some of these schemas in a property instead",
            );
        }
        left.map(drop)
    }

    /// Whether types inherit too many properties from the schemas that they extend.
    pub(super) fn has_inherited_too_many(&self) -> bool {
        self.inheritable.get().is_none()
    }

    /// Notes an error.
    pub(super) fn push(&self, error: Error) {
        self.errors.borrow_mut().push(error);
    }

    /// Keeps a name with a number, for the facts. The same name in several scopes is kept once.
    pub(super) fn keep_numbered(&self, at: &Origin, name: NumberedName) {
        let mut numbered = self.numbered.borrow_mut();
        let names = numbered.entry(at.clone()).or_default();
        if !names.contains(&name) {
            names.push(name);
        }
    }

    /// The names with numbers of what is at a place of the source.
    pub(super) fn numbered_names(&self, at: &Origin) -> Vec<NumberedName> {
        let numbered = self.numbered.borrow();
        numbered.get(at).cloned().unwrap_or_default()
    }

    /// The value, or `None` after noting the error.
    pub(super) fn note<T>(&self, result: Result<T, Error>) -> Option<T> {
        self.errors.borrow_mut().note(result)
    }

    /// All errors, in the order in which they were noted.
    pub(super) fn take_errors(&self) -> Errors {
        self.errors.take()
    }
}

/// How many properties types may inherit from the schemas that they extend: a fixed number, and
/// more in a large spec.
fn inheritable(openapi: &OpenAPI) -> usize {
    const ALWAYS: usize = 100_000;
    const BY_SCHEMA: usize = 200;
    let schemas = openapi
        .components
        .as_ref()
        .map_or(0, |all| all.schemas.len());
    ALWAYS.max(BY_SCHEMA * schemas)
}
