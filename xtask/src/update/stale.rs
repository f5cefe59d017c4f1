//! Deletes the stale actions of the overlay, whose corrections the spec already has.
//!
//! Input: the published spec and the overlay. Output: the text of the overlay without the stale
//! actions. Invariant: every other byte stays, comments and blank lines too, and the new text reads
//! as the old overlay without those actions.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use oura_codegen::document::marks::{Mark, Marks, Position, Written, find_marks};
use oura_codegen::document::{Document, parse_document};
use oura_codegen::overlay::{Reason, UnappliedAction};
use oura_codegen::pointer::{Pointer, Token};

use crate::Failure;
use crate::files::replace_file;
use crate::inputs::{Inputs, OVERLAY, Source};
use crate::pipeline::correct_what_fits;
use crate::report::clean;
use crate::summary::{Summary, counted};

/// Deletes the stale actions from the overlay of `inputs` and returns them. Unless `all`, it
/// deletes them only if each is marked with `x-from-later-spec`. If another action conflicts with
/// the spec, or one of the texts cannot be read, it deletes nothing: a maintainer has to review
/// those first.
pub(super) fn drop_stale_actions(
    inputs: &mut Inputs,
    all: bool,
) -> Result<Vec<UnappliedAction>, Failure> {
    let unapplied_actions = match correct_what_fits(inputs) {
        Ok((.., unapplied_actions)) => unapplied_actions,
        Err(_) => return Ok(Vec::new()),
    };
    let Some(overlay) = &mut inputs.overlay else {
        return Ok(Vec::new());
    };
    let may_go = |unapplied: &UnappliedAction| {
        unapplied.why == Reason::Redundant && (all || unapplied.is_from_later_spec)
    };
    if unapplied_actions.is_empty() || !unapplied_actions.iter().all(may_go) {
        return Ok(Vec::new());
    }
    let stale = unapplied_actions.iter().map(|unapplied| unapplied.index);
    let stale: BTreeSet<usize> = stale.collect();
    overlay.text = delete_actions(overlay, &stale).ok_or_else(|| {
        let message = "cannot delete the stale actions from the text of";
        Failure::Other(format!("{message} {OVERLAY}: delete them by hand"))
    })?;
    Ok(unapplied_actions)
}

/// Explains what to do about the stale actions among those that do not fit.
pub(super) fn offer<'m>(
    unapplied_actions: impl Iterator<Item = &'m UnappliedAction>,
    file: &str,
) -> String {
    let reasons: Vec<Reason> = unapplied_actions.map(|unapplied| unapplied.why).collect();
    let stale = reasons.iter().filter(|why| **why == Reason::Redundant);
    let (stale, all) = (stale.count(), reasons.len());
    if stale == 0 {
        return String::new();
    }
    let start = match all - stale {
        0 => "This deletes",
        1 => "Once the other fits, this deletes",
        _ => "Once the others fit, this deletes",
    };
    format!(
        "\nStale, because the spec now has the correction: {stale} of {}.\n\
         {start} exactly those from {OVERLAY}:\n\n    \
         cargo xtask update {file} --drop-stale-actions\n",
        counted(all, "action"),
    )
}

/// Writes the overlay if actions were deleted from it, and adds them to the summary.
pub(super) fn write_overlay(
    workspace: &Path,
    inputs: &Inputs,
    dropped: &[UnappliedAction],
    summary: &mut Summary,
) -> Result<(), Failure> {
    let Some(overlay) = inputs.overlay.as_ref().filter(|_| !dropped.is_empty()) else {
        return Ok(());
    };
    replace_file(&workspace.join(OVERLAY), &overlay.text)?;
    let count = counted(dropped.len(), "stale action");
    summary.line("deleted", format!("{count} of {OVERLAY}"));
    for unapplied in dropped {
        let words = unapplied.description.as_deref().unwrap_or_default();
        let target = clean(&unapplied.target);
        summary.line("", format!("{target}  {}", clean(words)));
    }
    Ok(())
}

