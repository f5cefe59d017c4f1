//! Turns an OpenAPI spec into the sources of a Rust SDK.
//!
//! The phases, in order:
//!
//! 1. [`document`]: parse text into an ordered tree with origins
//! 2. [`overlay`]: correct the tree
//! 3. [`normalize`]: make strict OpenAPI 3.0.3 of it
//! 4. [`lower`]: decide everything about Rust: [`ir`], and [`facts`]
//! 5. [`render`]: print the IR as files
//!
//! Beside the phases, [`drift`] says what the differences between two specs mean, [`passage`]
//! finds the prose that a runtime depends on, [`prose`] compares it, and [`hosts`] judges the
//! URLs that credentials go to.
//!
//! The library does no I/O. What is particular to one vendor is a [`policy::Policy`] and
//! an overlay.

pub mod document;
pub mod drift;
pub mod error;
pub mod facts;
pub mod hosts;
mod http;
pub mod ir;
pub mod lower;
pub mod normalize;
pub mod oura;
pub mod overlay;
pub mod passage;
pub mod pointer;
pub mod policy;
pub mod prose;
pub mod render;
