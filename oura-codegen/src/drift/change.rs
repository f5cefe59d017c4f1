//! A change between two specs, its kind and the release that it requires.

use serde::{Serialize, Serializer};

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
    /// The release that the changes require: the largest that any of them requires.
    #[must_use]
    pub fn semver(&self) -> Semver {
        let releases = self.changes.iter().map(|change| change.semver);
        releases.max().unwrap_or(Semver::None)
    }
}

/// One change and what it means. Serialized without what only the report itself needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Identifies the change in lists of acknowledged ones: the kind and the Rust name, the same
    /// in every run.
    pub id: String,
    /// What kind of change it is.
    pub kind: Kind,
    /// The Rust name of what changed: `DailySleep.score`, `ListDailySleep query fields`.
    #[serde(skip)]
    pub subject: String,
    /// The type or route that the subject is a part of, or the section of the spec.
    #[serde(skip)]
    pub part_of: String,
    /// Other names that the same place of the spec describes: a component that several
    /// operations use changes once.
    #[serde(skip)]
    pub also: Vec<String>,
    /// The place in the new spec; `None` when it was removed.
    #[serde(serialize_with = "serialize_pointer")]
    pub pointer: Option<Origin>,
    /// The place in the old spec; `None` when it was added.
    #[serde(serialize_with = "serialize_pointer")]
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
    /// The release that this change requires.
    #[serde(skip)]
    pub semver: Semver,
    /// The reason for the verdicts, as a sentence.
    pub reason: String,
    /// What else a maintainer should know about this change.
    #[serde(skip)]
    pub note: Option<String>,
    /// The variants of `Resource` and `models::Document` that are added or removed with it.
    #[serde(skip)]
    pub documents: Vec<String>,
}

/// Within its spec, a place is a JSON Pointer.
fn serialize_pointer<S: Serializer>(
    origin: &Option<Origin>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let pointer = origin.as_ref().map(|origin| origin.pointer.to_string());
    pointer.serialize(serializer)
}

impl Change {
    /// Returns what else a maintainer should know: the note, and up to `most` of the other names
    /// that the change affects.
    #[must_use]
    pub fn remarks(&self, most: usize) -> Option<String> {
        let (shown, rest) = self.also.split_at(most.min(self.also.len()));
        let more = match rest.len() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        let others = format!("The same change affects {}{more}.", shown.join(", "));
        let others = (!shown.is_empty()).then_some(others);
        let remarks: Vec<String> = self.note.iter().cloned().chain(others).collect();
        (!remarks.is_empty()).then(|| remarks.join(" "))
    }
}

/// A schema under another name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rename {
    /// The key in the old spec.
    pub old_key: String,
    /// The key in the new spec.
    pub new_key: String,
    /// The Rust name that the old spec gives it.
    #[serde(rename = "old_name")]
    pub old_ident: String,
    /// The Rust name that the new spec gives it: the same when the naming rules absorb
    /// the rename.
    #[serde(rename = "new_name")]
    pub new_ident: String,
}

/// The release that a change requires. Below 1.0, a major one is the next 0.x.
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

