//! Finds what is the same in both specs under another name.
//!
//! Input: both specs, lowered. Output: pairs of schema keys, pairs of operations, and the
//! names of the new spec for the old one. Invariant: a schema and an operation are in one
//! pair at most; what two specs call by one key, or by one Rust name, is one pair.

use std::collections::{BTreeMap, BTreeSet};

use super::change::Side;
use crate::document::{Node, Value, is_prose, shape_of};
use crate::facts::{Fact, SchemaForm, Subject, SubjectKind, Topic};
use crate::ir::Operation;
use crate::lower::{Lowered, NameOverrides, OperationNames};
use crate::normalize::Normalized;
use crate::pointer::Pointer;

/// What is the same in both specs.
#[derive(Debug, Default)]
pub(super) struct Matching {
    /// Keys in the new spec by keys in the old one.
    pub(super) schemas: BTreeMap<String, String>,
    /// Keys of the old spec that became part of another schema, by the new key.
    pub(super) merged: BTreeMap<String, String>,
    /// Names of security schemes in the new spec by those in the old one, where they
    /// differ.
    pub(super) schemes: BTreeMap<String, String>,
}

/// The component schemas of a side by key.
pub(super) type Schemas<'a> = BTreeMap<&'a str, &'a Subject>;

/// Keys of the old and the new spec.
type Pair<'a> = (&'a str, &'a str);

impl Matching {
    /// Matches the schemas of both sides.
    pub(super) fn of(old: Side<'_>, new: Side<'_>) -> Self {
        let (olds, news) = (schemas(&old.lowered.facts), schemas(&new.lowered.facts));
        let mut matching = Self::default();
        for key in olds.keys().filter(|key| news.contains_key(*key)) {
            matching.pair(key, key);
        }
        matching.pair_names(&olds, &news);
        let votes = Votes::count(old, new);
        let open = matching.open(&olds, &news);
        votes.pair(old, new, &open, &mut matching);
        let open = matching.open(&olds, &news);
        matching.pair_unused([old, new], &open);
        let [open, _] = matching.open(&olds, &news);
        matching.find_merged(old, new, &open, &votes);
        matching.schemes = renamed_schemes(old.normalized, new.normalized);
        matching
    }

    /// Whether the old key and the new one are the same schema, or the old one was merged into it.
    pub(super) fn is_same(&self, old: &str, new: &str) -> bool {
        let is = |map: &BTreeMap<String, String>| map.get(old).is_some_and(|key| key == new);
        is(&self.schemas) || is(&self.merged)
    }

    /// Pairs schemas of the same Rust name: the same generic and argument, for instances.
    pub(super) fn pair_names(&mut self, olds: &Schemas<'_>, news: &Schemas<'_>) {
        let [olds, news] = self.open(olds, news);
        let by_name = news.iter().map(|(key, subject)| (&*subject.name, *key));
        let by_name: BTreeMap<&str, &str> = by_name.collect();
        for (key, subject) in &olds {
            if let Some(new) = by_name.get(&*subject.name) {
                self.pair(key, new);
            }
        }
    }

    fn pair(&mut self, old: &str, new: &str) {
        self.schemas.insert(old.to_owned(), new.to_owned());
    }

