//! Creates, renews and removes subscriptions, so that the wanted ones exist.
//!
//! Input: the wanted subscriptions, and those of the server. Output: calls, and a [`Report`].
//! Invariant: a subscription with another callback URL is changed only when taking over is set,
//! and it does no harm to run this again, or on two machines at once.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::IgnoredAny;
use time::Duration;
use uuid::Uuid;

use super::challenge::VerificationToken;
use super::plan::{Plan, Rules, Step, Topic, holder, until};
use crate::models::{
    CreateWebhookSubscriptionRequest, UpdateWebhookSubscriptionRequest, WebhookSubscription,
};
use crate::runtime::error::message::OneLine;
use crate::{Client, Error, TimeLimit, TransportErrorKind};

/// Creates, renews and removes the subscriptions of one callback URL, so that the wanted ones
/// exist.
///
/// ```no_run
/// use oura_generated::Client;
/// use oura_generated::models::{WebhookDataType, WebhookOperation};
/// use oura_generated::webhook::{Subscriptions, Topic};
///
/// # async fn example() -> Result<(), oura_generated::Error> {
/// let client = Client::builder().client_credentials("client id", "client secret").build()?;
/// let subscriptions = Subscriptions::new(&client, "https://example.com/oura", "verification token");
/// let wanted = [
///     Topic::new(WebhookDataType::DailySleep, WebhookOperation::Create),
///     Topic::new(WebhookDataType::DailySleep, WebhookOperation::Update),
/// ];
/// print!("{}", subscriptions.plan(wanted.clone()).await?);
/// let report = subscriptions.reconcile(wanted).await?;
/// print!("{report}");
/// # Ok(())
/// # }
/// ```
///
/// The endpoint must be up before a subscription is created: Oura sends a challenge at once. Run
/// [`reconcile`](Self::reconcile) at each start, and about once a day, because subscriptions
/// end when nobody renews them.
///
/// Creating a subscription waits until the endpoint has answered Oura's challenge, which is
/// reported to come minutes late. The call may fail before, with a timeout or a 504 of the
/// gateway. Then the list of subscriptions is fetched, and if the subscription is not in it yet,
/// the outcome is [`Outcome::Unconfirmed`]. The endpoint answers late challenges too.
#[derive(Clone, Debug)]
pub struct Subscriptions {
    client: Client,
    callback_url: String,
    token: VerificationToken,
    renew_within: Duration,
    take_over: bool,
}

/// The steps of [`Subscriptions::reconcile`]. `Display` prints a line for each.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// Each step with its outcome.
    pub results: Vec<(Step, Outcome)>,
}

/// The outcome of a step.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// There was nothing to do.
    Unchanged,
    /// The subscription was created.
    Created(WebhookSubscription),
    /// Another machine has created the subscription with our callback URL meanwhile.
    Met(WebhookSubscription),
    /// The subscription was renewed.
    Renewed(WebhookSubscription),
    /// The subscription was deleted.
    Removed,
    /// The subscription has our callback URL now.
    TakenOver(WebhookSubscription),
    /// Another callback URL has the subscription. Remove it there, or see
    /// [`Subscriptions::take_over`].
    Conflict(WebhookSubscription),
    /// The step failed; the others were done nevertheless.
    Failed(Error),
    /// The response was lost, and the list does not show the step as done. Oura may still do it
    /// minutes later: keep the endpoint up, and run this again later.
    Unconfirmed(Error),
}

impl Subscriptions {
    /// The subscriptions of `callback_url`, which is compared letter by letter. The client needs
    /// the application's id and secret.
    pub fn new(
        client: &Client,
        callback_url: impl Into<String>,
        token: impl Into<VerificationToken>,
    ) -> Self {
        Self {
            client: client.clone(),
            callback_url: callback_url.into(),
            token: token.into(),
            renew_within: Duration::days(7),
            take_over: false,
        }
    }

    /// Sets how long before its end a subscription is renewed. Default: 7 days.
    pub fn renew_within(mut self, margin: std::time::Duration) -> Self {
        self.renew_within = Duration::try_from(margin).unwrap_or(Duration::MAX);
        self
    }

    /// Sets whether a wanted subscription that has another callback URL is changed to ours.
    /// Default: no. The other URL then receives no more events.
    pub fn take_over(mut self, take_over: bool) -> Self {
        self.take_over = take_over;
        self
    }

