//! A part of a resource, as a store applies it.

use super::checkpoint::Checkpoint;
use super::record::Record;
use super::span::Span;
use crate::Resource;

/// A part of a resource with all documents in it. See [`Client::sync`](crate::Client::sync).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Batch {
    /// The resource.
    pub resource: Resource,
    /// The part that the batch covers: delete from the store what is in this part but not in the
    /// batch.
    pub span: Span,
    /// All documents in the span, in the order of the server.
    pub records: Vec<Record>,
    /// Where to resume from once the batch is stored.
    pub checkpoint: Checkpoint,
}
