//! The policy as data: what each kind of change means under which circumstances.
//!
//! Input: the kind and the case of a change, and whether conditions hold. Output: the two
//! verdicts, the release and the reason. Invariant: each kind and case has one row, and the
//! policy's text shows the rows as they are here.

use super::{Kind, Semver};

/// One row of the policy.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) kind: Kind,
    pub(super) case: Case,
    pub(super) wire: Rule,
    pub(super) source: Rule,
    /// The release where code breaks, and where it does not.
    pub(super) release: (Semver, Semver),
    /// Why, where the rules do not say.
    pub(super) why: &'static str,
}

/// How a verdict comes about.
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
            /// As the policy's text says it; empty where a kind has one row.
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
    NotEmitted = "no type of its own",
    Absorbed = "the Rust name stays",
    NotAbsorbed = "the Rust name changes",
    SameOption = "the Rust type stays",
    OptionGained = "becomes an `Option`",
    OptionLost = "is no longer an `Option`",
    ArgumentComes = "`new` takes it",
    ArgumentGoes = "`new` no longer takes it",
    DefaultServer = "the default",
    FlawedServer = "a placeholder or missing",
    OtherServer = "another than the default",
    ScopesCome = "scopes come with it",
    ScopesGo = "scopes go with it",
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
            /// As the policy's text says it.
            pub(super) fn phrase(self) -> &'static str {
                match self {
                    $(Self::$name => $phrase,)+
                }
            }

            /// What a reason says of it.
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
    ReadOrTakenOtherwise = "R if decoded otherwise, Q unless old within new",
        "One side may send what the other does not expect.",
        "Each side reads what the other sends as before.";
    NotWidened = "unless widened",
        "The server may refuse what an old program sends.",
        "The server accepts what an old program sends.";
    RustDiffers = "if the Rust type differs",
        "The Rust type is another one.",
        "The Rust type stays.";
    RustNameDiffers = "if the Rust name differs",
        "Code that uses the old name no longer compiles.",
        "The Rust name stays, or code cannot use it.";
    NoAlternative = "if no old alternative suffices",
        "No credentials that an old program sends suffice.",
        "Credentials that an old program may send suffice.";
    AuthDiffers = "if `Auth` differs",
        "The client asks for other credentials.",
        "The client sends the same credentials.";
    Offered = "if the client offers it",
        "Code that names it no longer compiles or means something else.",
        "The client does not offer it.";
    OfferDiffers = "if the client offered it otherwise",
        "What the client offered goes or has another type.",
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
        "An old program demands it of every answer.",
        "An old program does not demand it of an answer.";
    Received = "R",
        "An old program cannot read an answer like that.",
        "No answer holds it.";
    Sent = "Q",
        "The server refuses what an old program may send.",
        "No request holds it.";
    Tightened = "Q if tightened",
        "The server may refuse what an old program sends.",
        "An old program sends nothing that is refused now.";
    ConstructorDiffers = "if field or constructor differs",
        "The field or its constructor is another one.",
        "The field and its constructor stay.";
    ScopesGo = "if scopes go with it",
        "Scopes go with it, and code that names them no longer compiles.",
        "No scopes go with it.";
}

const fn row(kind: Kind, case: Case, wire: Rule, source: Rule, why: &'static str) -> Row {
    Row {
        kind,
        case,
        wire,
        source,
        release: (Semver::Major, Semver::Patch),
        why,
    }
}

impl Row {
    const fn minor(mut self) -> Self {
        self.release.1 = Semver::Minor;
        self
    }

    const fn none(mut self) -> Self {
        self.release.1 = Semver::None;
        self
    }

