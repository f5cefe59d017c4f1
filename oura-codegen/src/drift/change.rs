//! A change between two specs, what kind it is and which release it asks for.

use crate::lower::Lowered;
use crate::normalize::Normalized;
use crate::pointer::Origin;

/// One of the two specs.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The corrected, normalized spec.
    pub normalized: &'a Normalized,
    /// What it means.
    pub lowered: &'a Lowered,
}

/// Everything that changed between two specs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// The changes, in the order of the new spec; what was removed comes where it was.
    pub changes: Vec<Change>,
    /// Schemas that have another name now, in the order of their old keys.
    pub renames: Vec<Rename>,
}

impl Drift {
    /// The release that the changes ask for: the largest that any of them asks for.
    #[must_use]
    pub fn semver(&self) -> Semver {
        let releases = self.changes.iter().map(|change| change.semver);
        releases.max().unwrap_or(Semver::None)
    }
}

/// One change and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Names the change in lists of acknowledged ones: the kind and the Rust name, the same
    /// in every run.
    pub id: String,
    /// What kind of change it is.
    pub kind: Kind,
    /// The Rust name that it is about: `DailySleep.score`, `ListDailySleep query fields`.
    pub subject: String,
    /// The type or route that the subject is a part of, or the section of the spec.
    pub part_of: String,
    /// Other names that the same place of the spec speaks of: a component that several
    /// operations use changes once.
    pub also: Vec<String>,
    /// The place in the new spec; `None` when it was removed.
    pub pointer: Option<Origin>,
    /// The place in the old spec; `None` when it was added.
    pub old_pointer: Option<Origin>,
    /// What the old spec says, on one line.
    pub before: Option<String>,
    /// What the new spec says, on one line.
    pub after: Option<String>,
    /// The place among its siblings in the new spec, where order means something.
    pub position: Option<usize>,
    /// A program built on the old spec would misunderstand a server of the new one.
    pub wire_breaking: bool,
    /// Code that uses the crate made from the old spec would not compile, or not mean
    /// the same, with the one made from the new.
    pub source_breaking: bool,
    /// The release that this change asks for.
    pub semver: Semver,
    /// Why the verdicts are what they are, as a sentence.
    pub reason: String,
    /// What else a maintainer should know of it alone.
    pub note: Option<String>,
    /// The variants of `Resource` and `models::Document` that come or go with it.
    pub documents: Vec<String>,
}

impl Change {
    /// What else a maintainer should know: the note, and up to `most` of the other names that
    /// the change speaks of.
    #[must_use]
    pub fn remarks(&self, most: usize) -> Option<String> {
        let (shown, rest) = self.also.split_at(most.min(self.also.len()));
        let more = match rest.len() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        let others = format!("The same of {}{more}.", shown.join(", "));
        let others = (!shown.is_empty()).then_some(others);
        let remarks: Vec<String> = self.note.iter().cloned().chain(others).collect();
        (!remarks.is_empty()).then(|| remarks.join(" "))
    }
}

/// A schema under another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// The key in the old spec.
    pub old_key: String,
    /// The key in the new spec.
    pub new_key: String,
    /// The Rust name that the old spec gives it.
    pub old_ident: String,
    /// The Rust name that the new spec gives it: the same when the naming rules absorb
    /// the rename.
    pub new_ident: String,
}

/// The release that a change asks for. Below 1.0, a major one is the next 0.x.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Semver {
    /// No release.
    None,
    /// A release with the same public items.
    Patch,
    /// A release with more public items.
    Minor,
    /// A release that may break users' code.
    Major,
}

