//! Converts one schema, whose parts are already strict, to strict 3.0.3: each conversion is a
//! function.

use super::conversion::Conversion;
use super::fragment::REF;
use super::keywords::SCHEMA;
use super::references::{Target, leads_to_null};
use super::tree::{common_type, distinct, elements, is_of_type};
use crate::document::{Members, Node, Number, Value};
use crate::error::Error;
use crate::pointer::Origin;

/// The mark of times in UTC. On a schema of another type it is an error, while keywords of JSON
/// Schema for another type have no effect.
const UTC: &str = "x-rust-utc";

/// Converts a schema to the keywords of 3.0.3. `members` are the schema's, after the walk.
pub(super) fn convert_schema(
    members: Members,
    origin: &Origin,
    root: Target<'_>,
    errors: &mut Vec<Error>,
) -> Node {
    let mut schema = Conversion {
        members,
        origin,
        root,
        errors,
    };
    schema.convert_const();
    schema.convert_examples();
    schema.convert_encoding();
    schema.convert_unevaluated();
    schema.convert_bound("exclusiveMinimum", "minimum", |bound, other| other > bound);
    schema.convert_bound("exclusiveMaximum", "maximum", |bound, other| other < bound);
    schema.convert_types();
    schema.convert_enum();
    schema.convert_union("anyOf");
    schema.convert_union("oneOf");
    schema.convert_reference();
    schema.combine();
    schema.convert_numbers();
    schema.check_large_values();
    schema.check_type();
    Node::new(schema.members, origin.clone())
}

