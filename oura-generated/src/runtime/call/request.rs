//! The request builder of an operation, and how it is sent.

use std::borrow::Cow;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE};
use http::{HeaderName, HeaderValue, Method};
use percent_encoding::utf8_percent_encode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::multipart::{self, Part};
use super::path::{ENCODED, encode_argument};
use super::query::{self, ListStyle, QueryValue};
use super::reply::{Reply, Response};
use super::{form, headers};
use crate::Route;
use crate::runtime::call::{Call, CallPath};
use crate::runtime::client::Client;
use crate::runtime::decode;
use crate::runtime::decode::wire::Wire;
use crate::runtime::error::Error;
use crate::runtime::route::{Auth, Operation};

/// A request of operation `O` whose response is a `T`.
///
/// Set optional parameters, then [`send`](Self::send) it, or just `.await` it. Nothing is sent
/// before that. If an argument cannot be sent, sending the request fails.
#[must_use = "a request does nothing until it is sent"]
pub struct Request<O, T> {
    /// In a box, because each setter moves the request.
    call: Box<Call>,
    decode: fn(&Reply) -> Result<T, Error>,
    operation: PhantomData<fn() -> O>,
}

/// The marker of requests made by [`Client::raw`].
#[derive(Debug)]
pub enum Raw {}

/// The future that awaiting a [`Request`] makes.
pub type RequestFuture<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

impl<O, T> Request<O, T> {
    /// Adds a parameter to the query, for parameters that are newer than this crate. If a parameter
    /// has a setter, use that. If it is a parameter of a security scheme of the spec, sending the
    /// request fails with [`Error::Argument`], as for such a [`header`](Self::header).
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        match query::is_credential(&name) {
            true => self.call.refuse(name, headers::FOR_CREDENTIALS),
            false => self.call.query.push((Cow::Owned(name), value.into())),
        }
        self
    }

    /// Sets a header, for headers that are newer than this crate. It replaces a header of
    /// that name that the client sends.
    ///
    /// For headers with credentials and those of the connection (`Host`, `Content-Length` and the
    /// like), sending the request fails with [`Error::Argument`]: the client sends the credentials
    /// of each route, see [`Client::with_access_token`].
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let name = name.as_ref();
        match headers::check(name, value.as_ref()) {
            Ok((name, value)) => {
                self.call.headers.insert(name, value);
            }
            Err(message) => self.call.refuse(name, message),
        }
        self
    }

    /// Sets the time limit of one attempt, instead of the client's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.call.timeout = Some(timeout);
        self
    }

    /// Sets the time limit of the call with all its attempts and the waits between them,
    /// instead of the client's.
    pub fn total_timeout(mut self, timeout: Duration) -> Self {
        self.call.total_timeout = Some(timeout);
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    ///
    /// See [`Error`]. The docs of the operation's method list the error statuses of the spec.
    pub async fn send(self) -> Result<T, Error> {
        let (_, value) = self.call.run(self.decode).await?;
        Ok(value)
    }

    /// Sends the request and returns status, headers and trace id together with the value.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_with_response(self) -> Result<Response<T>, Error> {
        let (reply, value) = self.call.run(self.decode).await?;
        Ok(reply.into_response(value))
    }
}

impl<O, T: 'static> IntoFuture for Request<O, T> {
    type Output = Result<T, Error>;
    type IntoFuture = RequestFuture<T>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { call, decode, .. } = self;
        Box::pin(async move { call.run(decode).await.map(|(_, value)| value) })
    }
}

impl<T> Request<Raw, T> {
    /// Sets which credentials are sent. By default these are the credentials of the route with this
    /// method and path, or an access token if there is no such route.
    pub fn auth(mut self, auth: Auth) -> Self {
        self.call.security = auth.alternatives();
        self
    }

    /// Sets the body.
    pub fn json<B: Serialize + ?Sized>(self, body: &B) -> Self {
        self.with_json(body)
    }

    /// Decodes the response as `U`. An empty body is read as JSON's `null`, so that `()` and
    /// options work for routes whose response is empty.
    pub fn decode<U: DeserializeOwned>(self) -> Request<Raw, U> {
        self.with_decode(decode::json_or_nothing)
    }
}

impl Client {
    /// A request to a route that is newer than this crate. `path` comes after the base URL
    /// and is sent as it is; set the query with [`query`](Request::query). A response
    /// without a body is [`Value::Null`].
    ///
    /// ```no_run
    /// # async fn example(client: oura_generated::Client) -> Result<(), oura_generated::Error> {
    /// use oura_generated::http::Method;
    ///
    /// let page = client.raw(Method::GET, "/v2/usercollection/new").query("latest", "true").await?;
    /// println!("{}", page["data"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn raw(&self, method: Method, path: impl Into<String>) -> Request<Raw, Value> {
        let call = Box::new(Call::raw(self, method, path.into()));
        Request {
            call,
            decode: decode::json_or_nothing,
            operation: PhantomData,
        }
    }
}

