//! Cuts long texts around the first place where they differ.

use std::borrow::Cow;

/// The excerpts to show of two texts: both whole if they are short enough, or else the parts around
/// the first difference.
pub(super) fn excerpts(before: &str, after: &str, width: usize) -> (String, String) {
    const AROUND: usize = 12;
    let (before, after) = &written_alike(before, after);
    let is_short = |text: &str| text.chars().count() <= width;
    if is_short(before) && is_short(after) {
        return (before.to_string(), after.to_string());
    }
    let pairs = before.chars().zip(after.chars());
    let same = pairs.take_while(|(old, new)| old == new).count();
    let start = match same + AROUND >= width {
        true => same.saturating_sub(AROUND),
        false => 0,
    };
    (cut(before, start, width), cut(after, start, width))
}

/// Quotes one of two texts if only the other is quoted. A text of several lines comes in quotes,
/// with escapes; the quotes must not show up as a difference.
fn written_alike<'t>(before: &'t str, after: &'t str) -> (Cow<'t, str>, Cow<'t, str>) {
    let is_quoted = |text| serde_json::from_str::<String>(text).is_ok();
    let quoted = |text: &str| Cow::Owned(serde_json::Value::from(text).to_string());
    match (is_quoted(before), is_quoted(after)) {
        (true, false) => (before.into(), quoted(after)),
        (false, true) => (quoted(before), after.into()),
        _ => (before.into(), after.into()),
    }
}

/// `width` characters of a text, from `start` on.
pub(super) fn cut(text: &str, start: usize, width: usize) -> String {
    let length = text.chars().count();
    let shown: String = text.chars().skip(start).take(width).collect();
    let before = if start > 0 { "…" } else { "" };
    let behind = if length > start + width { "…" } else { "" };
    format!("{before}{shown}{behind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_around_the_difference() {
        assert_eq!(excerpts("a", "b", 20), ("a".to_owned(), "b".to_owned()));
        let same = "x".repeat(100);
        let (before, after) = excerpts(&format!("{same}old"), &format!("{same}new"), 20);
        assert_eq!(before, format!("…{}old", "x".repeat(12)));
        assert_eq!(after, format!("…{}new", "x".repeat(12)));
        let (one, several) = (format!("{same} old"), format!(r#""{same}\nold""#));
        let (before, after) = excerpts(&one, &several, 20);
        assert_eq!(before, format!("…{} old\"", "x".repeat(12)));
        assert_eq!(after, format!(r#"…{}\nold""#, "x".repeat(12)));
        let (before, _) = excerpts(&same, "y", 20);
        assert_eq!(before, format!("{}…", "x".repeat(20)));
    }
}