    /// The schemas of both sides that are in no pair yet.
    fn open<'a>(&self, olds: &Schemas<'a>, news: &Schemas<'a>) -> [Schemas<'a>; 2] {
        let (mut olds, mut news) = (olds.clone(), news.clone());
        for (old, new) in &self.schemas {
            olds.remove(&**old);
            news.remove(&**new);
        }
        [olds, news]
    }

    /// Pairs types that nothing uses, where only one on each side has the same definition.
    fn pair_unused(&mut self, [old, new]: [Side<'_>; 2], [olds, news]: &[Schemas<'_>; 2]) {
        let shapes = |side: Side<'_>, open: &Schemas<'_>| {
            let shapes = open.iter().filter_map(|(key, subject)| {
                let is_type = subject.kind == SubjectKind::Schema(SchemaForm::Type);
                let is_unused = is_type && !side.lowered.reach.reaches(subject);
                let node = component(side.normalized, key).filter(|_| is_unused)?;
                Some((shape(node), (*key).to_owned()))
            });
            shapes.collect()
        };
        for (old, new) in pair_shapes(shapes(old, olds), shapes(new, news)) {
            self.pair(&old, &new);
        }
    }

    /// Finds old schemas without a pair whose uses all refer to one new schema with the same
    /// definition.
    fn find_merged(&mut self, old: Side<'_>, new: Side<'_>, open: &Schemas<'_>, votes: &Votes<'_>) {
        for key in open.keys() {
            let counted = votes.counts.keys().filter(|(one, _)| one == key);
            let targets: Vec<&str> = counted.map(|(_, other)| *other).collect();
            let [target] = targets[..] else {
                continue;
            };
            let one = component(old.normalized, key).map(shape);
            if one.is_some() && one == component(new.normalized, target).map(shape) {
                self.merged.insert((*key).to_owned(), target.to_owned());
            }
        }
    }

    /// The names of the new spec for the old one; `None` when they are the same.
    pub(super) fn name_overrides(&self, old: Side<'_>, new: Side<'_>) -> Option<NameOverrides> {
        let (olds, news) = (schemas(&old.lowered.facts), schemas(&new.lowered.facts));
        let mut overrides = NameOverrides::default();
        let mut differ = false;
        for (key, new_key) in &self.schemas {
            let (Some(one), Some(other)) = (olds.get(&**key), news.get(&**new_key)) else {
                continue;
            };
            match (instance_of(one), instance_of(other)) {
                (None, None) => {
                    differ |= one.name != other.name;
                    overrides.schemas.insert(key.clone(), other.name.clone());
                }
                (Some(one), Some(other)) => {
                    differ |= one != other;
                    overrides.generics.insert(one.to_owned(), other.to_owned());
                }
                (None, Some(_)) | (Some(_), None) => {}
            }
        }
        self.rename_unpaired(&olds, &mut overrides);
        differ |= !self.schemes.is_empty();
        overrides.schemes.clone_from(&self.schemes);
        differ |= override_operations(old.lowered, new.lowered, &mut overrides);
        differ.then_some(overrides)
    }

    /// Renames what has no pair, where a pair takes its name.
    fn rename_unpaired(&self, olds: &Schemas<'_>, overrides: &mut NameOverrides) {
        let mut taken: BTreeSet<String> = overrides.schemas.values().cloned().collect();
        for (key, subject) in olds {
            let has_own_name = instance_of(subject).is_none() && !self.schemas.contains_key(*key);
            if has_own_name && taken.contains(&subject.name) {
                let mut name = format!("Old{}", subject.name);
                while !taken.insert(name.clone()) {
                    name.insert_str(0, "Old");
                }
                overrides.schemas.insert((*key).to_owned(), name);
            }
        }
    }
}

/// The component schemas of a side.
pub(super) fn schemas(facts: &[Fact]) -> Schemas<'_> {
    let keys = facts.iter().filter(|fact| fact.topic == Topic::Key);
    keys.map(|fact| (fact.value.as_str(), &*fact.subject))
        .collect()
}

/// The operations of a side by method and path, without the names of the path's parameters.
pub(super) fn operations(lowered: &Lowered) -> BTreeMap<(&str, String), &Operation> {
    let modules = lowered.api.modules.iter();
    let operations = modules.flat_map(|module| &module.operations);
    operations.map(|one| (operation_key(one), one)).collect()
}

/// What identifies an operation: its method, and its path without the names of parameters.
#[must_use]
pub fn operation_key(operation: &Operation) -> (&str, String) {
    let path = erase_parameters(&operation.path_template);
    (&operation.http_method, path)
}