impl Conversion<'_> {
    fn set_nullable(&mut self, origin: &Origin) {
        self.set("nullable", Node::new(true, origin.clone()));
    }

    /// Makes the schema one that allows only null.
    fn set_null(&mut self, origin: &Origin) {
        self.take("type");
        if let Some(values) = self.take("enum") {
            self.check_values(elements(&values), &["null"]);
        }
        let null = Node::new(Value::Null, origin.clone());
        self.set("enum", Node::new(vec![null], origin.clone()));
        self.set_nullable(origin);
    }

    fn type_name(&self) -> Option<&str> {
        self.members.get("type").and_then(Node::as_str)
    }

    /// `const: x` is `enum: [x]`.
    fn convert_const(&mut self) {
        let Some(value) = self.take("const") else {
            return;
        };
        let origin = value.origin.clone();
        if let Some(others) = self.members.get("enum")
            && !elements(others).contains(&value)
        {
            self.fail(
                &origin,
                "`enum` does not list the value of `const`",
                "remove one of them",
            );
        }
        self.set("enum", Node::new(vec![value], origin.clone()));
    }

    /// The first of `examples` becomes the `example`; where there are more, all are kept aside.
    fn convert_examples(&mut self) {
        let Some(examples) = self.take("examples") else {
            return;
        };
        let has_example = self.members.contains_key("example");
        let list = elements(&examples);
        if let (Some(first), false) = (list.first(), has_example) {
            self.members.insert("example".into(), first.clone());
        }
        if has_example || list.len() != 1 {
            self.set_aside("examples", examples);
        }
    }

    /// Base64 text is the format `byte`, raw bytes are `binary`. Other encodings stay text.
    fn convert_encoding(&mut self) {
        let said = |keyword| self.members.get(keyword).map(Node::as_str);
        let format = match (said("contentEncoding"), said("contentMediaType")) {
            _ if self.members.contains_key("format") => None,
            (Some(Some("base64")), _) => Some(("byte", "contentEncoding")),
            (None, Some(Some("application/octet-stream"))) => Some(("binary", "contentMediaType")),
            _ => None,
        };
        if let Some((format, keyword)) = format
            && let Some(Node { origin, .. }) = self.take(keyword)
        {
            self.set("format", Node::new(format, origin.clone()));
            let name = self.members.entry("type".into());
            name.or_insert_with(|| Node::new("string", origin));
        }
        for keyword in ["contentEncoding", "contentMediaType"] {
            if let Some(node) = self.take(keyword) {
                self.set_aside(keyword, node);
            }
        }
    }

    /// Where nothing else evaluates properties, the unevaluated ones are the additional ones. The
    /// SDK does not refuse any, so that only their schema matters.
    fn convert_unevaluated(&mut self) {
        let Some(unevaluated) = self.take("unevaluatedProperties") else {
            return;
        };
        let others = ["additionalProperties", "$ref", "allOf", "anyOf", "oneOf"];
        let is_alone = others.iter().all(|key| !self.members.contains_key(*key));
        match unevaluated.as_object() {
            Some(_) if is_alone => self.set("additionalProperties", unevaluated),
            _ => self.set_aside("unevaluatedProperties", unevaluated),
        }
    }

    /// A numeric exclusive bound becomes the bound with a flag, unless the other is tighter.
    fn convert_bound(
        &mut self,
        exclusive: &str,
        inclusive: &str,
        tighter: fn(&Number, &Number) -> bool,
    ) {
        let bound = self.members.get(exclusive).and_then(Node::as_number);
        let Some(bound) = bound.cloned() else {
            return;
        };
        let other = self.members.get(inclusive).and_then(Node::as_number);
        let is_implied = other.is_some_and(|other| tighter(&bound, other));
        let Some(taken) = self.take(exclusive) else {
            return;
        };
        if is_implied {
            return;
        }
        self.set(exclusive, Node::new(true, taken.origin.clone()));
        self.set(inclusive, taken);
    }

    /// Converts a list of types: null becomes `nullable`, several others become a union.
    fn convert_types(&mut self) {
        let Some(types) = self.members.get("type").cloned() else {
            return;
        };
        let names: Vec<&Node> = match &types.value {
            Value::Array(names) => names.iter().collect(),
            _ => vec![&types],
        };
        let is = |node: &Node, name: &str| node.as_str() == Some(name);
        let null = names.iter().find(|name| is(name, "null"));
        let has_number = names.iter().any(|name| is(name, "number"));
        let redundant = |name: &Node| is(name, "null") || has_number && is(name, "integer");
        let mut others: Vec<&Node> = Vec::new();
        for name in names.iter().filter(|name| !redundant(name)) {
            if !others.contains(name) {
                others.push(name);
            }
        }
        if let Some(null) = null {
            self.set_nullable(&null.origin);
        }
        match (&others[..], null) {
            ([], Some(null)) => self.set_null(&null.origin),
            ([], None) => {}
            ([one], _) => self.set("type", (*one).clone()),
            (several, _) => self.split_types(several, &types.origin),
        }
    }

    /// Converts several types to a union with a branch for each, which gets the constraints and
    /// the enumerated values of its type.
    fn split_types(&mut self, types: &[&Node], origin: &Origin) {
        self.take("type");
        if self.members.contains_key("anyOf") {
            let message = "several types beside `anyOf` are not supported";
            return self.fail(origin, message, "put the types into the branches");
        }
        let names: Vec<&str> = types.iter().filter_map(|name| name.as_str()).collect();
        let values = self.members.get("enum").map_or(&[][..], elements).to_vec();
        if !self.check_values(&values, &names) {
            return;
        }
        if let Some(null) = values.iter().find(|value| value.is_null()) {
            self.set_nullable(&null.origin);
        }
        let branches = types.iter().filter_map(|name| self.branch(name));
        let branches: Vec<Members> = branches.collect();
        let branches: Vec<Node> = branches
            .into_iter()
            .map(|branch| convert_schema(branch, self.origin, self.root, self.errors))
            .collect();
        for keyword in SCHEMA.keywords {
            let moved = |branch: &Node| branch.get(keyword.name).is_some();
            if branches.iter().any(moved) {
                self.take(keyword.name);
            } else if !keyword.types.is_empty()
                && let Some(child) = self.take(keyword.name)
            {
                self.set_aside(keyword.name, child);
            }
        }
        self.set_union("anyOf", branches, origin, origin);
    }

    /// Sets a union, or the only branch in its place, or null alone if there is no branch.
    fn set_union(&mut self, key: &str, mut branches: Vec<Node>, origin: &Origin, null: &Origin) {
        match branches.len() {
            0 => self.set_null(null),
            1 => self.merge(branches.remove(0), origin),
            _ => self.set(key, Node::new(branches, origin.clone())),
        }
    }

    /// The branch for one of several types, unless no enumerated value is of that type.
    fn branch(&self, name: &Node) -> Option<Members> {
        let type_name = name.as_str()?;
        let mut branch = Members::from_iter([("type".to_owned(), name.clone())]);
        for (key, child) in &self.members {
            let types = SCHEMA.keyword(key).map_or(&[][..], |keyword| keyword.types);
            let fits = key != "format" || is_numeric(child) != (type_name == "string");
            if types.contains(&type_name) && fits {
                branch.insert(key.clone(), child.clone());
            }
        }
        if let Some(values) = self.members.get("enum") {
            let fitting = elements(values)
                .iter()
                .filter(|value| is_of_type(value, type_name));
            let fitting: Vec<Node> = fitting.cloned().collect();
            if fitting.is_empty() {
                return None;
            }
            branch.insert("enum".into(), Node::new(fitting, values.origin.clone()));
        }
        Some(branch)
    }

    /// Null in `enum` is `nullable`; a schema with enumerated values of one type has that
    /// type.
    fn convert_enum(&mut self) {
        let Some(values) = self.members.get("enum") else {
            return;
        };
        let origin = values.origin.clone();
        let is_null = |node: &&Node| node.is_null();
        let null = elements(values).iter().find(is_null).cloned();
        let others = elements(values).iter().filter(|node| !is_null(node));
        let mut others: Vec<Node> = others.cloned().collect();
        match null {
            Some(null) if others.is_empty() => return self.set_null(&null.origin),
            Some(null) => self.set_nullable(&null.origin),
            None => {}
        }
        let is_plain = ["type", "$ref", "allOf", "anyOf", "oneOf"]
            .iter()
            .all(|key| !self.members.contains_key(*key));
        if let (true, Some(name)) = (is_plain, common_type(&others)) {
            self.set("type", Node::new(name, origin.clone()));
        }
        if let Some(name) = self.type_name().map(str::to_owned) {
            others.iter_mut().for_each(|value| make_type(value, &name));
            self.check_values(&others, &[&name]);
        }
        self.set("enum", Node::new(distinct(others.iter()), origin.clone()));
    }

    /// Whether all enumerated values but null are of one of the types.
    fn check_values(&mut self, values: &[Node], types: &[&str]) -> bool {
        let fits = |value: &&Node| types.iter().any(|name| is_of_type(value, name));
        let foreign = |value: &&Node| !value.is_null() && !fits(value);
        for value in values.iter().filter(foreign) {
            let (types, found) = (types.join("` or `"), value.kind());
            let message = format!("`type` is `{types}`, but this enumerated value is {found}");
            let help = match types.as_str() {
                "string" => "put it in quotes",
                _ => "correct the type or the value",
            };
            self.fail(&value.origin, message, help);
        }
        !values.iter().any(|value| foreign(&value))
    }

    /// Converts a null branch of a union to `nullable`; a branch that is then alone replaces the
    /// union.
    fn convert_union(&mut self, key: &str) {
        let branches = self.members.get(key).map_or(&[][..], elements);
        let Some(null) = branches.iter().find(|branch| self.is_null(branch)).cloned() else {
            return;
        };
        let others = branches.iter().filter(|branch| !self.is_null(branch));
        let others: Vec<Node> = others.cloned().collect();
        let Some(union) = self.take(key) else {
            return;
        };
        // What the spec says about null has no other place.
        if null.as_object().is_some_and(|members| members.len() > 2) {
            self.set_aside("null", null.clone());
        }
        if !others.is_empty() {
            self.set_nullable(&null.origin);
        }
        self.set_union(key, others, &union.origin, &null.origin);
    }

    /// Whether a branch, already strict, allows null and nothing else.
    fn is_null(&self, branch: &Node) -> bool {
        let Some(members) = branch.as_object() else {
            return false;
        };
        match members.get(REF) {
            Some(reference) => leads_to_null(self.root, reference),
            None => members.get("enum").is_some_and(|values| {
                let mut values = elements(values).iter();
                values.next().is_some_and(|value| value.is_null())
            }),
        }
    }

    /// Moves a reference with something beside it into `allOf`.
    fn convert_reference(&mut self) {
        if self.members.len() < 2 {
            return;
        }
        if let Some(reference) = self.take(REF) {
            let origin = reference.origin.clone();
            let members = Members::from_iter([(REF.to_owned(), reference)]);
            self.add_to_all_of(Node::new(members, self.origin.clone()), &origin);
        }
    }

    /// Converts numbers such as `1.0` in an integer's bounds and values to integers.
    fn convert_numbers(&mut self) {
        if self.type_name() != Some("integer") {
            return;
        }
        for key in ["minimum", "maximum", "multipleOf", "enum"] {
            match self.members.get_mut(key).map(|node| &mut node.value) {
                Some(Value::Array(values)) => {
                    values
                        .iter_mut()
                        .for_each(|node| make_whole(&mut node.value));
                }
                Some(value) => make_whole(value),
                None => {}
            }
        }
    }

    /// Refuses values that fit no 64-bit type, since they cannot be sent; bounds can be documented.
    fn check_large_values(&mut self) {
        for key in ["enum", "default"] {
            let large = self.members.get(key).into_iter().flat_map(Node::walk);
            for node in large {
                if let Value::Number(Number::Large(text)) = &node.value {
                    let message = format!("the number {text} fits no 64-bit type");
                    self.errors.push(Error::at(&node.origin, message));
                }
            }
        }
    }

    /// Sets aside what has no effect on values of the type, and refuses what contradicts it.
    fn check_type(&mut self) {
        let Some(type_name) = self.type_name().map(str::to_owned) else {
            return;
        };
        if type_name == "array" && !self.members.contains_key("items") {
            self.set("items", Node::new(Members::default(), self.origin.clone()));
        }
        let foreign = self.members.keys().filter(|key| {
            let types = SCHEMA.keyword(key).map_or(&[][..], |keyword| keyword.types);
            !types.is_empty() && !types.contains(&type_name.as_str())
        });
        let foreign: Vec<String> = foreign.cloned().collect();
        for key in foreign {
            let Some(child) = self.take(&key) else {
                continue;
            };
            if key == UTC {
                let message = format!("`{key}` says nothing about a value of type `{type_name}`");
                self.fail(
                    &child.origin,
                    message,
                    "correct the type or remove the keyword",
                );
            } else {
                self.set_aside(&key, child);
            }
        }
    }
}

