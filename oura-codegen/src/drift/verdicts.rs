//! The policy as data: what each kind of change means under which circumstances.
//!
//! Input: the kind and the case of a change, and whether conditions hold. Output: the two
//! verdicts, the release and the reason. Invariant: each kind and case has one row, and the
//! policy's text shows the rows as they are here.

use super::change::{Kind, Semver};

/// One row of the policy.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) kind: Kind,
    pub(super) case: Case,
    pub(super) wire: Rule,
    pub(super) source: Rule,
    /// The release where no code breaks; the only one where code always does.
    pub(super) release: Semver,
    /// Why, where the rules do not say.
    pub(super) why: &'static str,
}

/// How a verdict is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    No,
    Yes,
    If(Condition),
}

macro_rules! cases {
    ($($name:ident = $text:literal,)+) => {
        /// Which of the rows of a kind it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Case {
            $($name,)+
        }

        impl Case {
            /// The text in the table of the policy; empty where a kind has one row.
            pub(super) fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

cases! {
    Always = "",
    Added = "added",
    Removed = "removed",
    Changed = "changed",
    Renamed = "renamed",
    Optional = "optional",
    Required = "required",
    RequiredInRequests = "required in requests",
    RequiredWithDefault = "required in requests, with a default",
    ToRequired = "to required",
    ToOptional = "to optional",
    InQuery = "in the query",
    InPath = "in the path",
    Cursor = "the cursor",
    Elsewhere = "elsewhere",
    ErrorStatus = "of an error",
    Success = "of a success",
    Emitted = "a type",
    NotEmitted = "no Rust type",
    Absorbed = "the Rust name stays",
    NotAbsorbed = "the Rust name changes",
    SameOption = "the Rust type stays",
    OptionGained = "becomes an `Option`",
    OptionLost = "is no longer an `Option`",
    ArgumentComes = "`new` takes it",
    ArgumentGoes = "`new` no longer takes it",
    DefaultServer = "the default",
    FlawedServer = "a placeholder or missing",
    OtherServer = "not the default",
    ScopesCome = "scopes are added with it",
    ScopesGo = "scopes are removed with it",
    Unreached = "of a schema that no operation reaches",
    OnlyPart = "of a schema that is only a part of others",
    OtherMedia = "of a media type that clients do not use",
}

macro_rules! conditions {
    ($($name:ident = $phrase:literal, $holds:literal, $fails:literal;)+) => {
        /// What a verdict depends on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Condition {
            $($name,)+
        }

        impl Condition {
            /// The text in the table of the policy.
            pub(super) fn phrase(self) -> &'static str {
                match self {
                    $(Self::$name => $phrase,)+
                }
            }

            /// The sentence for the reason of a verdict.
            pub(super) fn sentence(self, holds: bool) -> &'static str {
                match (self, holds) {
                    $(
                        (Self::$name, true) => $holds,
                        (Self::$name, false) => $fails,
                    )+
                }
            }
        }
    };
}

conditions! {
    NotWithin = "R unless new within old, Q unless old within new",
        "One side may send what the other does not expect.",
        "Each side accepts what the other sends.";
    ReadOrTakenOtherwise = "R if decoded differently, Q unless old within new",
        "One side may send what the other does not expect.",
        "Each side reads what the other sends as before.";
    NotWidened = "unless widened",
        "The server may refuse what an old program sends.",
        "The server accepts what an old program sends.";
    RustDiffers = "if the Rust type differs",
        "The Rust type changes.",
        "The Rust type stays.";
    RustNameDiffers = "if the Rust name differs",
        "Code that uses the old name no longer compiles.",
        "The Rust name stays, or code cannot use it.";
    NoAlternative = "if no old alternative suffices",
        "No credentials that an old program sends suffice.",
        "Credentials that an old program may send suffice.";
    AuthDiffers = "if `Auth` differs",
        "The client requires other credentials.",
        "The client sends the same credentials.";
    Offered = "if the client offers it",
        "Code that names it no longer compiles or means something else.",
        "The client does not offer it.";
    OfferDiffers = "if the client offered it differently",
        "What the client offered is removed or has another type.",
        "What the client offered stays.";
    BodyDiffers = "if type or requiredness differs",
        "Code that passes a body no longer compiles.",
        "Code that passes a body compiles as before.";
    ReturnDiffers = "if the return type differs",
        "The call returns another type.",
        "The call returns the same type.";
    Selectable = "only with `fields`",
        "Programs that select fields may get something else.",
        "The operation selects no fields.";
    NamesChange = "if names change",
        "The name of the type changes.",
        "The names of types stay.";
    Deviates = "R if what it had differs",
        "An old program may not read what differs.",
        "An old program reads the values as before.";
    Demanded = "R if not `Option`",
        "An old program demands it of every response.",
        "An old program does not demand it of a response.";
    Received = "R",
        "An old program cannot read a response like that.",
        "No response holds it.";
    Sent = "Q",
        "The server refuses what an old program may send.",
        "No request holds it.";
    Tightened = "Q if tightened",
        "The server may refuse what an old program sends.",
        "An old program sends nothing that is refused now.";
    ConstructorDiffers = "if field or constructor differs",
        "The field or its constructor changes.",
        "The field and its constructor stay.";
    ScopesGo = "if scopes are removed with it",
        "Scopes are removed with it, and code that names them no longer compiles.",
        "No scopes are removed with it.";
}