/// The names of an operation.
pub(super) fn own_names(operation: &Operation) -> OperationNames {
    OperationNames {
        method: operation.method.clone(),
        route: operation.route.clone(),
        path_template: operation.path_template.clone(),
    }
}

/// The names of the new operations for the old ones; whether any differs.
fn override_operations(old: &Lowered, new: &Lowered, overrides: &mut NameOverrides) -> bool {
    let (olds, news) = (operations(old), operations(new));
    let mut differ = false;
    let taken: BTreeSet<&str> = news.values().map(|operation| &*operation.route).collect();
    for (key, operation) in &olds {
        let own = own_names(operation);
        let mut names = own.clone();
        match news.get(key) {
            Some(new) if changes_places(&own.path_template, &new.path_template) => {
                let path_template = own.path_template.clone();
                names = OperationNames {
                    path_template,
                    ..own_names(new)
                };
            }
            Some(new) => names = own_names(new),
            // A removed operation is renamed where another one takes its name.
            None if taken.contains(own.route.as_str()) => names.route.insert_str(0, "Old"),
            None => {}
        }
        differ |= names != own;
        let key = (key.0.to_owned(), own.path_template);
        overrides.operations.insert(key, names);
    }
    differ
}

/// A path without the names of its parameters: `/a/{}/b` of `/a/{id}/b`.
pub(super) fn erase_parameters(template: &str) -> String {
    let segments = template.split('/');
    let segments = segments.map(|segment| match segment.starts_with('{') {
        true => "{}",
        false => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Whether parameters of a path have other places in it, under the names that they had.
pub(super) fn changes_places(old: &str, new: &str) -> bool {
    let parameters = |path: &str| -> Vec<String> {
        let segments = path.split('/').filter(|segment| segment.starts_with('{'));
        segments.map(str::to_owned).collect()
    };
    let (mut olds, mut news) = (parameters(old), parameters(new));
    let moved = olds != news;
    olds.sort();
    news.sort();
    moved && olds == news
}

/// The generic type that a schema is an instance of.
pub(super) fn instance_of(subject: &Subject) -> Option<&str> {
    match &subject.kind {
        SubjectKind::Schema(SchemaForm::Instance { generic }) => Some(generic),
        _ => None,
    }
}

fn component<'a>(normalized: &'a Normalized, key: &str) -> Option<&'a Node> {
    let at = Pointer::root().keys(&["components", "schemas"]).key(key);
    normalized.document.get(&at)
}

/// Security schemes whose name only one of the specs has, where only one on each side has the
/// same definition.
fn renamed_schemes(old: &Normalized, new: &Normalized) -> BTreeMap<String, String> {
    let (olds, news) = (security_schemes(old), security_schemes(new));
    let shapes = |own: &BTreeMap<&str, &Node>, others: &BTreeMap<&str, &Node>| {
        let own = own.iter().filter(|(name, _)| !others.contains_key(*name));
        own.map(|(name, node)| (shape(node), (*name).to_owned()))
            .collect()
    };
    pair_shapes(shapes(&olds, &news), shapes(&news, &olds)).collect()
}

/// The names of both sides for each shape that only one on each side has.
fn pair_shapes(
    olds: Vec<(String, String)>,
    news: Vec<(String, String)>,
) -> impl Iterator<Item = (String, String)> {
    let by_shape = |named: Vec<(String, String)>| {
        let mut shapes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (shape, name) in named {
            shapes.entry(shape).or_default().push(name);
        }
        shapes
    };
    let news = by_shape(news);
    let pairs = by_shape(olds).into_iter();
    pairs.filter_map(
        move |(shape, olds)| match (&olds[..], &news.get(&shape)?[..]) {
            ([old], [new]) => Some((old.clone(), new.clone())),
            _ => None,
        },
    )
}

/// The security schemes of a spec by name.
pub(super) fn security_schemes(normalized: &Normalized) -> BTreeMap<&str, &Node> {
    let at = Pointer::root().keys(&["components", "securitySchemes"]);
    let schemes = normalized.document.get(&at).and_then(Node::as_object);
    let schemes = schemes.into_iter().flatten();
    schemes.map(|(name, node)| (name.as_str(), node)).collect()
}

/// What a schema says, without prose.
fn shape(node: &Node) -> String {
    shape_of(node, is_prose, &mut |_| false)
}

/// How often a reference to an old schema is in the same place as one to a new schema.
struct Votes<'a> {
    old: Voter<'a>,
    new: Voter<'a>,
    counts: BTreeMap<Pair<'a>, usize>,
    /// References that only one side has, with the place on the other side: their schemas were
    /// compared with it.
    one_sided: BTreeSet<(&'a str, usize)>,
}

/// One side of the walk.
struct Voter<'a> {
    normalized: &'a Normalized,
    /// The keys of the pages of free-form objects.
    dictionaries: BTreeSet<&'a str>,
}

