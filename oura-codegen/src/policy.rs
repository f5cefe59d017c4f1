//! The conventions of a vendor, as data.
//!
//! OpenAPI says what goes over the wire; a policy says how one vendor names things. A
//! second API is a second [`Policy`] and a second overlay. Everything is optional: with
//! `Policy::default()` an SDK is generated from the spec alone.

use heck::ToSnakeCase;

/// The conventions of one vendor.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Words that are stripped in front of a schema's name: `Public`.
    pub type_prefixes: &'static [&'static str],
    /// Words that are stripped behind a schema's name: `Model`.
    pub type_suffixes: &'static [&'static str],
    /// Spellings that the case conversion would split in the wrong place, each with the
    /// spelling that it splits right: (`SpO2`, `Spo2`).
    pub spellings: &'static [(&'static str, &'static str)],
    /// Path prefixes that say nothing about an operation, the longest first. Below them, path
    /// parameters are not part of an operation's name: its verb shows whether it is about one or
    /// all.
    pub path_prefixes: &'static [&'static str],
    /// A path prefix whose operations mirror others.
    pub twin: Option<TwinPolicy>,
    /// Fixed path segments that are actions and become the verb: `renew`.
    pub actions: &'static [&'static str],
    /// Resources whose list operation has a plural name, each with the plural:
    /// (`webhook_subscription`, `webhook_subscriptions`).
    pub plurals: &'static [(&'static str, &'static str)],
    /// Summaries of operations, each with the first line of the method's docs; the first that
    /// fits counts. Any other summary becomes that line unchanged. `{}` matches any words, which
    /// the docs have in lower case: (`Multiple {} Documents`, `Lists {} documents.`).
    pub summaries: &'static [(&'static str, &'static str)],
    /// How a page and its cursor are recognized.
    pub page: Option<PagePolicy>,
    /// The Rust name of the enum whose values name the data of webhook events. A Rust name stays
    /// when the spec renames the schema.
    pub event_data: Option<&'static str>,
    /// How a document of a user is read.
    pub document: Option<DocumentPolicy>,
    /// Security schemes by name, for specs that do not describe them.
    pub schemes: &'static [SchemePolicy],
    /// Passages of the spec's prose that hand-written code depends on.
    pub passages: &'static [PassagePolicy],
    /// How names of dates and times end, each with the format of a string of that name:
    /// (`_at`, `date-time`). The longest ending counts.
    pub time_names: &'static [(&'static str, &'static str)],
    /// A path that every spec of this API has.
    pub signature: Option<&'static str>,
    /// The API's server, for specs that have none or a placeholder.
    pub server: Option<&'static str>,
    /// The hosts that credentials may go to, each with its subdomains, in lower case. Empty:
    /// any host.
    pub hosts: &'static [&'static str],
    /// Parts of host names that no published server has, in lower case: placeholders that
    /// generators write for an unknown host.
    pub placeholder_hosts: &'static [&'static str],
    /// How to resolve two names that are the same in Rust.
    pub collisions: Collisions,
}

/// How to resolve two names that are the same in Rust.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Collisions {
    /// They are an error: the maintainer of an SDK names one of them, so that no name depends on
    /// the order of the spec.
    #[default]
    Refused,
    /// The second and all that follow in the spec's order get a number, which is a fact.
    Numbered,
}

impl Policy {
    /// The format of a string of this name, if it is the name of a date or a time.
    #[must_use]
    pub fn time_format(&self, name: &str) -> Option<&'static str> {
        let name = format!("_{}", name.to_snake_case());
        let endings = self.time_names.iter();
        let fitting = endings.filter(|(ending, _)| name.ends_with(ending));
        fitting
            .max_by_key(|(ending, _)| ending.len())
            .map(|(_, format)| *format)
    }
}

/// Operations under `prefix` are twins: same names, behind `accessor`.
#[derive(Clone, Copy, Debug)]
pub struct TwinPolicy {
    /// The path prefix of the twins.
    pub prefix: &'static str,
    /// The client method that gives the view.
    pub accessor: &'static str,
    /// What the view is, for its docs.
    pub docs: &'static str,
}

/// How a page and its cursor are recognized.
#[derive(Clone, Copy, Debug)]
pub struct PagePolicy {
    /// The property that holds the documents.
    pub items: &'static str,
    /// The property that holds the cursor.
    pub cursor: &'static str,
    /// The query parameter that takes the cursor.
    pub parameter: &'static str,
    /// Pairs of query parameters that bound a list in time, the lower bound first.
    pub ranges: &'static [(&'static str, &'static str)],
    /// The query parameter that asks for the last document of a range alone.
    pub latest: Option<&'static str>,
}

/// How a document of a user is read.
#[derive(Clone, Copy, Debug)]
pub struct DocumentPolicy {
    /// The property that holds its id.
    pub id: &'static str,
    /// The properties that say on which day it lies; the first that a document has counts.
    pub days: &'static [&'static str],
}

/// What a security scheme means for a client.
#[derive(Clone, Copy, Debug)]
pub struct SchemePolicy {
    /// The scheme's name in the spec.
    pub name: &'static str,
    /// The header of an application's credentials that it describes, with the header's name for
    /// specs that do not have it; `None` means an access token.
    pub header: Option<(ClientHeader, &'static str)>,
}

/// A passage of the spec's prose that hand-written code depends on.
#[derive(Clone, Copy, Debug)]
pub struct PassagePolicy {
    /// The tag whose description holds it; `None` is the description of the API.
    pub tag: Option<&'static str>,
    /// The heading above it, without markup.
    pub heading: &'static str,
    /// What depends on it.
    pub depends: &'static str,
}

/// One of the two headers of client credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientHeader {
    /// The client id.
    Id,
    /// The client secret.
    Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_times_are_known_by_their_ending() {
        let policy = Policy {
            time_names: &[
                ("_time", "date-time"),
                ("_day", "date"),
                ("_at", "date-time"),
            ],
            ..Policy::default()
        };
        let format = |name| policy.time_format(name);
        assert_eq!(format("createdAt"), Some("date-time"));
        assert_eq!(format("bed_time"), Some("date-time"));
        assert_eq!(format("day"), Some("date"));
        assert_eq!(["bedtime", "what", "timer", ""].map(format), [None; 4]);
    }
}
