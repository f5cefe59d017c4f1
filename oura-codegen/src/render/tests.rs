//! What the sample API is printed as.

use super::render_files;
use super::sample::sample;

#[test]
fn rendering_twice_gives_the_same_bytes() {
    assert_eq!(render_files(&sample()), render_files(&sample()));
}
