//! Plans the changes that lead from the existing subscriptions to the wanted ones.
//!
//! Input: the wanted and the existing subscriptions. Output: a [`Plan`], a value without effects.
//! Invariant: a subscription with another callback URL is in no step but a conflict, unless
//! taking over is set.

use std::collections::BTreeSet;
use std::fmt;

use time::{Duration, OffsetDateTime};

use crate::models::{WebhookDataType, WebhookOperation, WebhookSubscription};

/// What a subscription is for: a type of data, and what happens to it. An application has one
/// subscription for each topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Topic {
    /// The type of data.
    pub data_type: WebhookDataType,
    /// What happens to it.
    pub event_type: WebhookOperation,
}

/// The steps that lead to the wanted subscriptions. `Display` prints a line for each step.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// The steps, sorted by topic.
    pub steps: Vec<Step>,
}

/// One step of a [`Plan`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// Keep the subscription, which does not end soon.
    Keep(WebhookSubscription),
    /// Create a subscription that is missing.
    Create(Topic),
    /// Renew a subscription that ends soon.
    Renew(WebhookSubscription),
    /// Remove a subscription with our callback URL that is not wanted, or that exists twice.
    Remove(WebhookSubscription),
    /// Change the callback URL of a subscription to ours.
    TakeOver(WebhookSubscription),
    /// Do nothing: the subscription has another callback URL, and taking over is not set.
    Conflict(WebhookSubscription),
}

/// The rules that decide about the steps.
pub(super) struct Rules<'a> {
    pub(super) callback_url: &'a str,
    /// A subscription that ends before this is renewed.
    pub(super) renew_before: OffsetDateTime,
    pub(super) take_over: bool,
}

impl Topic {
    /// A topic.
    pub fn new(
        data_type: impl Into<WebhookDataType>,
        event_type: impl Into<WebhookOperation>,
    ) -> Self {
        Self {
            data_type: data_type.into(),
            event_type: event_type.into(),
        }
    }

    /// The topic of a subscription.
    pub fn of(subscription: &WebhookSubscription) -> Self {
        Self::new(
            subscription.data_type.clone(),
            subscription.event_type.clone(),
        )
    }
}

impl Plan {
    /// Whether there is nothing to do and no conflict.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| matches!(step, Step::Keep(_)))
    }

    pub(super) fn make(
        wanted: &BTreeSet<Topic>,
        existing: &[WebhookSubscription],
        rules: &Rules<'_>,
    ) -> Self {
        let is_ours = |found: &&WebhookSubscription| found.callback_url == rules.callback_url;
        let mut steps = Vec::new();
        for topic in wanted {
            let found = || existing.iter().filter(|found| Topic::of(found) == *topic);
            // If there are several, all machines keep the same one.
            let ours = found().filter(is_ours);
            let kept = ours.max_by_key(|ours| (ours.expiration_time, ours.id));
            steps.push(match (kept, found().next()) {
                (Some(ours), _) if rules.ends_soon(ours) => Step::Renew(ours.clone()),
                (Some(ours), _) => Step::Keep(ours.clone()),
                (None, Some(other)) if rules.take_over => Step::TakeOver(other.clone()),
                (None, Some(other)) => Step::Conflict(other.clone()),
                (None, None) => Step::Create(topic.clone()),
            });
            let others = found().filter(is_ours);
            let others = others.filter(|other| kept.is_some_and(|kept| kept.id != other.id));
            steps.extend(others.cloned().map(Step::Remove));
        }
        let ours = existing.iter().filter(is_ours);
        let unwanted = ours.filter(|ours| !wanted.contains(&Topic::of(ours)));
        steps.extend(unwanted.cloned().map(Step::Remove));
        steps.sort_by_key(Step::topic);
        Self { steps }
    }
}

impl Rules<'_> {
    pub(super) fn ends_soon(&self, subscription: &WebhookSubscription) -> bool {
        subscription.expiration_time <= self.renew_before
    }

    /// Rules of the present moment.
    pub(super) fn now(callback_url: &str, renew_within: Duration, take_over: bool) -> Rules<'_> {
        let now = OffsetDateTime::now_utc();
        let renew_before = now.checked_add(renew_within);
        Rules {
            callback_url,
            // A margin beyond the calendar means that everything ends soon.
            renew_before: renew_before.unwrap_or(time::PrimitiveDateTime::MAX.assume_utc()),
            take_over,
        }
    }
}

impl Step {
    /// The topic of the step.
    pub fn topic(&self) -> Topic {
        match self {
            Self::Create(topic) => topic.clone(),
            Self::Keep(subscription)
            | Self::Renew(subscription)
            | Self::Remove(subscription)
            | Self::TakeOver(subscription)
            | Self::Conflict(subscription) => Topic::of(subscription),
        }
    }
}

impl From<(WebhookDataType, WebhookOperation)> for Topic {
    fn from((data_type, event_type): (WebhookDataType, WebhookOperation)) -> Self {
        Self::new(data_type, event_type)
    }
}

/// `sleep/update`.
impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}/{}", self.data_type, self.event_type);
        f.pad(&text)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let topic = self.topic();
        match self {
            Self::Keep(known) => write!(f, "keep      {topic}, until {}", until(known)),
            Self::Create(_) => write!(f, "create    {topic}"),
            Self::Renew(known) => write!(f, "renew     {topic}, which ends {}", until(known)),
            Self::Remove(known) => write!(f, "remove    {topic} ({})", known.id),
            Self::TakeOver(other) => write!(f, "take over {topic} from {}", holder(other)),
            Self::Conflict(other) => write!(f, "conflict  {topic} is with {}", holder(other)),
        }
    }
}

pub(super) fn until(subscription: &WebhookSubscription) -> time::Date {
    subscription.expiration_time.date()
}

/// The callback URL without its query, which may contain secrets.
pub(super) fn holder(subscription: &WebhookSubscription) -> impl fmt::Display {
    let url = &subscription.callback_url;
    url.split(['?', '#']).next().unwrap_or(url)
}
