//! Tokens, seen events, rate limits and documents in SQL databases.

mod databases;
mod documents;
mod limits;
mod seen;
mod service;
mod tokens;
