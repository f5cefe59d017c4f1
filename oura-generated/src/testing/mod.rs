//! What tests of programs that use this crate need (feature `testing`).

mod example;

pub(crate) use example::example;