    /// The steps that lead to subscriptions for `wanted`, and to no others with our callback URL.
    /// It lists the subscriptions and changes nothing.
    ///
    /// # Errors
    ///
    /// Those of the list of subscriptions.
    pub async fn plan<T: Into<Topic>>(
        &self,
        wanted: impl IntoIterator<Item = T>,
    ) -> Result<Plan, Error> {
        let wanted: BTreeSet<_> = wanted.into_iter().map(Into::into).collect();
        let existing = self.client.list_webhook_subscriptions().send().await?;
        Ok(Plan::make(&wanted, &existing, &self.rules()))
    }

    /// Makes a plan and carries it out, step by step. If a step fails, the report says so, and the
    /// other steps are done nevertheless.
    ///
    /// # Errors
    ///
    /// Those of the list of subscriptions; nothing was changed then.
    pub async fn reconcile<T: Into<Topic>>(
        &self,
        wanted: impl IntoIterator<Item = T>,
    ) -> Result<Report, Error> {
        let plan = self.plan(wanted).await?;
        let mut results = Vec::with_capacity(plan.steps.len());
        for step in plan.steps {
            let outcome = self.make(&step).await.unwrap_or_else(Outcome::Failed);
            results.push((step, outcome));
        }
        Ok(Report { results })
    }

    fn rules(&self) -> Rules<'_> {
        Rules::now(&self.callback_url, self.renew_within, self.take_over)
    }

    async fn make(&self, step: &Step) -> Result<Outcome, Error> {
        match step {
            Step::Keep(_) => Ok(Outcome::Unchanged),
            Step::Conflict(other) => Ok(Outcome::Conflict(other.clone())),
            Step::Create(topic) => self.create(topic, None).await,
            Step::Renew(ours) => match self.renew(ours).await {
                // It ended, or another machine removed it.
                Err(error) if error.is_not_found() => self.replace(ours).await,
                Err(error) => {
                    let lasts = |ours: &WebhookSubscription| !self.rules().ends_soon(ours);
                    let is_done = |ours: Option<_>| ours.filter(lasts).map(Outcome::Renewed);
                    self.look_again(error, ours.id, is_done).await
                }
                Ok(renewed) => Ok(Outcome::Renewed(renewed)),
            },
            Step::Remove(ours) => {
                let removal = self.client.delete_webhook_subscription(ours.id);
                match removal.send().await {
                    Err(error) if !error.is_not_found() => {
                        let is_done = |left: Option<_>| left.is_none().then_some(Outcome::Removed);
                        self.look_again(error, ours.id, is_done).await
                    }
                    _ => Ok(Outcome::Removed),
                }
            }
            Step::TakeOver(other) => self.take(other).await,
        }
    }

    /// Checks, after an error that does not show whether the server changed a subscription,
    /// whether it did. `is_done` receives the subscription that the list has now.
    async fn look_again(
        &self,
        error: Error,
        id: Uuid,
        is_done: impl FnOnce(Option<WebhookSubscription>) -> Option<Outcome>,
    ) -> Result<Outcome, Error> {
        if !may_have_worked(&error) {
            return Err(error);
        }
        let list = self.client.list_webhook_subscriptions().send().await;
        let found = list.map(|list| list.into_iter().find(|found| found.id == id));
        let outcome = found.ok().and_then(is_done);
        Ok(outcome.unwrap_or(Outcome::Unconfirmed(error)))
    }

    /// Creates a subscription that the list contains but the server does not find.
    async fn replace(&self, gone: &WebhookSubscription) -> Result<Outcome, Error> {
        self.create(&Topic::of(gone), Some(gone.id)).await
    }

    async fn create(&self, topic: &Topic, gone: Option<Uuid>) -> Result<Outcome, Error> {
        let body = CreateWebhookSubscriptionRequest::new(
            &self.callback_url,
            self.token.expose(),
            topic.event_type.clone(),
            topic.data_type.clone(),
        );
        let creation = self.client.create_webhook_subscription(&body);
        match creation.hiding(self.token.expose()).send().await {
            Ok(created) => Ok(Outcome::Created(created)),
            // The server waits until the challenge is answered, but its gateway only for a minute.
            Err(error) if may_have_worked(&error) => {
                let found = self.find_instead(topic, gone, Outcome::Created).await;
                Ok(found.unwrap_or(Outcome::Unconfirmed(error)))
            }
            Err(error) => {
                let found = self.find_instead(topic, gone, Outcome::Met).await;
                found.ok_or(error)
            }
        }
    }

    /// Looks for the subscription after its creation failed: another machine may have been faster,
    /// or only the response was lost.
    async fn find_instead(
        &self,
        topic: &Topic,
        gone: Option<Uuid>,
        ours_is: fn(WebhookSubscription) -> Outcome,
    ) -> Option<Outcome> {
        let existing = self.client.list_webhook_subscriptions().send().await.ok()?;
        let found = existing
            .into_iter()
            .filter(|found| Topic::of(found) == *topic && Some(found.id) != gone);
        let (ours, others): (Vec<_>, Vec<_>) =
            found.partition(|found| found.callback_url == self.callback_url);
        let ours = ours.into_iter().next().map(ours_is);
        ours.or_else(|| others.into_iter().next().map(Outcome::Conflict))
    }

    async fn renew(&self, ours: &WebhookSubscription) -> Result<WebhookSubscription, Error> {
        self.client.renew_webhook_subscription(ours.id).send().await
    }

    async fn take(&self, other: &WebhookSubscription) -> Result<Outcome, Error> {
        let body = UpdateWebhookSubscriptionRequest::new(self.token.expose())
            .callback_url(&self.callback_url)
            .event_type(other.event_type.clone())
            .data_type(other.data_type.clone());
        let update = self.client.update_webhook_subscription(other.id, &body);
        let ours = match update.hiding(self.token.expose()).send().await {
            Err(error) if error.is_not_found() => return self.replace(other).await,
            Err(error) => {
                let is_ours = |found: &WebhookSubscription| found.callback_url == self.callback_url;
                let is_done = |found: Option<_>| found.filter(is_ours).map(Outcome::TakenOver);
                return self.look_again(error, other.id, is_done).await;
            }
            Ok(ours) => ours,
        };
        // It has our URL now. If the renewal fails, the next run renews it.
        let renewed = match self.rules().ends_soon(&ours) {
            true => self.renew(&ours).await.ok(),
            false => None,
        };
        Ok(Outcome::TakenOver(renewed.unwrap_or(ours)))
    }
}