impl<'a> Votes<'a> {
    /// Walks the operations of both sides side by side.
    fn count(old: Side<'a>, new: Side<'a>) -> Self {
        let mut votes = Self {
            old: Voter::of(old),
            new: Voter::of(new),
            counts: BTreeMap::new(),
            one_sided: BTreeSet::new(),
        };
        let news = operations(new.lowered);
        for (key, one) in operations(old.lowered) {
            let Some(other) = news.get(&key) else {
                continue;
            };
            let method = key.0.to_lowercase();
            let at = |path: &str| Pointer::root().keys(&["paths", path, &method]);
            let one = old.normalized.document.get(&at(&one.path_template));
            let other = new.normalized.document.get(&at(&other.path_template));
            if let (Some(one), Some(other)) = (one, other) {
                votes.walk(one, other);
            }
        }
        votes
    }

    fn walk(&mut self, old: &'a Node, new: &'a Node) {
        let (old, old_free) = self.old.bare(old);
        let (new, new_free) = self.new.bare(new);
        if let (Some(old), Some(new)) = (old_free, new_free) {
            self.walk(old, new);
        }
        match (schema_key(old), schema_key(new)) {
            (Some(one), Some(other)) => {
                let count = self.counts.entry((one, other)).or_default();
                *count += 1;
                if *count > 1 {
                    return;
                }
                if let (Some(one), Some(other)) =
                    (self.old.component(one), self.new.component(other))
                {
                    self.walk(one, other);
                }
            }
            (None, None) => self.walk_members(old, new),
            // What one side writes in place is what the other refers to.
            (Some(key), None) => {
                if let Some(old) = self.old.component(key)
                    && self.is_first(key, new)
                {
                    self.walk(old, new);
                }
            }
            (None, Some(key)) => {
                if let Some(new) = self.new.component(key)
                    && self.is_first(key, old)
                {
                    self.walk(old, new);
                }
            }
        }
    }

    /// Whether a schema is compared with this place for the first time.
    fn is_first(&mut self, key: &'a str, place: &Node) -> bool {
        let place = std::ptr::from_ref(place) as usize;
        self.one_sided.insert((key, place))
    }

    fn walk_members(&mut self, old: &'a Node, new: &'a Node) {
        match (&old.value, &new.value) {
            (Value::Object(olds), Value::Object(news)) => {
                let pairs = olds
                    .iter()
                    .filter_map(|(key, old)| Some((old, news.get(key)?)));
                pairs.for_each(|(old, new)| self.walk(old, new));
            }
            (Value::Array(olds), Value::Array(news)) => {
                let pairs = olds.iter().zip(news);
                pairs.for_each(|(old, new)| self.walk(old, new));
            }
            _ => {}
        }
    }

