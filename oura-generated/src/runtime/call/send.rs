//! Sends a call: the attempts with their tokens, permits and waits, to the bytes of the response.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, USER_AGENT};
use http::{HeaderValue, Uri};
use tokio::runtime::Handle;
use tokio::time::Instant;
use tracing::{Instrument, Span};

use super::reply::Reply;
use super::{Call, CallPath, body, path, query, trace};
use crate::generated::API;
use crate::runtime::auth::secret::{AccessToken, SecretText};
use crate::runtime::client::ClientSettings;
use crate::runtime::client::rate_limiter::{PermitRequest, RateLimiter};
use crate::runtime::client::retry::limited_for;
use crate::runtime::decode::date_or_date_time::DateOrDateTime;
use crate::runtime::error::api::ApiError;
use crate::runtime::error::{Error, TimeLimit};
use crate::runtime::list::window;
use crate::runtime::transport::TransportErrorKind;

/// The longest URL that the crate `http` takes.
const LONGEST_URL: usize = u16::MAX as usize - 1;

/// The token that the server refused, and the one that the source gave for it.
struct Tokens {
    rejected: AccessToken,
    fresh: AccessToken,
}

impl Call {
    /// Sends the call and decodes the response, in a tracing span.
    pub(crate) async fn run<T>(
        self: Box<Self>,
        decode: fn(&Reply) -> Result<T, Error>,
    ) -> Result<(Reply, T), Error> {
        let span = trace::call_span(&self);
        let outcome = self.send(&span).instrument(span.clone()).await;
        let decode = |reply: Reply| decode(&reply).map(|value| (reply, value));
        let outcome = span.in_scope(|| outcome.and_then(decode));
        trace::record_outcome(&span, &outcome);
        outcome
    }

    /// Sends the call and reads the response. Any status but a success is an error.
    async fn send(&self, span: &Span) -> Result<Reply, Error> {
        let settings = self.client.settings()?;
        // Time limits would panic without one.
        Handle::try_current()
            .map_err(|_| Error::config("a call needs a tokio runtime; await it inside of one"))?;
        let total = self.total_timeout.or(settings.total_timeout);
        // A limit that is too long for the clock means no limit.
        let deadline = total.and_then(|total| Instant::now().checked_add(total));
        let attempts = self.attempt_until_done(settings, deadline, span);
        let Some(deadline) = deadline else {
            return attempts.await;
        };
        tokio::time::timeout_at(deadline, attempts)
            .await
            .unwrap_or_else(|_| Err(self.timed_out(TimeLimit::Total, total)))
    }