/// One kind a line: its name here, its name in reports, what it is.
macro_rules! kinds {
    ($($variant:ident = $name:literal: $docs:literal;)+) => {
        /// What kind of change it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum Kind {
            $(#[doc = $docs] #[serde(rename = $name)] $variant,)+
        }

        impl Kind {
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

impl Kind {
    /// Whether it changes nothing but text for readers.
    #[must_use]
    pub fn is_prose(self) -> bool {
        use Kind::{DocsChanged, ExtensionChanged, InfoChanged, TagChanged};
        matches!(
            self,
            DocsChanged | ExtensionChanged | InfoChanged | TagChanged
        )
    }
}

kinds! {
    OperationAdded = "operation.added": "A method and path that the old spec does not have.";
    OperationRemoved = "operation.removed": "A method and path that the new spec does not have.";
    OperationRenamed = "operation.renamed": "The client method of an operation has another name.";
    OperationIdChanged = "operation.id_changed": "Another `operationId`.";
    OperationDeprecated = "operation.deprecated": "An operation is deprecated, or no longer.";
    OperationSecurityChanged = "operation.security_changed": "Other credentials.";
    OperationScopeChanged = "operation.scope_changed": "Another scope, by the overlay.";
    OperationTagsChanged = "operation.tags_changed": "Other tags.";
    ParameterAdded = "parameter.added": "A parameter that the old spec does not have.";
    ParameterRemoved = "parameter.removed": "A parameter that the new spec does not have.";
    ParameterRequired = "parameter.required": "A parameter became required or optional.";
    ParameterRenamed = "parameter.renamed":
        "A parameter of a path has another name; the place stays.";
    ParameterTypeChanged = "parameter.type_changed": "A parameter of another type.";
    ParameterNullableChanged = "parameter.nullable_changed":
        "A parameter takes null, or no longer.";
    ParameterDeprecated = "parameter.deprecated": "A parameter is deprecated, or no longer.";
    ParameterStyleChanged = "parameter.style_changed":
        "A parameter is written differently: lists, reserved characters, empty values.";
    ParameterSelectionChanged = "parameter.selection_changed":
        "A parameter selects fields, or no longer.";
    ArgumentsReordered = "arguments.reordered": "The same arguments in another order.";
    RequestBodyChanged = "request_body.changed":
        "A request body was added or removed, or has another type, media type or requiredness.";
    ResponseAdded = "response.added": "A response that the old spec does not have.";
    ResponseRemoved = "response.removed": "A response that the new spec does not have.";
    ResponseTypeChanged = "response.type_changed": "A response of another type or media type.";
    ResponseHeaderChanged = "response.header_changed":
        "A header of a response was added, removed or described differently.";
    ResponseLinkChanged = "response.link_changed": "Other links from a response to operations.";
    ResponseDictionaryAdded = "response.dictionary_added":
        "A list may respond with free-form objects.";
    ResponseDictionaryRemoved = "response.dictionary_removed":
        "A list no longer responds with free-form objects.";
    SchemaAdded = "schema.added": "A schema that the old spec does not have.";
    SchemaRemoved = "schema.removed": "A schema that the new spec does not have.";
    SchemaRenamed = "schema.renamed": "The same schema under another name.";
    SchemaMerged = "schema.merged": "Two schemas became one.";
    SchemaGenericChanged = "schema.generic_changed":
        "A schema became an instance of a generic type, or stopped being one.";
    SchemaReached = "schema.reached": "An operation holds a schema that no operation held.";
    SchemaUnreached = "schema.unreached": "No operation holds a schema any more.";
    PropertyAdded = "property.added": "A property that the old spec does not have.";
    PropertyRemoved = "property.removed": "A property that the new spec does not have.";
    PropertyTypeChanged = "property.type_changed": "A property of another type.";
    PropertyFormatChanged = "property.format_changed":
        "A property of the same type in another format.";
    PropertyRefChanged = "property.ref_changed": "A property that refers to another schema.";
    PropertyRequiredChanged = "property.required_changed":
        "A property became required or optional.";
    PropertyNullableChanged = "property.nullable_changed": "A property may be null, or no longer.";
    PropertyDeprecated = "property.deprecated": "A property is deprecated, or no longer.";
    PropertyAccessChanged = "property.access_changed":
        "A property is only read or only written, or no longer.";
    BoundsChanged = "bounds_changed": "Other bounds of a value, a text or a list.";
    DefaultChanged = "default_changed": "Another default.";
    EnumValueAdded = "enum.value_added": "An enum has one more value.";
    EnumValueRemoved = "enum.value_removed": "An enum has one value fewer.";
    UnionMemberAdded = "union.member_added": "A union has one more member.";
    UnionMemberRemoved = "union.member_removed": "A union has one member fewer.";
    MediaTypeAdded = "media_type.added": "A body or a response has one more media type.";
    MediaTypeRemoved = "media_type.removed": "A body or a response has one media type fewer.";
    SeriesChanged = "series.changed":
        "The overlay describes values at regular intervals differently.";
    RustNameChanged = "rust_name.changed":
        "The overlay gives a field, a parameter, a value or a type in place another Rust name.";
    SecuritySchemeChanged = "security_scheme.changed":
        "Another header or URL of a security scheme, or another scheme.";
    ScopeAdded = "scope.added": "A scope that the old spec does not have.";
    ScopeRemoved = "scope.removed": "A scope that the new spec does not have.";
    ServerChanged = "server.changed": "Another server.";
    DocsChanged = "docs.changed": "Other prose.";
    ExtensionChanged = "extension.changed": "Another extension.";
    TagChanged = "tag.changed": "Another tag.";
    InfoChanged = "info.changed": "Other text about the spec itself.";
    DialectChanged = "dialect.changed": "Another version of OpenAPI.";
    DocumentIncomplete = "document.incomplete": "A whole section is missing.";
}
