//! Reads an [`Overlay`] from the tree of its file.

use super::action::{Action, ActionKind, Overlay};
use super::target::parse_target;
use crate::document::{Document, Node, Value};
use crate::error::{Error, Errors};

/// Reads an overlay.
///
/// # Errors
///
/// Members that are missing, unknown or of the wrong kind, in the order of the specification.
pub fn parse_overlay(document: &Document) -> Result<Overlay, Errors> {
    let mut reader = Reader::default();
    let root = &document.root;
    reader.refuse_unknown(
        root,
        "an overlay",
        &["overlay", "info", "extends", "actions"],
    );
    if let Some((version, node)) = reader.required_string(root, "overlay")
        && !version.starts_with("1.0.")
    {
        let message = format!("version `{version}` of the Overlay Specification is not supported");
        reader.fail(Error::at(&node.origin, message).help("write `overlay: 1.0.0`"));
    }
    if let Some(info) = reader.required(root, "info") {
        reader.required_string(info, "title");
        reader.required_string(info, "version");
        reader.refuse_unknown(info, "`info`", &["title", "version"]);
    }
    reader.optional_string(root, "extends");
    let actions = reader.actions(root);
    reader.errors.into_result(Overlay { actions })
}

/// Collects all errors while reading.
#[derive(Default)]
struct Reader {
    errors: Errors,
}

impl Reader {
    fn actions(&mut self, root: &Node) -> Vec<Action> {
        let actions = self.required(root, "actions");
        let actions = actions.and_then(|it| self.read(it, "actions", "an array", Node::as_array));
        let actions = actions.into_iter().flatten();
        actions.filter_map(|node| self.action(node)).collect()
    }

    fn action(&mut self, node: &Node) -> Option<Action> {
        const KEYS: [&str; 7] = [
            "target",
            "description",
            "update",
            "remove",
            "x-evidence",
            "x-expect",
            "x-from-later-spec",
        ];
        self.refuse_unknown(node, "an action", &KEYS);
        node.as_object()?;
        let target = self.required_string(node, "target");
        let query = target.as_ref().and_then(|(target, at)| {
            let error = |reason| {
                let error = Error::at(&at.origin, format!("not a JSONPath: {reason}"));
                error.help("RFC 9535 has the syntax: `$.paths['/thing'].get.parameters[0]`")
            };
            self.errors.note(parse_target(target).map_err(error))
        });
        let evidence = self.required_string(node, "x-evidence");
        let description = self.optional_string(node, "description");
        let change = self.change(node);
        let is_from_later_spec = self.flag(node, "x-from-later-spec");
        let (target, target_node) = target?;
        Some(Action {
            target,
            description,
            evidence: evidence?.0,
            expect: node.get("x-expect").cloned(),
            is_from_later_spec: is_from_later_spec?,
            change: change?,
            origin: node.origin.clone(),
            query: query?,
            target_origin: target_node.origin.clone(),
        })
    }

    fn change(&mut self, action: &Node) -> Option<ActionKind> {
        let remove = self.flag(action, "remove")?;
        match (remove, action.get("update")) {
            (true, None) => Some(ActionKind::Remove),
            (false, Some(update)) => Some(ActionKind::Update(update.clone())),
            (true, Some(update)) => {
                let message = "`update` has no effect beside `remove: true`";
                self.fail(Error::at(&update.origin, message));
                None
            }
            (false, None) => {
                let message = "the action has neither `update` nor `remove: true`";
                self.fail(Error::at(&action.origin, message));
                None
            }
        }
    }

    /// A boolean that is false when it is absent.
    fn flag(&mut self, action: &Node, key: &str) -> Option<bool> {
        match action.get(key) {
            None => Some(false),
            Some(node) => self.read(node, key, "a boolean", Node::as_bool),
        }
    }

    /// Reads the value of a member that must be of a kind.
    fn read<'n, T>(
        &mut self,
        member: &'n Node,
        key: &str,
        kind: &str,
        read: impl Fn(&'n Node) -> Option<T>,
    ) -> Option<T> {
        let value = read(member);
        if value.is_none() {
            let message = format!("`{key}` must be {kind}, but it is {}", member.kind());
            self.fail(Error::at(&member.origin, message));
        }
        value
    }

    /// Refuses unknown members. Extensions that the specification allows are refused too, so that
    /// a misspelt `x-expect` is an error.
    fn refuse_unknown(&mut self, node: &Node, what: &str, known: &[&str]) {
        let Value::Object(members) = &node.value else {
            self.fail(Error::at(
                &node.origin,
                format!("{what} must be an object, but it is {}", node.kind()),
            ));
            return;
        };
        for (key, member) in members {
            if !known.contains(&key.as_str()) {
                let message = format!("{what} has no member `{key}`");
                let help = format!("its members are `{}`", known.join("`, `"));
                self.fail(Error::at(&member.origin, message).help(help));
            }
        }
    }

    fn required<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n Node> {
        let member = node.get(key);
        if member.is_none() && node.as_object().is_some() {
            let error = Error::at(&node.origin, format!("`{key}` is missing"));
            self.fail(match key {
                "x-evidence" => error.help("explain how it is known that the spec is wrong here"),
                _ => error,
            });
        }
        member
    }

    fn required_string<'n>(&mut self, node: &'n Node, key: &str) -> Option<(String, &'n Node)> {
        let member = self.required(node, key)?;
        let text = self.read(member, key, "a string", Node::as_str)?;
        if text.trim().is_empty() {
            self.fail(Error::at(&member.origin, format!("`{key}` is empty")));
            return None;
        }
        Some((text.to_owned(), member))
    }

    fn optional_string(&mut self, node: &Node, key: &str) -> Option<String> {
        node.get(key)?;
        self.required_string(node, key).map(|(text, _)| text)
    }

    fn fail(&mut self, error: Error) {
        self.errors.push(error);
    }
}
