//! The conventions of the Oura API: the only file of the generator that knows Oura.

use crate::policy::{
    ClientHeader, Collisions, DocumentPolicy, PagePolicy, PassagePolicy, Policy, SchemePolicy,
    SummaryPolicy, TwinPolicy,
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
const SUMMARIES: &[SummaryPolicy] = &[
    SummaryPolicy {
        summary: "Multiple Daily {} Documents",
        title: "Lists daily {} documents, one per day; the newest may come late.",
    },
    SummaryPolicy {
        summary: "Multiple Heartrate Documents",
        title: "Lists heart rate samples; the newest may come late.",
    },
    SummaryPolicy {
        summary: "Multiple Ring Battery Level Documents",
        title: "Lists battery levels of the ring; the newest may come late.",
    },
    SummaryPolicy {
        summary: "Multiple {} Documents",
        title: "Lists {} documents.",
    },
    SummaryPolicy {
        summary: "Single Personal Info Document",
        title: "Gets the personal info of the user.",
    },
    SummaryPolicy {
        summary: "Single {} Document",
        title: "Gets one {} document by its id.",
    },
    SummaryPolicy {
        summary: "Create {}",
        title: "Creates a {}.",
    },
    SummaryPolicy {
        summary: "Delete {}",
        title: "Deletes a {}.",
    },
    SummaryPolicy {
        summary: "Get {}",
        title: "Gets a {} by its id.",
    },
    SummaryPolicy {
        summary: "List {}",
        title: "Lists the {}.",
    },
    SummaryPolicy {
        summary: "Renew {}",
        title: "Renews a {} before it expires.",
    },
    SummaryPolicy {
        summary: "Update {}",
        title: "Updates a {}.",
    },
];

const FAQ: &str = "Frequently Asked Questions";
const TROUBLESHOOTING: &str = "Authentication Troubleshooting";
const WEBHOOKS: &str = "Webhook Subscription Routes";

/// What the document says in prose alone, and what was written by hand after it.
const PASSAGES: &[PassagePolicy] = &[
    PassagePolicy {
        tag: None,
        heading: "Authentication",
        depends: "how the access token is sent",
    },
    PassagePolicy {
        tag: None,
        heading: "Oura HTTP Response Codes",
        depends: "the kinds of `ApiError`",
    },
    PassagePolicy {
        tag: None,
        heading: "Rate Limits",
        depends: "what the client does about limits; `RateLimit::tier`",
    },
    PassagePolicy {
        tag: None,
        heading: "Rate Limit Response Headers",
        depends: "`RateLimit` and the wait before a retry",
    },
    PassagePolicy {
        tag: Some(FAQ),
        heading: "How do I handle rate limits?",
        depends: "the default of the client's own rate limit",
    },
    PassagePolicy {
        tag: Some(FAQ),
        heading: "I'm getting 401 Unauthorized errors",
        depends: "how long tokens are taken to last",
    },
    PassagePolicy {
        tag: Some(FAQ),
        heading: "How can I validate that a webhook is legitimate?",
        depends: "the check of a webhook's signature",
    },
    PassagePolicy {
        tag: Some(FAQ),
        heading: "Why am I not receiving webhook events?",
        depends: "the time that a webhook has to be answered",
    },
    PassagePolicy {
        tag: Some(TROUBLESHOOTING),
        heading: "2. Expired Token",
        depends: "how and when an access token is refreshed",
    },
    PassagePolicy {
        tag: Some(TROUBLESHOOTING),
        heading: "3. Revoked Access",
        depends: "the URL at which users authorize an application",
    },
    PassagePolicy {
        tag: Some(TROUBLESHOOTING),
        heading: "Token Exchange Issues",
        depends: "which errors of the token URL are final",
    },
    PassagePolicy {
        tag: Some(WEBHOOKS),
        heading: "Step 2: Create a Webhook Subscription",
        depends: "the headers of client credentials; one subscription for each kind of event",
    },
    PassagePolicy {
        tag: Some(WEBHOOKS),
        heading: "Step 3: Verification Process",
        depends: "the answer to the challenge of a new subscription",
    },
    PassagePolicy {
        tag: Some(WEBHOOKS),
        heading: "Step 4: Receiving and Processing Events",
        depends: "the type of a webhook's event; the time that it has to be answered",
    },
    PassagePolicy {
        tag: Some(WEBHOOKS),
        heading: "Verify Webhook Signatures",
        depends: "the check of a webhook's signature",
    },
    PassagePolicy {
        tag: Some(WEBHOOKS),
        heading: "Retry Mechanism",
        depends: "what a failed delivery leads to",
    },
    PassagePolicy {
        tag: Some(WEBHOOKS),
        heading: "Canceling Subscriptions",
        depends: "that the answer 410 cancels a subscription",
    },
    PassagePolicy {
        tag: Some(WEBHOOKS),
        heading: "What if my server goes down?",
        depends: "how long deliveries are tried again",
    },
];