/// Converts a value that is written as another type: `1` among strings becomes `"1"`, and `"1"`
/// among integers becomes `1`.
fn make_type(value: &mut Node, type_name: &str) {
    value.value = match (&value.value, type_name) {
        (Value::Number(_) | Value::Bool(_), "string") => {
            Value::String(value.to_json_value().to_string())
        }
        (Value::String(text), "integer") => match text.parse::<i64>() {
            Ok(number) if number.to_string() == *text => match u64::try_from(number) {
                Ok(number) => Value::Number(Number::Unsigned(number)),
                Err(_) => Value::Number(Number::Signed(number)),
            },
            _ => return,
        },
        _ => return,
    };
}

/// Whether a format is one of numbers.
fn is_numeric(format: &Node) -> bool {
    let prefixes = ["int", "uint", "float", "double", "decimal"];
    format
        .as_str()
        .is_some_and(|name| prefixes.iter().any(|prefix| name.starts_with(prefix)))
}

/// Makes an integer of a number such as `1.0`.
pub(super) fn make_whole(value: &mut Value) {
    /// Up to here, floats represent every integer exactly.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Value::Number(Number::Float(number)) = value
        && let number = *number
        && number.fract() == 0.0
        && number.abs() <= EXACT
    {
        *value = Value::Number(match number < 0.0 {
            true => Number::Signed(number as i64),
            false => Number::Unsigned(number as u64),
        });
    }
}
