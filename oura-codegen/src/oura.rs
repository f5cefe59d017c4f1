//! The conventions of the Oura API: the only file of the generator that knows Oura.

use crate::policy::{
    ClientHeader, Collisions, DocumentPolicy, PagePolicy, PassagePolicy, Policy, SchemePolicy,
    TwinPolicy,
};

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
    summaries: SUMMARIES,
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
    document: Some(DocumentPolicy {
        id: "id",
        days: &["day", "start_day", "timestamp"],
    }),
    // Some published exports leave the schemes out and only name them.
    schemes: &[
        SchemePolicy {
            name: "BearerAuth",
            header: None,
        },
        SchemePolicy {
            name: "OAuth2",
            header: None,
        },
        SchemePolicy {
            name: "ClientIdAuth",
            header: Some((ClientHeader::Id, "x-client-id")),
        },
        SchemePolicy {
            name: "ClientSecretAuth",
            header: Some((ClientHeader::Secret, "x-client-secret")),
        },
    ],
    passages: PASSAGES,
    time_names: &[
        ("_at", "date-time"),
        ("_time", "date-time"),
        ("_timestamp", "date-time"),
        ("_datetime", "date-time"),
        ("_date_time", "date-time"),
        ("_date", "date"),
        ("_day", "date"),
    ],
    signature: Some("/v2/usercollection/personal_info"),
    server: Some("https://api.ouraring.com"),
    hosts: &["ouraring.com"],
    collisions: Collisions::Refused,
    // Exports have said `https://api.None.com`.
    placeholder_hosts: &[
        "none",
        "null",
        "undefined",
        "example",
        "localhost",
        "placeholder",
        "todo",
    ],
};

/// Summaries of operations, and what a method's docs say instead.
const SUMMARIES: &[(&str, &str)] = &[
    (
        "Multiple Daily {} Documents",
        "Lists daily {} documents, one per day; the newest may come late.",
    ),
    (
        "Multiple Heartrate Documents",
        "Lists heart rate samples; the newest may come late.",
    ),
    (
        "Multiple Ring Battery Level Documents",
        "Lists battery levels of the ring; the newest may come late.",
    ),
    ("Multiple {} Documents", "Lists {} documents."),
    (
        "Single Personal Info Document",
        "Gets the personal info of the user.",
    ),
    ("Single {} Document", "Gets one {} document by its id."),
    ("Create {}", "Creates a {}."),
    ("Delete {}", "Deletes a {}."),
    ("Get {}", "Gets a {} by its id."),
    ("List {}", "Lists the {}."),
    ("Renew {}", "Renews a {} before it expires."),
    ("Update {}", "Updates a {}."),
];

const FAQ: &str = "Frequently Asked Questions";
const TROUBLESHOOTING: &str = "Authentication Troubleshooting";
const WEBHOOKS: &str = "Webhook Subscription Routes";

macro_rules! passages {
    ($($tag:expr, $heading:literal: $depends:literal;)*) => {
        &[$(PassagePolicy { tag: $tag, heading: $heading, depends: $depends }),*]
    };
}

/// What the spec says in prose alone, and what was written by hand after it.
const PASSAGES: &[PassagePolicy] = passages! {
    None, "Authentication": "how the access token is sent";
    None, "Oura HTTP Response Codes": "the kinds of `ApiError`";
    None, "Rate Limits": "what the client does about limits; `RateLimit::tier`";
    None, "Rate Limit Response Headers": "`RateLimit` and the wait before a retry";
    Some(FAQ), "How do I handle rate limits?": "the default of the client's own rate limit";
    Some(FAQ), "I'm getting 401 Unauthorized errors": "how long tokens are taken to last";
    Some(FAQ), "How can I validate that a webhook is legitimate?":
        "the check of a webhook's signature";
    Some(FAQ), "Why am I not receiving webhook events?":
        "the time limit of the response to a webhook";
    Some(TROUBLESHOOTING), "2. Expired Token": "how and when an access token is refreshed";
    Some(TROUBLESHOOTING), "3. Revoked Access": "the URL at which users authorize an application";
    Some(TROUBLESHOOTING), "Token Exchange Issues": "which errors of the token URL are final";
    Some(WEBHOOKS), "Step 2: Create a Webhook Subscription":
        "the headers of client credentials; one subscription for each kind of event";
    Some(WEBHOOKS), "Step 3: Verification Process":
        "the response to the challenge of a new subscription";
    Some(WEBHOOKS), "Step 4: Receiving and Processing Events":
        "the type of a webhook's event; the time limit of the response to it";
    Some(WEBHOOKS), "Verify Webhook Signatures": "the check of a webhook's signature";
    Some(WEBHOOKS), "Retry Mechanism": "what a failed delivery leads to";
    Some(WEBHOOKS), "Canceling Subscriptions": "that the response 410 cancels a subscription";
    Some(WEBHOOKS), "What if my server goes down?": "how long deliveries are tried again";
};