    /// Pairs schemas that have most votes for each other and half of their parts in common.
    fn pair(
        &self,
        old: Side<'_>,
        new: Side<'_>,
        [olds, news]: &[Schemas<'_>; 2],
        matching: &mut Matching,
    ) {
        let votes = self.counts.iter();
        let votes: BTreeMap<Pair<'_>, usize> = votes
            .filter(|((one, other), _)| olds.contains_key(one) && news.contains_key(other))
            .map(|(pair, count)| (*pair, *count))
            .collect();
        for (pair, count) in &votes {
            let is_rival =
                |other: &Pair<'_>| *other != *pair && (other.0 == pair.0 || other.1 == pair.1);
            let mut rivals = votes.iter().filter(|(other, _)| is_rival(other));
            let wins = rivals.all(|(_, votes)| votes < count);
            let one = component(old.normalized, pair.0);
            let other = component(new.normalized, pair.1);
            if let (true, Some(one), Some(other)) = (wins, one, other)
                && are_alike((old.normalized, one), (new.normalized, other))
            {
                matching.pair(pair.0, pair.1);
            }
        }
    }
}

impl<'a> Voter<'a> {
    fn of(side: Side<'a>) -> Self {
        let schemas = schemas(&side.lowered.facts);
        let dictionary = SubjectKind::Schema(SchemaForm::Dictionary);
        let dictionaries = schemas.iter().filter(|(_, one)| one.kind == dictionary);
        Self {
            normalized: side.normalized,
            dictionaries: dictionaries.map(|(key, _)| *key).collect(),
        }
    }

    fn component(&self, key: &str) -> Option<&'a Node> {
        component(self.normalized, key)
    }

    /// The schema without what is around it: the reference that has a description beside it, or
    /// the typed page that has the same page of free-form objects beside it, with that page.
    fn bare(&self, node: &'a Node) -> (&'a Node, Option<&'a Node>) {
        if let Some([only]) = node.get("allOf").and_then(Node::as_array)
            && only.get("$ref").is_some()
        {
            return (only, None);
        }
        let branches = node.get("anyOf").or_else(|| node.get("oneOf"));
        let branches = branches.and_then(Node::as_array).unwrap_or_default();
        let is_free =
            |node: &&Node| schema_key(node).is_some_and(|key| self.dictionaries.contains(key));
        let (free, typed): (Vec<_>, Vec<_>) = branches.iter().partition(is_free);
        match (&typed[..], &free[..]) {
            ([typed], [free]) => (typed, Some(free)),
            _ => (node, None),
        }
    }
}

fn schema_key(node: &Node) -> Option<&str> {
    let reference = node.get("$ref")?.as_str()?;
    reference.strip_prefix("#/components/schemas/")
}

/// Whether two schemas have half of their properties or values in common, or are of one type
/// where they have none.
fn are_alike(old: (&Normalized, &Node), new: (&Normalized, &Node)) -> bool {
    let (mut olds, mut news) = (BTreeSet::new(), BTreeSet::new());
    add_parts(old, &mut olds, 0);
    add_parts(new, &mut news, 0);
    if olds.is_empty() && news.is_empty() {
        let ty = |node: &Node| node.get("type").and_then(Node::as_str).map(str::to_owned);
        return ty(old.1) == ty(new.1);
    }
    let common = olds.intersection(&news).count();
    2 * common >= olds.len().max(news.len())
}

/// Adds the properties of a schema, those of its parts included, and its values.
fn add_parts(
    (normalized, schema): (&Normalized, &Node),
    parts: &mut BTreeSet<String>,
    depth: usize,
) {
    let properties = schema.get("properties").and_then(Node::as_object);
    let properties = properties.into_iter().flat_map(|members| members.keys());
    parts.extend(properties.cloned());
    let values = schema.get("enum").and_then(Node::as_array);
    let values = values.into_iter().flatten();
    parts.extend(values.map(|value| value.to_json_value().to_string()));
    let all_of = schema.get("allOf").and_then(Node::as_array);
    // Normalization has refused parts that contain themselves; the bound is a safeguard.
    for part in all_of.into_iter().flatten().filter(|_| depth < 32) {
        let target = schema_key(part).and_then(|key| component(normalized, key));
        add_parts((normalized, target.unwrap_or(part)), parts, depth + 1);
    }
}
