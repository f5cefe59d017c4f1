//! The conventions of the Oura API: the only file of the generator that knows Oura.

use crate::ir::Auth;
use crate::policy::{ClientHeader, PagePolicy, Policy, SchemePolicy, TwinPolicy};

/// How Oura names things.
pub const POLICY: Policy = Policy {
    type_prefixes: &["Public"],
    type_suffixes: &["Model"],
    spellings: &[("SpO2", "Spo2"), ("VO2", "Vo2"), ("vO2", "Vo2")],
    path_prefixes: &["/v2/sandbox/usercollection", "/v2/usercollection", "/v2"],
    twin: Some(TwinPolicy {
        prefix: "/v2/sandbox",
        accessor: "sandbox",
        docs: "The sandbox: the same operations on made-up data of a user who does not exist. \
               It takes any access token, and its calls count toward the rate limits.",
    }),
    actions: &["renew"],
    plurals: &[("webhook_subscription", "webhook_subscriptions")],
    page: Some(PagePolicy {
        items: "data",
        cursor: "next_token",
        parameter: "next_token",
        ranges: &[
            ("start_date", "end_date"),
            ("start_datetime", "end_datetime"),
        ],
        latest: Some("latest"),
    }),
    event_data: Some("WebhookDataType"),
    // Some published exports leave the schemes out and only name them.
    schemes: &[
        SchemePolicy {
            name: "BearerAuth",
            auth: Auth::Bearer,
            header: None,
        },
        SchemePolicy {
            name: "OAuth2",
            auth: Auth::Bearer,
            header: None,
        },
        SchemePolicy {
            name: "ClientIdAuth",
            auth: Auth::ClientSecret,
            header: Some((ClientHeader::Id, "x-client-id")),
        },
        SchemePolicy {
            name: "ClientSecretAuth",
            auth: Auth::ClientSecret,
            header: Some((ClientHeader::Secret, "x-client-secret")),
        },
    ],
};