impl Semver {
    /// `none`, `patch`, `minor` or `major`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

macro_rules! kinds {
    ($($(#[doc = $docs:literal])+ $variant:ident = $name:literal,)+) => {
        /// What kind of change it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[doc = $docs])+ $variant,)+
        }

        impl Kind {
            /// All kinds, in the order of the policy.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in reports and ids: `operation.added`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

kinds! {
    /// A method and path that the old spec does not have.
    OperationAdded = "operation.added",
    /// A method and path that the new spec does not have.
    OperationRemoved = "operation.removed",
    /// The client method of an operation has another name.
    OperationRenamed = "operation.renamed",
    /// Another `operationId`.
    OperationIdChanged = "operation.id_changed",
    /// An operation is deprecated, or no longer.
    OperationDeprecated = "operation.deprecated",
    /// Other credentials.
    OperationSecurityChanged = "operation.security_changed",
    /// Another scope, by the overlay.
    OperationScopeChanged = "operation.scope_changed",
    /// Other tags.
    OperationTagsChanged = "operation.tags_changed",
    /// A parameter that the old spec does not have.
    ParameterAdded = "parameter.added",
    /// A parameter that the new spec does not have.
    ParameterRemoved = "parameter.removed",
    /// A parameter became required or optional.
    ParameterRequired = "parameter.required",
    /// A parameter of a path has another name; the place stays.
    ParameterRenamed = "parameter.renamed",
    /// A parameter of another type.
    ParameterTypeChanged = "parameter.type_changed",
    /// A parameter takes null, or no longer.
    ParameterNullableChanged = "parameter.nullable_changed",
    /// A parameter is deprecated, or no longer.
    ParameterDeprecated = "parameter.deprecated",
    /// A parameter is written otherwise: lists, reserved characters, empty values.
    ParameterStyleChanged = "parameter.style_changed",
    /// A parameter selects fields, or no longer.
    ParameterSelectionChanged = "parameter.selection_changed",
    /// The same arguments in another order.
    ArgumentsReordered = "arguments.reordered",
    /// A request body came, went, or has another type, media type or requiredness.
    RequestBodyChanged = "request_body.changed",
    /// An answer that the old spec does not have.
    ResponseAdded = "response.added",
    /// An answer that the new spec does not have.
    ResponseRemoved = "response.removed",
    /// An answer of another type or media type.
    ResponseTypeChanged = "response.type_changed",
    /// A header of an answer came, went or is described otherwise.
    ResponseHeaderChanged = "response.header_changed",
    /// Other links from an answer to operations.
    ResponseLinkChanged = "response.link_changed",
    /// A list may answer with free-form objects.
    ResponseDictionaryAdded = "response.dictionary_added",
    /// A list no longer answers with free-form objects.
    ResponseDictionaryRemoved = "response.dictionary_removed",
    /// A schema that the old spec does not have.
    SchemaAdded = "schema.added",
    /// A schema that the new spec does not have.
    SchemaRemoved = "schema.removed",
    /// The same schema under another name.
    SchemaRenamed = "schema.renamed",
    /// Two schemas became one.
    SchemaMerged = "schema.merged",
    /// A schema became an instance of a generic type, or stopped being one.
    SchemaGenericChanged = "schema.generic_changed",
    /// An operation holds a schema that none held.
    SchemaReached = "schema.reached",
    /// No operation holds a schema any more.
    SchemaUnreached = "schema.unreached",
    /// A property that the old spec does not have.
    PropertyAdded = "property.added",
    /// A property that the new spec does not have.
    PropertyRemoved = "property.removed",
    /// A property of another type.
    PropertyTypeChanged = "property.type_changed",
    /// A property of the same type in another format.
    PropertyFormatChanged = "property.format_changed",
    /// A property that refers to another schema.
    PropertyRefChanged = "property.ref_changed",
    /// A property became required or optional.
    PropertyRequiredChanged = "property.required_changed",
    /// A property may be null, or no longer.
    PropertyNullableChanged = "property.nullable_changed",
    /// A property is deprecated, or no longer.
    PropertyDeprecated = "property.deprecated",
    /// A property is only read or only written, or no longer.
    PropertyAccessChanged = "property.access_changed",
    /// Other bounds of a value, a text or a list.
    BoundsChanged = "bounds_changed",
    /// Another default.
    DefaultChanged = "default_changed",
    /// An enum has one more value.
    EnumValueAdded = "enum.value_added",
    /// An enum has one value less.
    EnumValueRemoved = "enum.value_removed",
    /// A union has one more member.
    UnionMemberAdded = "union.member_added",
    /// A union has one member less.
    UnionMemberRemoved = "union.member_removed",
    /// A body or a response of one more media type.
    MediaTypeAdded = "media_type.added",
    /// A body or a response of one media type less.
    MediaTypeRemoved = "media_type.removed",
    /// Values at regular intervals are read otherwise, by the overlay.
    SeriesChanged = "series.changed",
    /// The overlay gives a field, a parameter, a value or a type in place another Rust name.
    RustNameChanged = "rust_name.changed",
    /// Another header or URL of a security scheme, or another scheme.
    SecuritySchemeChanged = "security_scheme.changed",
    /// A scope that the old spec does not have.
    ScopeAdded = "scope.added",
    /// A scope that the new spec does not have.
    ScopeRemoved = "scope.removed",
    /// Another server.
    ServerChanged = "server.changed",
    /// Other prose.
    DocsChanged = "docs.changed",
    /// Another extension.
    ExtensionChanged = "extension.changed",
    /// Another tag.
    TagChanged = "tag.changed",
    /// Other words about the spec itself.
    InfoChanged = "info.changed",
    /// Another version of OpenAPI.
    DialectChanged = "dialect.changed",
    /// A whole section is missing.
    DocumentIncomplete = "document.incomplete",
}
