//! The tree as input and output of serde: printing, and reading typed values out of it.

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::de::{IntoDeserializer, value::MapAccessDeserializer};
use serde::forward_to_deserialize_any;
use serde::ser::{Serialize, Serializer};
use std::fmt;

use super::{Document, Node, Number, Value};
use crate::error::Error;
use crate::pointer::Origin;

impl Document {
    /// The document as YAML.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        serde_yaml::to_string(self).expect("a tree with string keys is YAML")
    }

    /// The document as indented JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a tree with string keys is JSON")
    }
}

impl Node {
    /// Reads a typed value.
    ///
    /// # Errors
    ///
    /// What the type refuses, at the node that it refuses. (Untagged enums refuse as a whole.)
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Error> {
        T::deserialize(Reader(self)).map_err(|failure| {
            let origin = failure.origin.as_ref().unwrap_or(&self.origin);
            Error::at(origin, failure.message)
        })
    }

    /// A copy without origins; the order of members is lost.
    #[must_use]
    pub fn to_json_value(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(Number::Signed(value)) => (*value).into(),
            Value::Number(Number::Unsigned(value)) => (*value).into(),
            Value::Number(number @ (Number::Float(_) | Number::Large(_))) => number.as_f64().into(),
            Value::String(text) => text.as_str().into(),
            Value::Array(items) => items.iter().map(Self::to_json_value).collect(),
            Value::Object(members) => {
                let members = members.iter();
                members
                    .map(|(key, node)| (key.clone(), node.to_json_value()))
                    .collect()
            }
        }
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.root.serialize(serializer)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(Number::Signed(value)) => serializer.serialize_i64(*value),
            Value::Number(Number::Unsigned(value)) => serializer.serialize_u64(*value),
            Value::Number(Number::Float(value)) => serializer.serialize_f64(*value),
            Value::Number(number @ Number::Large(_)) => serializer.serialize_f64(number.as_f64()),
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(items) => serializer.collect_seq(items),
            Value::Object(members) => serializer.collect_map(members),
        }
    }
}

/// Lets serde read a node.
#[derive(Clone, Copy)]
struct Reader<'de>(&'de Node);

/// What a type refuses, and the innermost node at which it did.
#[derive(Debug)]
struct Failure {
    message: String,
    origin: Option<Origin>,
}

impl Failure {
    fn at(mut self, node: &Node) -> Self {
        self.origin.get_or_insert_with(|| node.origin.clone());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl serde::de::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            message: message.to_string(),
            origin: None,
        }
    }
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.0.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(Number::Signed(value)) => visitor.visit_i64(*value),
            Value::Number(Number::Unsigned(value)) => visitor.visit_u64(*value),
            Value::Number(number @ (Number::Float(_) | Number::Large(_))) => {
                visitor.visit_f64(number.as_f64())
            }
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => visitor.visit_seq(Items(items.iter())),
            Value::Object(_) => visitor.visit_map(self.members()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.0.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match &self.0.value {
            Value::String(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            Value::Object(_) => {
                MapAccessDeserializer::new(self.members()).deserialize_enum(name, variants, visitor)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> Reader<'de> {
    fn members(self) -> Members<'de> {
        Members {
            rest: self.0.as_object().map(indexmap::IndexMap::iter),
            next: None,
        }
    }
}

struct Items<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Failure> {
        let read = |node| {
            seed.deserialize(Reader(node))
                .map_err(|e: Failure| e.at(node))
        };
        self.0.next().map(read).transpose()
    }
}

struct Members<'de> {
    rest: Option<indexmap::map::Iter<'de, String, Node>>,
    next: Option<&'de Node>,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Failure> {
        let Some((key, node)) = self.rest.as_mut().and_then(Iterator::next) else {
            return Ok(None);
        };
        self.next = Some(node);
        let read = seed.deserialize(serde::de::value::BorrowedStrDeserializer::new(key));
        read.map(Some).map_err(|e: Failure| e.at(node))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let node = self.next.expect("serde asks for a value after its key");
        seed.deserialize(Reader(node)).map_err(|e| e.at(node))
    }
}

#[cfg(test)]
mod tests {
    use crate::document::parse_document;

    #[test]
    fn order_survives_printing() {
        let text = "z: 1\na:\n- -2\n- 1.5\n- null\n- '200'\n- true\n'404': {}\n";
        let document = parse_document("a.yaml", text).unwrap();
        let again = parse_document("a.yaml", &document.to_yaml()).unwrap();
        assert_eq!(document, again);
        let again = parse_document("a.yaml", &document.to_json()).unwrap();
        assert_eq!(document, again);
        let keys: Vec<_> = again.root.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["z", "a", "404"]);
    }

    #[test]
    fn typed_values_name_the_node_that_is_wrong() {
        let read = |text: &str| {
            let document = parse_document("a.yaml", text).unwrap();
            let read = document.root.deserialize::<openapiv3::Server>();
            read.map_err(|error| error.to_string())
        };
        let server = read("url: /\nvariables: {a: {default: b, enum: [b, c]}}").unwrap();
        assert_eq!(server.variables.unwrap()["a"].enumeration, ["b", "c"]);
        assert_eq!(
            read("url: /\nvariables: {a: {default: b, enum: [b, 3]}}").unwrap_err(),
            "a.yaml#/variables/a/enum/1: invalid type: integer `3`, expected a string"
        );
        assert_eq!(
            read("variables: {a: {}}").unwrap_err(),
            "a.yaml#/variables/a: missing field `default`"
        );
    }
}