/// The text of an overlay without the actions at these indices; `None` if that is not possible.
fn delete_actions(overlay: &Source, stale: &BTreeSet<usize>) -> Option<String> {
    let before = parse_document(&overlay.name, &overlay.text).ok()?;
    let text = Text::of(&overlay.text);
    let marks = find_marks(text.text);
    let at = Pointer::root().key("actions");
    let list = marks.nodes.iter().find(|mark| mark.pointer == at)?;
    let is_item = |mark: &Mark| mark.pointer.parent() == Some(&at);
    let items = (0..marks.nodes.len()).filter(|&index| is_item(&marks.nodes[index]));
    let items: Vec<usize> = items.collect();
    let is_flow = text.rest(list.value)?.starts_with('[');
    let cuts = match is_flow {
        true => text.flow_cuts(&marks, &items, stale),
        false => stale
            .iter()
            .map(|&index| text.block_cut(&marks, &items, index))
            .collect(),
    };
    let mut cuts: Vec<Range<usize>> = cuts?;
    cuts.sort_by_key(|cut| cut.start);
    let mut edited = overlay.text.clone();
    for cut in cuts.into_iter().rev() {
        edited.get(cut.clone())?;
        edited.replace_range(cut, "");
    }
    if stale.len() == items.len() && !is_flow {
        let colon = text.offset(list.end)? + text.rest(list.end)?.find(':')? + 1;
        edited.insert_str(colon, " []");
    }
    let after = parse_document(&overlay.name, &edited).ok()?;
    (without(&before, stale) == after).then_some(edited)
}

/// The overlay without these actions, to check the new text against.
fn without(overlay: &Document, stale: &BTreeSet<usize>) -> Document {
    let mut overlay = overlay.clone();
    if let Some(actions) = overlay.get_mut(&Pointer::root().key("actions")) {
        for index in stale.iter().rev() {
            actions.remove(&Token::Index(*index));
        }
    }
    overlay
}

/// A text and the starts of its lines, which may end with `\n`, `\r` or `\r\n`.
struct Text<'t> {
    text: &'t str,
    lines: Vec<usize>,
}

impl<'t> Text<'t> {
    fn of(text: &'t str) -> Self {
        let mut lines = vec![0];
        let breaks = text.bytes().enumerate().filter(|(at, byte)| match byte {
            b'\n' => true,
            b'\r' => text.as_bytes().get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        lines.extend(breaks.map(|(at, _)| at + 1));
        Self { text, lines }
    }

    fn offset(&self, at: Position) -> Option<usize> {
        let line = self.line(at.line - 1)?;
        let characters = line.char_indices().map(|(offset, _)| offset);
        let offset = characters.chain([line.len()]).nth(at.column - 1)?;
        Some(self.lines[at.line - 1] + offset)
    }

    fn rest(&self, at: Position) -> Option<&'t str> {
        self.text.get(self.offset(at)?..)
    }

    /// A line by its index, with its end.
    fn line(&self, index: usize) -> Option<&'t str> {
        let start = *self.lines.get(index)?;
        let end = self
            .lines
            .get(index + 1)
            .copied()
            .unwrap_or(self.text.len());
        self.text.get(start..end)
    }

    /// The lines of an action in a block list: from its dash to its last line.
    fn block_cut(&self, marks: &Marks, items: &[usize], index: usize) -> Option<Range<usize>> {
        let at = *items.get(index)?;
        let first = self.dash_line(&marks.nodes[at])?;
        let indent = indent(self.line(first)?);
        let own = &marks.nodes[at].pointer;
        let mut behind = marks.nodes[at + 1..].iter();
        let next = behind.find(|mark| !mark.pointer.is_within(own));
        let mut end = match next {
            Some(next) if items.get(index + 1).is_some() => self.dash_line(next)?,
            Some(next) => next.key?.line - 1,
            None => self.lines.len(),
        };
        // Comments and blank lines between two actions belong to neither, unless they are indented
        // like the members of this one.
        let is_between = |line: &str| {
            let text = line.trim();
            let is_comment = text.starts_with('#') && self::indent(line) <= indent;
            text.is_empty() || text == "..." || is_comment
        };
        while end > first + 1 && self.line(end - 1).is_some_and(is_between) {
            end -= 1;
        }
        let end = self.lines.get(end).copied().unwrap_or(self.text.len());
        Some(self.lines[first]..end)
    }