/// The functions that generated methods call.
#[allow(dead_code, reason = "which of them are used depends on the spec")]
impl<O, T> Request<O, T> {
    pub(crate) fn new(client: &Client, decode: fn(&Reply) -> Result<T, Error>) -> Self
    where
        O: Operation,
    {
        Self::of_route(client, O::ROUTE, decode)
    }

    /// A request to a route that is known when the program runs.
    pub(crate) fn of_route(
        client: &Client,
        route: Route,
        decode: fn(&Reply) -> Result<T, Error>,
    ) -> Self {
        Self {
            call: Box::new(Call::of_route(client, route)),
            decode,
            operation: PhantomData,
        }
    }

    /// Keeps this part of the body out of messages.
    #[cfg(feature = "webhook")]
    pub(crate) fn hiding(mut self, secret: &str) -> Self {
        self.call.hidden = Some(crate::runtime::auth::secret::SecretText::new(secret));
        self
    }

    pub(crate) fn into_call(self) -> Box<Call> {
        self.call
    }

    pub(crate) fn with_decode<U>(self, decode: fn(&Reply) -> Result<U, Error>) -> Request<O, U> {
        Request {
            call: self.call,
            decode,
            operation: PhantomData,
        }
    }

    /// A path argument.
    pub(crate) fn with_path(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        if let CallPath::Template(_, args) = &mut self.call.path {
            args.push((name, encode_argument(&value.to_string())));
        }
        self
    }