/// Whether the server may have done what the call requested, or may still do it: there is no
/// response, or one of a gateway.
fn may_have_worked(error: &Error) -> bool {
    match error {
        Error::Timeout { limit, .. } => !matches!(limit, TimeLimit::Connect | TimeLimit::RateLimit),
        Error::Transport { source, .. } => !matches!(
            source.kind(),
            TransportErrorKind::Connect | TransportErrorKind::ConnectTimeout
        ),
        Error::Decode { .. } => true,
        Error::Api(error) => {
            let is_page = || serde_json::from_slice::<IgnoredAny>(&error.body).is_err();
            let status = error.status;
            matches!(status.as_u16(), 502..=504) || (status.is_server_error() && is_page())
        }
        _ => false,
    }
}

impl Report {
    /// Whether the wanted subscriptions now exist, and no others with our callback URL.
    pub fn is_complete(&self) -> bool {
        let is_open = |outcome: &Outcome| {
            use Outcome::{Conflict, Failed, Unconfirmed};
            matches!(outcome, Conflict(_) | Failed(_) | Unconfirmed(_))
        };
        !self.results.iter().any(|(_, outcome)| is_open(outcome))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.results
            .iter()
            .try_for_each(|(step, outcome)| writeln!(f, "{}: {outcome}", step.topic()))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unchanged => f.write_str("unchanged"),
            Self::Created(new) => write!(f, "created, until {}", until(new)),
            Self::Met(ours) => write!(f, "created elsewhere, until {}", until(ours)),
            Self::Renewed(ours) => write!(f, "renewed, until {}", until(ours)),
            Self::Removed => f.write_str("removed"),
            Self::TakenOver(ours) => write!(f, "taken over, until {}", until(ours)),
            Self::Conflict(other) => write!(
                f,
                "in conflict with {}, which has it; see `Subscriptions::take_over`",
                holder(other)
            ),
            Self::Failed(error) => {
                write!(f, "failed: {}", OneLine::of(&error.to_string()))
            }
            Self::Unconfirmed(error) => write!(
                f,
                "not confirmed, look again in a few minutes: {}",
                OneLine::of(&error.to_string())
            ),
        }
    }
}