impl Row {
    /// The release that a change requires, by its source verdict.
    pub(super) fn semver(&self, source_breaking: bool) -> Semver {
        match source_breaking {
            true => Semver::Major,
            false => self.release,
        }
    }

    /// The line of the policy's text, about `kind`.
    fn line(&self, kind: &str) -> String {
        let release = match self.source {
            Rule::No | Rule::Yes => self.release.as_str().to_owned(),
            Rule::If(_) => format!("{}/{}", Semver::Major.as_str(), self.release.as_str()),
        };
        let case = self.case.text();
        let (wire, source) = (self.wire.text(), self.source.text());
        format!("| {kind} | {case} | {wire} | {source} | {release} |")
    }
}

impl Rule {
    fn text(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Yes => "yes",
            Self::If(condition) => condition.phrase(),
        }
    }
}

/// One row a line: the kind, the case, the verdicts for wire and source, the release, and why.
macro_rules! rows {
    ($($kind:ident $case:ident => $wire:expr, $source:expr, $release:ident: $why:literal;)+) => {
        &[$(Row {
            kind: Kind::$kind,
            case: Case::$case,
            wire: $wire,
            source: $source,
            release: Semver::$release,
            why: $why,
        }),+]
    };
}

use Condition::*;
use Rule::{If, No, Yes};