    /// The line of the policy's text.
    pub(super) fn line(&self) -> String {
        let release = match self.source {
            Rule::No => self.release.1.as_str().to_owned(),
            Rule::Yes => self.release.0.as_str().to_owned(),
            Rule::If(_) => format!("{}/{}", self.release.0.as_str(), self.release.1.as_str()),
        };
        let (kind, case) = (self.kind.as_str(), self.case.text());
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

use Case::*;
use Condition as C;
use Rule::{If, No, Yes};

/// The policy.
pub(super) const ROWS: &[Row] = &[
    row(
        Kind::OperationAdded,
        Always,
        No,
        No,
        "Old programs do not call it.",
    )
    .minor(),
    row(
        Kind::OperationRemoved,
        Always,
        Yes,
        Yes,
        "Calls fail, and the method goes.",
    ),
    row(
        Kind::OperationRenamed,
        Always,
        No,
        Yes,
        "The same call is another method.",
    ),
    row(
        Kind::OperationIdChanged,
        Always,
        No,
        No,
        "No name in Rust comes from it.",
    ),
    row(
        Kind::OperationDeprecated,
        Always,
        No,
        No,
        "Code compiles, with another warning or none.",
    )
    .minor(),
    row(
        Kind::OperationSecurityChanged,
        Always,
        If(C::NoAlternative),
        If(C::AuthDiffers),
        "",
    ),
    row(
        Kind::OperationScopeChanged,
        Always,
        Yes,
        No,
        "The server may refuse a token that was granted what it took to ask for.",
    )
    .minor(),
    row(
        Kind::OperationTagsChanged,
        Always,
        No,
        No,
        "Tags are words for readers.",
    ),
    row(
        Kind::ParameterAdded,
        Optional,
        No,
        No,
        "It may be left out.",
    )
    .minor(),
    row(
        Kind::ParameterAdded,
        Required,
        Yes,
        Yes,
        "Old programs do not send it, and calls take one more argument.",
    ),
    row(
        Kind::ParameterRemoved,
        InQuery,
        No,
        If(C::Offered),
        "A server ignores what it does not know in a query.",
    ),
    row(
        Kind::ParameterRemoved,
        Cursor,
        Yes,
        If(C::Offered),
        "Old programs would ask for the first page for ever.",
    ),
    row(
        Kind::ParameterRemoved,
        Elsewhere,
        Yes,
        If(C::Offered),
        "The request that old programs send is another one.",
    ),
    row(
        Kind::ParameterRequired,
        ToRequired,
        Yes,
        Yes,
        "Old programs may leave it out, and a setter becomes an argument.",
    ),
    row(
        Kind::ParameterRequired,
        ToOptional,
        No,
        Yes,
        "An argument becomes a setter.",
    ),
    row(
        Kind::ParameterRenamed,
        Always,
        No,
        No,
        "Its place in the path tells it apart, not its name.",
    ),
    row(
        Kind::ParameterTypeChanged,
        Always,
        If(C::NotWidened),
        If(C::RustDiffers),
        "",
    ),
    row(
        Kind::ParameterNullableChanged,
        Always,
        No,
        No,
        "A parameter that is not set is not sent.",
    ),
    row(
        Kind::ParameterDeprecated,
        Always,
        No,
        No,
        "Code compiles, with another warning or none.",
    )
    .minor(),
    row(
        Kind::ParameterStyleChanged,
        Always,
        Yes,
        No,
        "Old programs write it as it was.",
    ),
    row(
        Kind::ParameterSelectionChanged,
        Always,
        No,
        If(C::OfferDiffers),
        "",
    )
    .minor(),
    row(
        Kind::ArgumentsReordered,
        Always,
        No,
        Yes,
        "Code that compiles could pass the wrong values.",
    ),
    row(
        Kind::ArgumentsReordered,
        InPath,
        Yes,
        Yes,
        "Old programs, and code that compiles, pass each value in the place of another.",
    ),
    row(
        Kind::RequestBodyChanged,
        Always,
        If(C::NotWidened),
        If(C::BodyDiffers),
        "",
    )
    .minor(),
    row(
        Kind::ResponseAdded,
        ErrorStatus,
        No,
        No,
        "The client reads any error.",
    ),
    row(
        Kind::ResponseAdded,
        Success,
        Yes,
        If(C::ReturnDiffers),
        "Old programs do not expect this answer.",
    ),
    row(
        Kind::ResponseRemoved,
        ErrorStatus,
        No,
        No,
        "The client reads any error.",
    ),
    row(
        Kind::ResponseRemoved,
        Success,
        Yes,
        If(C::ReturnDiffers),
        "Old programs expect this answer.",
    ),
    row(
        Kind::ResponseTypeChanged,
        ErrorStatus,
        No,
        No,
        "The client reads any error.",
    ),
    row(
        Kind::ResponseTypeChanged,
        Success,
        If(C::NotWithin),
        If(C::ReturnDiffers),
        "",
    ),
    row(
        Kind::ResponseHeaderChanged,
        Always,
        No,
        No,
        "Headers are handed over as they come.",
    ),
    row(
        Kind::ResponseLinkChanged,
        Always,
        No,
        No,
        "No code depends on links.",
    ),
    row(
        Kind::ResponseDictionaryAdded,
        Always,
        No,
        No,
        "It answers those who select fields.",
    )
    .minor(),
    row(
        Kind::ResponseDictionaryRemoved,
        Always,
        If(C::Selectable),
        Yes,
        "No answer is described for selected fields any more.",
    ),
    row(
        Kind::SchemaAdded,
        Emitted,
        No,
        No,
        "A type comes; what uses it says what that means.",
    )
    .minor(),
    row(
        Kind::SchemaAdded,
        NotEmitted,
        No,
        No,
        "What uses it says what that means.",
    )
    .none(),
    row(
        Kind::SchemaRemoved,
        Emitted,
        No,
        Yes,
        "The type goes; what used it says what that means on the wire.",
    ),
    row(
        Kind::SchemaRemoved,
        NotEmitted,
        No,
        No,
        "What used it says what that means.",
    )
    .none(),
    row(
        Kind::SchemaRenamed,
        Absorbed,
        No,
        No,
        "The name in the document is not on the wire.",
    ),
    row(
        Kind::SchemaRenamed,
        NotAbsorbed,
        No,
        Yes,
        "The type has another name; an `x-rust-name` in the overlay keeps the old one.",
    ),
    row(
        Kind::SchemaMerged,
        Always,
        No,
        If(C::NamesChange),
        "The values stay.",
    ),
    row(
        Kind::SchemaGenericChanged,
        Always,
        If(C::Deviates),
        If(C::NamesChange),
        "",
    ),
    row(
        Kind::SchemaReached,
        Always,
        No,
        No,
        "The first use of the schema makes a type of it.",
    )
    .minor(),
    row(
        Kind::SchemaUnreached,
        Always,
        No,
        Yes,
        "Nothing uses the schema any more, so that its type goes.",
    ),
    row(
        Kind::PropertyAdded,
        Optional,
        No,
        No,
        "Old programs ignore it in answers and may leave it out of requests.",
    )
    .minor(),
    row(
        Kind::PropertyAdded,
        RequiredInRequests,
        Yes,
        Yes,
        "Old programs do not send it, and `new` takes one more argument.",
    ),
    row(
        Kind::PropertyAdded,
        RequiredWithDefault,
        No,
        Yes,
        "The server fills its default in, and `new` takes one more argument.",
    ),
    row(
        Kind::PropertyRemoved,
        Always,
        If(C::Demanded),
        Yes,
        "The field goes.",
    ),
    row(
        Kind::PropertyTypeChanged,
        Always,
        If(C::NotWithin),
        If(C::RustDiffers),
        "",
    ),
    row(
        Kind::PropertyFormatChanged,
        Always,
        If(C::ReadOrTakenOtherwise),
        If(C::RustDiffers),
        "",
    ),
    row(
        Kind::PropertyRefChanged,
        Always,
        If(C::ReadOrTakenOtherwise),
        If(C::RustDiffers),
        "",
    ),
    row(
        Kind::PropertyRequiredChanged,
        SameOption,
        No,
        No,
        "Absent and null read alike.",
    )
    .none(),
    row(
        Kind::PropertyRequiredChanged,
        OptionGained,
        If(C::Received),
        Yes,
        "The field becomes an `Option`.",
    ),
    row(
        Kind::PropertyRequiredChanged,
        OptionLost,
        If(C::Sent),
        Yes,
        "The field is no longer an `Option`.",
    ),
    row(
        Kind::PropertyRequiredChanged,
        ArgumentComes,
        If(C::Sent),
        Yes,
        "Old programs may leave it out, and `new` takes one more argument.",
    ),
    row(
        Kind::PropertyRequiredChanged,
        ArgumentGoes,
        No,
        Yes,
        "`new` takes one argument less.",
    ),
    row(
        Kind::PropertyNullableChanged,
        SameOption,
        No,
        No,
        "Absent and null read alike.",
    )
    .none(),
    row(
        Kind::PropertyNullableChanged,
        OptionGained,
        If(C::Received),
        Yes,
        "The field becomes an `Option`.",
    ),
    row(
        Kind::PropertyNullableChanged,
        OptionLost,
        If(C::Sent),
        Yes,
        "The field is no longer an `Option`.",
    ),
    row(
        Kind::PropertyDeprecated,
        Always,
        No,
        No,
        "Code compiles, with another warning or none.",
    )
    .minor(),
    row(
        Kind::PropertyAccessChanged,
        Always,
        No,
        If(C::ConstructorDiffers),
        "",
    ),
    row(
        Kind::BoundsChanged,
        Always,
        If(C::Tightened),
        No,
        "The client does not check bounds.",
    ),
    row(
        Kind::DefaultChanged,
        Always,
        No,
        No,
        "The client leaves defaults to the server.",
    ),
    row(
        Kind::EnumValueAdded,
        Always,
        No,
        No,
        "Enums are open: old programs keep values that they do not know.",
    )
    .minor(),
    row(
        Kind::EnumValueRemoved,
        Always,
        If(C::Sent),
        Yes,
        "The variant goes.",
    ),
    row(
        Kind::UnionMemberAdded,
        Always,
        No,
        No,
        "Unions are open: old programs keep members that they do not know.",
    )
    .minor(),
    row(
        Kind::UnionMemberRemoved,
        Always,
        If(C::Sent),
        Yes,
        "The variant goes.",
    ),
    row(
        Kind::MediaTypeAdded,
        Always,
        No,
        No,
        "The client uses the media type that it used.",
    ),
    row(
        Kind::MediaTypeRemoved,
        Always,
        If(C::Sent),
        No,
        "The client uses another media type.",
    ),
    row(
        Kind::SeriesChanged,
        Always,
        No,
        Yes,
        "The method that gives the points, or what it gives, is another one.",
    ),
    row(
        Kind::RustNameChanged,
        Always,
        No,
        If(C::RustNameDiffers),
        "The server knows nothing of it.",
    ),
    row(
        Kind::SecuritySchemeChanged,
        Added,
        No,
        No,
        "Operations say which schemes they take.",
    ),
    row(
        Kind::SecuritySchemeChanged,
        Removed,
        Yes,
        If(C::ScopesGo),
        "Old programs use it.",
    ),
    row(
        Kind::SecuritySchemeChanged,
        Changed,
        Yes,
        No,
        "Old programs send their credentials as it was.",
    ),
    row(
        Kind::SecuritySchemeChanged,
        Renamed,
        No,
        No,
        "Its name in the document is not on the wire.",
    ),
    row(
        Kind::ScopeAdded,
        Always,
        No,
        No,
        "Old programs do not ask for it.",
    )
    .minor(),
    row(
        Kind::ScopeRemoved,
        Always,
        Yes,
        Yes,
        "Old programs may ask for it, and the variant goes.",
    ),
    row(
        Kind::ServerChanged,
        DefaultServer,
        Yes,
        No,
        "The default address is another one; old programs talk to the old one.",
    ),
    row(
        Kind::ServerChanged,
        FlawedServer,
        No,
        No,
        "The client uses the policy's server where the spec has none.",
    )
    .none(),
    row(
        Kind::ServerChanged,
        OtherServer,
        No,
        No,
        "The client talks to the first server.",
    ),
    row(
        Kind::DocsChanged,
        Always,
        No,
        No,
        "Only words for readers differ.",
    ),
    row(
        Kind::ExtensionChanged,
        Always,
        No,
        No,
        "No code depends on it.",
    ),
    row(
        Kind::TagChanged,
        Always,
        No,
        No,
        "Tags are words for readers.",
    ),
    row(
        Kind::InfoChanged,
        Always,
        No,
        No,
        "Only words for readers differ.",
    ),
    row(
        Kind::DialectChanged,
        Always,
        No,
        No,
        "Both versions say the same.",
    )
    .none(),
    row(
        Kind::DocumentIncomplete,
        Always,
        No,
        No,
        "An export lacks a section; the API stays.",
    )
    .none(),
    row(
        Kind::DocumentIncomplete,
        ScopesCome,
        No,
        No,
        "An export lacked a section; the API stays, but the values of `Scope` come from it.",
    )
    .minor(),
    row(
        Kind::DocumentIncomplete,
        ScopesGo,
        No,
        Yes,
        "An export lacks a section; the API stays, but the values of `Scope` come from it.",
    ),
];

/// What holds for all kinds that are about a part of something that no code depends on.
const WITHOUT_CODE: &[Row] = &[
    row(
        Kind::PropertyTypeChanged,
        Unreached,
        No,
        No,
        "No operation reaches the schema.",
    )
    .none(),
    row(
        Kind::PropertyTypeChanged,
        OnlyPart,
        No,
        No,
        "It is no type itself; the types that it is a part of say what changed.",
    )
    .none(),
    row(
        Kind::PropertyTypeChanged,
        OtherMedia,
        No,
        No,
        "The client uses another media type.",
    ),
];

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
    let any = |line: String| line.replace("| property.type_changed |", "| parts |");
    let without_code = WITHOUT_CODE.iter().map(|row| any(row.line()));
    ROWS.iter().map(Row::line).chain(without_code).collect()
}