    async fn attempt_until_done(
        &self,
        settings: &ClientSettings,
        deadline: Option<Instant>,
        span: &Span,
    ) -> Result<Reply, Error> {
        let mut retries = None;
        let mut resends = 0;
        let mut tokens = None;
        loop {
            let attempt = self.attempt(settings, tokens.as_ref(), deadline);
            let (token, outcome) = attempt.await?;
            trace::record_attempt(span, resends, &outcome);
            resends += 1;
            let error = match outcome {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            if let (Some(limiter), Some(wait)) = (&settings.rate_limiter, limited_for(&error)) {
                limiter.limited(wait);
            }
            // Another token is tried once per call; the refusal says that nothing was done.
            if tokens.is_none()
                && let Some(rejected) = token
                && let Some(fresh) = self.other_token(&error, &rejected).await?
            {
                tokens = Some(Tokens { rejected, fresh });
                continue;
            }
            let retries = retries.get_or_insert_with(|| settings.retry.start());
            let Some(wait) = retries.next_wait(&self.method, &error) else {
                return Err(error);
            };
            // A wait past the deadline would end in a timeout that hides what went wrong.
            if deadline.is_some_and(|deadline| Instant::now() + wait >= deadline) {
                return Err(error);
            }
            trace::record_wait(wait);
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends the request once. The outer error ends the call, the inner one may be retried.
    async fn attempt(
        &self,
        settings: &ClientSettings,
        tokens: Option<&Tokens>,
        deadline: Option<Instant>,
    ) -> Result<(Option<AccessToken>, Result<Reply, Error>), Error> {
        let mut url = self.to_url(settings)?;
        let credentials = self.client.credentials();
        let schemes = credentials.choose(self.route, &self.security)?;
        let token = credentials
            .find_token(self.route, schemes, tokens.map(|tokens| &tokens.fresh))
            .await?;
        let sent = credentials.sent(self.route, schemes, token.as_ref())?;
        query::push_encoded(&mut url, sent.query());
        let mut request = self.to_http(settings, &url)?;
        sent.apply(request.headers_mut());
        if let Some(limiter) = &settings.rate_limiter {
            self.wait_for_permit(&**limiter, deadline).await?;
        }
        let rejected = tokens.map(|tokens| &tokens.rejected);
        let secrets = self.secrets(token.as_ref(), rejected);
        let reply = self
            .exchange(settings, request)
            .await
            .and_then(|mut reply| {
                reply.redact_trace_id(&secrets);
                match reply.status().is_success() {
                    true => Ok(reply),
                    false => Err(Error::Api(Box::new(ApiError::from_reply(&reply, &secrets)))),
                }
            });
        Ok((token, reply))
    }

    async fn wait_for_permit(
        &self,
        limiter: &dyn RateLimiter,
        deadline: Option<Instant>,
    ) -> Result<(), Error> {
        let within = deadline.map(|at| at.saturating_duration_since(Instant::now()));
        let request = PermitRequest {
            route: self.route,
            within,
        };
        let permit = limiter.acquire(request).await;
        permit.map_err(|source| match source.is_full() {
            true => self.timed_out(TimeLimit::RateLimit, None),
            false => Error::RateLimiter {
                route: self.route,
                source,
                cursor: None,
            },
        })
    }

    /// A token that is not the rejected one, if the error asks for one and the source has it.
    async fn other_token(
        &self,
        error: &Error,
        rejected: &AccessToken,
    ) -> Result<Option<AccessToken>, Error> {
        let credentials = self.client.credentials();
        if error.missing_scope().is_some() {
            return Ok(credentials.newer_token(rejected).await);
        }
        if !error.is_unauthorized() {
            return Ok(None);
        }
        let fresh = credentials.fresh_token(self.route, rejected).await?;
        Ok(fresh.filter(|fresh| fresh != rejected))
    }

    fn to_http(&self, settings: &ClientSettings, url: &str) -> Result<http::Request<Bytes>, Error> {
        let mut request = http::Request::new(self.body.clone());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.to_uri(url)?;
        let headers = request.headers_mut();
        headers.reserve(8);
        headers.insert(USER_AGENT, settings.user_agent.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(body::ACCEPTED));
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        Ok(request)
    }

    /// The URL without credentials, after a check of the arguments.
    fn to_url(&self, settings: &ClientSettings) -> Result<String, Error> {
        if let Some(problem) = &self.problem {
            return Err(Error::argument(self.route, &problem.name, &problem.message));
        }
        self.check_bounds()?;
        let mut url = settings.base_url.as_str().to_owned();
        match &self.path {
            CallPath::Template(template, args) => {
                let args: Vec<_> = args
                    .iter()
                    .map(|(name, arg)| (*name, arg.as_str()))
                    .collect();
                let path = path::fill_template(template, &args).map_err(|problem| {
                    Error::argument(self.route, problem.name, problem.message)
                })?;
                url.push_str(&path);
            }
            CallPath::Raw(path) => url.push_str(path),
        }
        query::push_query(
            &mut url,
            self.query.iter().map(|(name, value)| (&**name, &**value)),
        );
        self.to_uri(&url)?;
        Ok(url)
    }

    fn to_uri(&self, url: &str) -> Result<Uri, Error> {
        url.parse().map_err(|_| match url.len() > LONGEST_URL {
            true => Error::argument(self.route, "url", "is too long; shorten the arguments"),
            false => Error::argument(self.route, "path", "is not part of a URL"),
        })
    }

    /// The server returns an empty list for a range that ends before it starts, which looks
    /// like days without documents. What parameters of a raw call mean is not known here.
    fn check_bounds(&self) -> Result<(), Error> {
        if self.route.is_none() {
            return Ok(());
        }
        let bound = |name: &str| -> Option<DateOrDateTime> { self.query_value(name)?.parse().ok() };
        for (start, end) in API.ranges {
            if let Some((from, to)) = bound(start).zip(bound(end))
                && window::is_backwards(from, to)
            {
                return Err(Error::argument(self.route, *start, window::BACKWARDS));
            }
        }
        Ok(())
    }

    async fn exchange(
        &self,
        settings: &ClientSettings,
        request: http::Request<Bytes>,
    ) -> Result<Reply, Error> {
        let limit = self.timeout.unwrap_or(settings.timeout);
        let sent = tokio::time::timeout(limit, settings.transport.send(request)).await;
        let response = sent
            .map_err(|_| self.timed_out(TimeLimit::Attempt, Some(limit)))?
            .and_then(|response| {
                let (parts, body) = response.into_parts();
                let plain = body::decode(&parts.headers, body.clone(), settings.max_body_bytes);
                // The status says what an error response means: its body is kept as it came.
                let plain = match parts.status.is_success() {
                    true => plain?,
                    false => plain.unwrap_or(body),
                };
                Ok(http::Response::from_parts(parts, plain))
            })
            .map_err(|source| match source.kind() {
                TransportErrorKind::ConnectTimeout => {
                    self.timed_out(TimeLimit::Connect, settings.connect_timeout)
                }
                _ => Error::Transport {
                    route: self.route,
                    source,
                    cursor: None,
                },
            })?;
        let reply = Reply::new(self.route, response);
        #[cfg(feature = "drift-report")]
        let reply = reply.with_drift_hook(settings.drift.clone());
        Ok(reply)
    }

    fn timed_out(&self, limit: TimeLimit, after: Option<Duration>) -> Error {
        Error::Timeout {
            route: self.route,
            limit,
            after,
            cursor: None,
        }
    }

    /// The secrets that were sent, which no message may contain.
    fn secrets<'s>(
        &'s self,
        token: Option<&'s AccessToken>,
        rejected: Option<&'s AccessToken>,
    ) -> Vec<&'s str> {
        let tokens = token.into_iter().chain(rejected);
        let hidden = self.hidden.iter().map(SecretText::expose);
        let values = self.client.credentials().secrets();
        tokens
            .map(AccessToken::expose)
            .chain(hidden)
            .chain(values)
            .collect()
    }
}