/// The policy.
pub(super) const ROWS: &[Row] = rows! {
    OperationAdded            Always              => No, No, Minor: "Old programs do not call it.";
    OperationRemoved          Always              => Yes, Yes, Major: "Calls fail, and the method is removed.";
    OperationRenamed          Always              => No, Yes, Major: "The method has another name.";
    OperationIdChanged        Always              => No, No, Patch: "No Rust name is made from it.";
    OperationDeprecated       Always              => No, No, Minor: "Code compiles; a deprecation warning appears or disappears.";
    OperationSecurityChanged  Always              => If(NoAlternative), If(AuthDiffers), Patch: "";
    OperationScopeChanged     Always              => Yes, No, Minor: "The server may refuse a token without the new scope.";
    OperationTagsChanged      Always              => No, No, Patch: "Tags are text for readers.";
    ParameterAdded            Optional            => No, No, Minor: "It may be left out.";
    ParameterAdded            Required            => Yes, Yes, Major: "Old programs do not send it, and calls take one more argument.";
    ParameterRemoved          InQuery             => No, If(Offered), Patch: "A server ignores what it does not know in a query.";
    ParameterRemoved          Cursor              => Yes, If(Offered), Patch: "Old programs would request the first page forever.";
    ParameterRemoved          Elsewhere           => Yes, If(Offered), Patch: "Old programs send a request that the spec no longer describes.";
    ParameterRequired         ToRequired          => Yes, Yes, Major: "Old programs may leave it out, and a setter becomes an argument.";
    ParameterRequired         ToOptional          => No, Yes, Major: "An argument becomes a setter.";
    ParameterRenamed          Always              => No, No, Patch: "Requests depend on its place in the path, not on its name.";
    ParameterTypeChanged      Always              => If(NotWidened), If(RustDiffers), Patch: "";
    ParameterNullableChanged  Always              => No, No, Patch: "A parameter that is not set is not sent.";
    ParameterDeprecated       Always              => No, No, Minor: "Code compiles; a deprecation warning appears or disappears.";
    ParameterStyleChanged     Always              => Yes, No, Patch: "Old programs still write it in the old style.";
    ParameterSelectionChanged Always              => No, If(OfferDiffers), Minor: "";
    ArgumentsReordered        Always              => No, Yes, Major: "Code that compiles could pass the wrong values.";
    ArgumentsReordered        InPath              => Yes, Yes, Major: "Old programs, and code that still compiles, send each value in the wrong place.";
    RequestBodyChanged        Always              => If(NotWidened), If(BodyDiffers), Minor: "";
    ResponseAdded             ErrorStatus         => No, No, Patch: "The client reads any error.";
    ResponseAdded             Success             => Yes, If(ReturnDiffers), Patch: "Old programs do not expect this response.";
    ResponseRemoved           ErrorStatus         => No, No, Patch: "The client reads any error.";
    ResponseRemoved           Success             => Yes, If(ReturnDiffers), Patch: "Old programs expect this response.";
    ResponseTypeChanged       ErrorStatus         => No, No, Patch: "The client reads any error.";
    ResponseTypeChanged       Success             => If(NotWithin), If(ReturnDiffers), Patch: "";
    ResponseHeaderChanged     Always              => No, No, Patch: "The client returns headers as received.";
    ResponseLinkChanged       Always              => No, No, Patch: "No code depends on links.";
    ResponseDictionaryAdded   Always              => No, No, Minor: "The server returns it only when fields are selected.";
    ResponseDictionaryRemoved Always              => If(Selectable), Yes, Major: "No response is described for selected fields any more.";
    SchemaAdded               Emitted             => No, No, Minor: "A type is added; the changes where it is used have their own verdicts.";
    SchemaAdded               NotEmitted          => No, No, None: "The changes where it is used have their own verdicts.";
    SchemaRemoved             Emitted             => No, Yes, Major: "The type is removed; the changes where it was used have the verdict for the wire.";
    SchemaRemoved             NotEmitted          => No, No, None: "The changes where it was used have their own verdicts.";
    SchemaRenamed             Absorbed            => No, No, Patch: "The name in the spec is not on the wire.";
    SchemaRenamed             NotAbsorbed         => No, Yes, Major: "The type has another name; an `x-rust-name` in the overlay keeps the old one.";
    SchemaMerged              Always              => No, If(NamesChange), Patch: "The values stay.";
    SchemaGenericChanged      Always              => If(Deviates), If(NamesChange), Patch: "";
    SchemaReached             Always              => No, No, Minor: "The first use of the schema makes it a type.";
    SchemaUnreached           Always              => No, Yes, Major: "Nothing uses the schema any more, so that its type is removed.";
    PropertyAdded             Optional            => No, No, Minor: "Old programs ignore it in responses and may leave it out of requests.";
    PropertyAdded             RequiredInRequests  => Yes, Yes, Major: "Old programs do not send it, and `new` takes one more argument.";
    PropertyAdded             RequiredWithDefault => No, Yes, Major: "The server fills its default in, and `new` takes one more argument.";
    PropertyRemoved           Always              => If(Demanded), Yes, Major: "The field is removed.";
    PropertyTypeChanged       Always              => If(NotWithin), If(RustDiffers), Patch: "";
    PropertyFormatChanged     Always              => If(ReadOrTakenOtherwise), If(RustDiffers), Patch: "";
    PropertyRefChanged        Always              => If(ReadOrTakenOtherwise), If(RustDiffers), Patch: "";
    PropertyRequiredChanged   SameOption          => No, No, None: "Absent and null are read the same way.";
    PropertyRequiredChanged   OptionGained        => If(Received), Yes, Major: "The field becomes an `Option`.";
    PropertyRequiredChanged   OptionLost          => If(Sent), Yes, Major: "The field is no longer an `Option`.";
    PropertyRequiredChanged   ArgumentComes       => If(Sent), Yes, Major: "Old programs may leave it out, and `new` takes one more argument.";
    PropertyRequiredChanged   ArgumentGoes        => No, Yes, Major: "`new` takes one argument less.";
    PropertyNullableChanged   SameOption          => No, No, None: "Absent and null are read the same way.";
    PropertyNullableChanged   OptionGained        => If(Received), Yes, Major: "The field becomes an `Option`.";
    PropertyNullableChanged   OptionLost          => If(Sent), Yes, Major: "The field is no longer an `Option`.";
    PropertyDeprecated        Always              => No, No, Minor: "Code compiles; a deprecation warning appears or disappears.";
    PropertyAccessChanged     Always              => No, If(ConstructorDiffers), Patch: "";
    BoundsChanged             Always              => If(Tightened), No, Patch: "The client does not check bounds.";
    DefaultChanged            Always              => No, No, Patch: "The client leaves defaults to the server.";
    EnumValueAdded            Always              => No, No, Minor: "Enums are open: old programs keep values that they do not know.";
    EnumValueRemoved          Always              => If(Sent), Yes, Major: "The variant is removed.";
    UnionMemberAdded          Always              => No, No, Minor: "Unions are open: old programs keep members that they do not know.";
    UnionMemberRemoved        Always              => If(Sent), Yes, Major: "The variant is removed.";
    MediaTypeAdded            Always              => No, No, Patch: "The client still uses the same media type.";
    MediaTypeRemoved          Always              => If(Sent), No, Patch: "The client uses another media type.";
    SeriesChanged             Always              => No, Yes, Major: "The method that returns the points changes, or the points that it returns.";
    RustNameChanged           Always              => No, If(RustNameDiffers), Patch: "Rust names are not on the wire.";
    SecuritySchemeChanged     Added               => No, No, Patch: "Operations say which schemes they take.";
    SecuritySchemeChanged     Removed             => Yes, If(ScopesGo), Patch: "Old programs use it.";
    SecuritySchemeChanged     Changed             => Yes, No, Patch: "Old programs still send credentials for the old scheme.";
    SecuritySchemeChanged     Renamed             => No, No, Patch: "Its name in the spec is not on the wire.";
    ScopeAdded                Always              => No, No, Minor: "Old programs do not ask for it.";
    ScopeRemoved              Always              => Yes, Yes, Major: "Old programs may ask for it, and the variant is removed.";
    ServerChanged             DefaultServer       => Yes, No, Patch: "The default address changes; old programs call the old one.";
    ServerChanged             FlawedServer        => No, No, None: "The client uses the policy's server where the spec has none.";
    ServerChanged             OtherServer         => No, No, Patch: "The client uses the first server.";
    DocsChanged               Always              => No, No, Patch: "Only text for readers differs.";
    ExtensionChanged          Always              => No, No, Patch: "No code depends on it.";
    TagChanged                Always              => No, No, Patch: "Tags are text for readers.";
    InfoChanged               Always              => No, No, Patch: "Only text for readers differs.";
    DialectChanged            Always              => No, No, None: "Both versions say the same.";
    DocumentIncomplete        Always              => No, No, None: "An export lacks a section; the API stays.";
    DocumentIncomplete        ScopesCome          => No, No, Minor: "An export lacked a section; the API stays, but the values of `Scope` come from it.";
    DocumentIncomplete        ScopesGo            => No, Yes, Major: "An export lacks a section; the API stays, but the values of `Scope` come from it.";
};

/// What holds for all kinds that are about a part of something that no code depends on.
const WITHOUT_CODE: &[Row] = rows! {
    PropertyTypeChanged Unreached  => No, No, None: "No operation reaches the schema.";
    PropertyTypeChanged OnlyPart   => No, No, None: "It is not a type; the change is reported at the types that it is a part of.";
    PropertyTypeChanged OtherMedia => No, No, Patch: "The client uses another media type.";
};

/// The row of a kind and case.
pub(super) fn find_row(kind: Kind, case: Case) -> &'static Row {
    let mut without_code = WITHOUT_CODE.iter();
    let mut rows = ROWS.iter();
    let row = without_code.find(|row| row.case == case);
    let row = row.or_else(|| rows.find(|row| row.kind == kind && row.case == case));
    row.expect("each kind and case that is found has a row")
}

/// The rows as the policy's text shows them.
pub(super) fn lines() -> Vec<String> {
    let rows = ROWS.iter().map(|row| row.line(row.kind.as_str()));
    let parts = WITHOUT_CODE.iter().map(|row| row.line("parts"));
    rows.chain(parts).collect()
}