    /// The values of a path argument, separated by commas.
    pub(crate) fn with_path_list<V: QueryValue>(
        mut self,
        name: &'static str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        match collect_values(values) {
            Ok(values) => {
                let values: Vec<_> = values.iter().map(|value| encode_argument(value)).collect();
                if let CallPath::Template(_, args) = &mut self.call.path {
                    args.push((name, values.join(",")));
                }
            }
            Err(message) => self.call.refuse(name, message),
        }
        self
    }

    /// A path argument that `Display` would write in another form than the API.
    pub(crate) fn with_path_value<V: QueryValue>(mut self, name: &'static str, value: V) -> Self {
        match value.query_value() {
            Ok(value) => self.with_path(name, value),
            Err(message) => {
                self.call.refuse(name, message);
                self
            }
        }
    }

    /// The only value of a query parameter.
    pub(crate) fn with_query<V: QueryValue>(self, name: &'static str, value: V) -> Self {
        self.with_query_list(name, [value], ListStyle::Repeat)
    }

    /// The values of a query parameter.
    pub(crate) fn with_query_list<V: QueryValue>(
        mut self,
        name: &'static str,
        values: impl IntoIterator<Item = V>,
        style: ListStyle,
    ) -> Self {
        match collect_values(values).and_then(|values| style.join(values)) {
            Ok(values) => self.call.set_query(name, values),
            Err(message) => self.call.refuse(name, message),
        }
        self
    }

    /// The members of an object in a query.
    pub(crate) fn with_query_object<V: Serialize>(
        mut self,
        name: &'static str,
        value: V,
        style: ListStyle,
    ) -> Self {
        let mut pairs = form::Pairs::new();
        let value = serde_json::to_value(value).map_err(|_| "has a value that cannot be written");
        match value.and_then(|value| form::push_value(&mut pairs, name, &value, style)) {
            Ok(()) => {
                let pairs = pairs.into_iter();
                let pairs = pairs.map(|(name, value)| (Cow::Owned(name), value));
                self.call.query.extend(pairs);
            }
            Err(message) => self.call.refuse(name, message),
        }
        self
    }

    /// Field selection: the response has documents of these fields alone.
    pub(crate) fn with_selection<F: AsRef<str>, U: DeserializeOwned>(
        mut self,
        name: &'static str,
        fields: impl IntoIterator<Item = F>,
    ) -> Request<O, U> {
        let fields = fields.into_iter().map(|field| field.as_ref().to_owned());
        let fields: Vec<_> = fields.collect();
        let fields = match fields.is_empty() {
            true => Err("selects no field; leave the selection out to get all"),
            false => ListStyle::Comma.join(fields),
        };
        match fields {
            Ok(fields) => self.call.set_query(name, fields),
            Err(message) => self.call.refuse(name, message),
        }
        self.with_decode(decode::json)
    }

    /// The only value of a header.
    pub(crate) fn with_header<V: QueryValue>(self, name: &'static str, value: V) -> Self {
        let value = value.query_value();
        self.with_header_text(name, value)
    }

    /// The values of a header, separated by commas.
    pub(crate) fn with_header_list<V: QueryValue>(
        self,
        name: &'static str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = collect_values(values).and_then(|values| ListStyle::Comma.join(values));
        self.with_header_text(name, values.map(|values| values.concat()))
    }

    fn with_header_text(mut self, name: &'static str, value: Result<String, &'static str>) -> Self {
        let header = value.and_then(|value| {
            let name =
                HeaderName::from_bytes(name.as_bytes()).map_err(|_| "is not a header name")?;
            let value = HeaderValue::from_str(&value);
            Ok((
                name,
                value.map_err(|_| "has characters that a header cannot carry")?,
            ))
        });
        match header {
            Ok((name, value)) => {
                self.call.headers.insert(name, value);
            }
            Err(message) => self.call.refuse(name, message),
        }
        self
    }

    /// A cookie, percent-encoded where cookies allow no other way.
    pub(crate) fn with_cookie<V: QueryValue>(mut self, name: &'static str, value: V) -> Self {
        let cookie = value.query_value().and_then(|value| {
            let mut cookie = match self.call.headers.get(COOKIE).map(HeaderValue::to_str) {
                Some(Ok(known)) => format!("{known}; "),
                _ => String::new(),
            };
            cookie.extend([name, "="]);
            cookie.extend(utf8_percent_encode(&value, ENCODED));
            HeaderValue::try_from(cookie).map_err(|_| "cannot be a cookie")
        });
        match cookie {
            Ok(cookie) => {
                self.call.headers.insert(COOKIE, cookie);
            }
            Err(message) => self.call.refuse(name, message),
        }
        self
    }

    /// The values of a cookie.
    pub(crate) fn with_cookie_list<V: QueryValue>(
        mut self,
        name: &'static str,
        values: impl IntoIterator<Item = V>,
        style: ListStyle,
    ) -> Self {
        match collect_values(values).and_then(|values| style.join(values)) {
            Ok(values) => values
                .into_iter()
                .fold(self, |request, value| request.with_cookie(name, value)),
            Err(message) => {
                self.call.refuse(name, message);
                self
            }
        }
    }

    /// The media types of the responses.
    pub(crate) fn accepting(self, accepted: &'static str) -> Self {
        self.with_header_text("accept", Ok(accepted.to_owned()))
    }

    /// The media type of the body, where it is not the usual one.
    pub(crate) fn with_content_type(self, content_type: &'static str) -> Self {
        self.with_header_text("content-type", Ok(content_type.to_owned()))
    }

    /// A body of several parts, those of each field.
    pub(crate) fn with_multipart<const N: usize>(
        mut self,
        fields: [Result<Vec<Part>, &'static str>; N],
    ) -> Self {
        let parts = fields.into_iter().collect::<Result<Vec<_>, _>>();
        let parts: Result<Vec<Part>, _> = parts.map(|parts| parts.into_iter().flatten().collect());
        match parts.and_then(|parts| multipart::encode(&parts)) {
            Ok((boundary, body)) => {
                let media_type = format!("multipart/form-data; boundary={boundary}");
                self.call.body = body.into();
                self.with_header_text("content-type", Ok(media_type))
            }
            Err(message) => {
                self.call.refuse("body", message);
                self
            }
        }
    }

    /// A body of form fields.
    pub(crate) fn with_form<B: Serialize + ?Sized>(
        mut self,
        body: &B,
        styles: &[(&str, ListStyle)],
    ) -> Self {
        match form::pairs_of_form(body, styles) {
            Ok(pairs) => self.with_bytes("application/x-www-form-urlencoded", form::encode(&pairs)),
            Err(message) => {
                self.call.refuse("body", message);
                self
            }
        }
    }

    /// A JSON body.
    pub(crate) fn with_json<B: Serialize + ?Sized>(mut self, body: &B) -> Self {
        match serde_json::to_vec(body) {
            Ok(json) => self.with_bytes("application/json", json),
            Err(_) => {
                self.call
                    .refuse("body", "has a value that JSON cannot express");
                self
            }
        }
    }

    /// A JSON body whose form is that of [`Wire`].
    pub(crate) fn with_wire<'b, B: ?Sized>(self, body: &'b B) -> Self
    where
        Wire<&'b B>: Serialize,
    {
        self.with_json(&Wire(body))
    }

    /// A body of text.
    pub(crate) fn with_text(self, content_type: &'static str, body: impl Into<String>) -> Self {
        self.with_bytes(content_type, body.into())
    }

    /// A body of bytes.
    pub(crate) fn with_bytes(mut self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        match HeaderValue::from_str(content_type) {
            Ok(value) => {
                self.call.headers.insert(CONTENT_TYPE, value);
            }
            Err(_) => self
                .call
                .refuse("body", "has a content type that no header can carry"),
        }
        self.call.body = body.into();
        self
    }
}

fn collect_values<V: QueryValue>(
    values: impl IntoIterator<Item = V>,
) -> Result<Vec<String>, &'static str> {
    values
        .into_iter()
        .map(|value| value.query_value())
        .collect()
}

impl<O, T> Clone for Request<O, T> {
    fn clone(&self) -> Self {
        Self {
            call: self.call.clone(),
            decode: self.decode,
            operation: PhantomData,
        }
    }
}

impl<O, T> fmt::Debug for Request<O, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query: Vec<_> = self.call.query.iter().map(|(name, _)| name).collect();
        f.debug_struct("Request")
            .field("route", &self.call.route)
            .field("method", &self.call.method)
            .field("query", &query)
            .finish_non_exhaustive()
    }
}
