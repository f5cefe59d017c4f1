//! Lists: pages and their cursors, the streams that follow them, and long ranges that are
//! fetched as windows.

pub(crate) mod history;
pub(crate) mod items;
pub(crate) mod page;
pub(crate) mod pager;
pub(crate) mod stream;
pub(crate) mod window;
