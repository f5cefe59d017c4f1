//! Phase 3, normalize: the hybrid or 3.1 [`Document`] to strict OpenAPI 3.0.3.
//!
//! Input: a corrected tree that claims to be OpenAPI 3.0 or 3.1. Output: a tree that is
//! 3.0.3, with origins, and what openapiv3 reads from it. Invariants of the output:
//!
//! - Each keyword has an entry in the table (`keywords.rs`), and openapiv3 keeps each keyword
//!   that the table does not mark as ignored ([`find_losses`] proves it).
//! - A value that may be null is `nullable: true`, and no `enum` lists null. The one schema
//!   for null alone is `nullable: true, enum: [null]`, without a type.
//! - A `$ref` stands alone and reads `#/components/<section>/<name>`, where the name has no
//!   escapes but `~0` and `~1`, and names a component of the kind that its place asks for.
//!   A component that is a reference refers to one that is not.
//!   What was beside it in a schema is beside `allOf: [{$ref}]`.
//! - Path items are never references. No schema contains itself except through a property
//!   or an element. Lists and maps nest no deeper than
//!   [`DEPTH_LIMIT`](crate::document::DEPTH_LIMIT), references followed.
//! - `type` is one name, without keywords beside it that cannot apply to values of that type.
//!   Enumerated values are of that type.
//! - What 3.0 has no keyword for and no code needs is an extension: `x-contains`.

mod bounds;
mod combine;
mod conversion;
mod depth;
mod dialect;
mod fragment;
mod hoist;
mod keywords;
mod losses;
mod mutual_tls;
mod paths;
mod prose;
mod references;
mod schema;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

use crate::document::{Document, Node, in_document_order};
use crate::error::{Error, Errors};
use dialect::read_dialect;
use hoist::Hoisted;
use references::Target;
use tree::Copies;
use walk::walk_document;

pub use dialect::{Dialect, Line};
pub use losses::{Loss, find_losses};
pub use prose::without_prose;

/// A spec in strict OpenAPI 3.0.3.
#[derive(Clone, Debug)]
pub struct Normalized {
    /// The version of OpenAPI that the spec was written in.
    pub dialect: Dialect,
    /// The normalized tree. The node at the same pointer as a place in `openapi` has the origin of
    /// that place.
    pub document: Document,
    /// What openapiv3 reads from it.
    pub openapi: openapiv3::OpenAPI,
}

/// Makes strict OpenAPI 3.0.3 of a spec.
///
/// # Errors
///
/// Everything in the spec that OpenAPI does not allow or that is not supported, in
/// the order of the spec.
pub fn normalize_document(document: Document) -> Result<Normalized, Errors> {
    let dialect = read_dialect(&document.root)?;
    let target = Target {
        root: &document.root,
        hoisted: &Hoisted::of(&document.root),
        copies: &Copies::of(&document.root),
    };
    let (mut root, mut errors) = walk_document(target, dialect.line);
    errors.extend(references::find_cycles(&root));
    references::shorten_chains(&mut root);
    mutual_tls::drop_mutual_tls(&mut root);
    errors.extend(paths::check_paths(&root));
    if errors.is_empty() {
        errors.extend(depth::check_depth(&root));
    }
    if !errors.is_empty() {
        return Err(in_document_order(&errors, &document.root));
    }
    let openapi = read_openapi(&root)?;
    Ok(Normalized {
        dialect,
        document: Document { root },
        openapi,
    })
}

/// Reads the tree with openapiv3. The walk along the table has checked the type of each value, so
/// that this does not fail; if it does, the table is wrong.
fn read_openapi(root: &Node) -> Result<openapiv3::OpenAPI, Error> {
    bounds::without_large(root)
        .deserialize()
        .map_err(|mut error: Error| {
            error.message = format!("this is not OpenAPI 3.0.3: {}", error.message);
            error
        })
}