    /// The line of the dash in front of an element of a block list.
    fn dash_line(&self, element: &Mark) -> Option<usize> {
        let mut lines = (0..element.value.line).rev();
        lines.find(|&line| {
            let line = self.line(line).unwrap_or_default();
            line.trim_start().starts_with('-')
        })
    }

    /// The stale elements of a flow list, each with the comma that must go with it.
    fn flow_cuts(
        &self,
        marks: &Marks,
        items: &[usize],
        stale: &BTreeSet<usize>,
    ) -> Option<Vec<Range<usize>>> {
        let mut cuts = Vec::new();
        let mut last_comma = None;
        for (index, &at) in items.iter().enumerate() {
            let start = self.offset(marks.nodes[at].value)?;
            let end = self.flow_end(marks, at)?;
            let comma = self.next_sign(end).filter(|(sign, _)| *sign == ',');
            let comma = comma.map(|(_, behind)| behind - 1);
            if !stale.contains(&index) {
                last_comma = comma;
                continue;
            }
            match comma {
                Some(comma) if comma == end => cuts.push(self.with_line(start..end + 1)),
                // There is a comment between the two.
                _ => {
                    cuts.push(self.with_line(start..end));
                    cuts.extend(comma.or(last_comma).map(|comma| comma..comma + 1));
                }
            }
        }
        Some(cuts)
    }

    /// The position after the bracket that closes an object in flow style. Only brackets, commas
    /// and comments follow its last node.
    fn flow_end(&self, marks: &Marks, at: usize) -> Option<usize> {
        let own = &marks.nodes[at].pointer;
        let nodes = marks.nodes[at..].iter();
        let last = nodes
            .take_while(|mark| mark.pointer.is_within(own))
            .last()?;
        let mut depth = last.pointer.tokens().len() - own.tokens().len();
        let mut end = self.offset(match last.written {
            Written::Collection => last.value,
            _ => last.end,
        })?;
        loop {
            let sign;
            (sign, end) = self.next_sign(end)?;
            match sign {
                '{' | '[' => depth += 1,
                '}' | ']' => depth = depth.checked_sub(1)?,
                ',' => {}
                _ => return None,
            }
            if depth == 0 {
                return Some(end);
            }
        }
    }

    /// The next character that is neither a space nor in a comment, and the position after it.
    fn next_sign(&self, from: usize) -> Option<(char, usize)> {
        let mut rest = self.text.get(from..)?.trim_start();
        while rest.starts_with('#') {
            rest = rest[rest.find(['\n', '\r'])?..].trim_start();
        }
        let sign = rest.chars().next()?;
        Some((sign, self.text.len() - rest.len() + sign.len_utf8()))
    }

    /// Extends a range to whole lines if nothing else is on them, or else by the spaces after it.
    fn with_line(&self, range: Range<usize>) -> Range<usize> {
        let is_space = |c: char| c == ' ' || c == '\t';
        let before = self.text[..range.start].trim_end_matches(is_space);
        let behind = self.text[range.end..].trim_start_matches(is_space);
        let behind_at = self.text.len() - behind.len();
        let begins_line = before.is_empty() || before.ends_with(['\n', '\r']);
        let line_end = ["\r\n", "\n", "\r"]
            .into_iter()
            .find(|end| behind.starts_with(end));
        match line_end {
            Some(line_end) if begins_line => before.len()..behind_at + line_end.len(),
            _ => range.start..behind_at,
        }
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests;
