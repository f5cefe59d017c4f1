//! The impls of every open enum and union. The generated code declares the type, with docs
//! on each variant; these macros only add impls below it.

#![allow(unused_macros, reason = "which of them are used depends on the spec")]

/// `string_enum!(Color { Red = "red", Blue = "blue" });` for an enum of these variants and
/// `Unrecognized(String)`.
macro_rules! string_enum {
    ($name:ident { $($variant:ident = $wire:literal),* $(,)? }) => {
        #[allow(deprecated)]
        impl $name {
            /// The values that the spec lists.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),*];

            /// The value in JSON.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $wire,)*
                    Self::Unrecognized(value) => value,
                }
            }
        }

        #[allow(deprecated)]
        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                match value {
                    $($wire => Self::$variant,)*
                    _ => Self::Unrecognized(value.to_owned()),
                }
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self::from(value.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            fn from_str(value: &str) -> ::std::result::Result<Self, ::std::convert::Infallible> {
                Ok(Self::from(value))
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::runtime::decode::wire::deserialize_string_enum(deserializer)
            }
        }

        impl $crate::runtime::decode::wire::OpenEnum for $name {
            fn is_known(&self) -> bool {
                !matches!(self, Self::Unrecognized(_))
            }
        }

        impl $crate::runtime::call::query::QueryValue for $name {
            fn query_value(&self) -> ::std::result::Result<String, &'static str> {
                Ok(self.as_str().to_owned())
            }
        }

        $crate::runtime::decode::wire::field_values!($name);
    };
}

/// `integer_enum!(Level { Low = 1, High = 2 });` for an enum of these variants and
/// `Unrecognized(i64)`.
macro_rules! integer_enum {
    ($name:ident { $($variant:ident = $value:literal),* $(,)? }) => {
        #[allow(deprecated)]
        impl $name {
            /// The values that the spec lists.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),*];

            /// The value in JSON.
            pub fn value(&self) -> i64 {
                match self {
                    $(Self::$variant => $value,)*
                    Self::Unrecognized(value) => *value,
                }
            }
        }

        #[allow(deprecated)]
        impl From<i64> for $name {
            fn from(value: i64) -> Self {
                match value {
                    $($value => Self::$variant,)*
                    _ => Self::Unrecognized(value),
                }
            }
        }

        impl From<$name> for i64 {
            fn from(value: $name) -> Self {
                value.value()
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.value(), f)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.value())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::runtime::decode::wire::deserialize_integer_enum(deserializer)
            }
        }

        impl $crate::runtime::decode::wire::OpenEnum for $name {
            fn is_known(&self) -> bool {
                !matches!(self, Self::Unrecognized(_))
            }
        }

        impl $crate::runtime::call::query::QueryValue for $name {
            fn query_value(&self) -> ::std::result::Result<String, &'static str> {
                Ok(self.value().to_string())
            }
        }

        $crate::runtime::decode::wire::field_values!($name);
    };
}

/// `union!(LocItem { Name(String), Index(i64) });` for an enum of these variants, tried in
/// this order, and `Unrecognized(serde_json::Value)`.
macro_rules! union {
    ($name:ident { $($variant:ident($ty:ty)),* $(,)? }) => {
        #[allow(deprecated)]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(value) => $crate::runtime::decode::wire::serialize(value, serializer),)*
                    Self::Unrecognized(value) => serde::Serialize::serialize(value, serializer),
                }
            }
        }

        #[allow(deprecated)]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let value = <serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
                $(
                    let read = $crate::runtime::decode::wire::deserialize::<$ty, _>(&value);
                    if let Ok(value) = read {
                        return Ok(Self::$variant(value));
                    }
                )*
                $(
                    let read = $crate::runtime::decode::union::deserialize_leniently::<$ty>(&value);
                    if let Some(value) = read {
                        return Ok(Self::$variant(value));
                    }
                )*
                Ok(Self::Unrecognized(value))
            }
        }

        $crate::runtime::decode::wire::field_values!($name);
    };
}

/// `tagged_union!(Pet by "kind" { Cat(Cat) = "cat" | "kitty", Dog(Dog) = "dog" });` for an
/// enum of these variants, distinguished by a property, and
/// `Unrecognized(serde_json::Value)`. A value that lacks the property is written with the
/// first of its tags.
macro_rules! tagged_union {
    ($name:ident by $tag:literal {
        $($variant:ident($ty:ty) = $first:literal $(| $other:literal)*),* $(,)?
    }) => {
        #[allow(deprecated)]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(value) => {
                        $crate::runtime::decode::union::serialize_tagged(value, $tag, $first, serializer)
                    })*
                    Self::Unrecognized(value) => serde::Serialize::serialize(value, serializer),
                }
            }
        }

        #[allow(deprecated)]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let value = <serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
                match value.get($tag).and_then(serde_json::Value::as_str) {
                    $(Some($first $(| $other)*) => {
                        $crate::runtime::decode::union::deserialize_variant::<$ty, _>(value)
                            .map(Self::$variant)
                    })*
                    _ => Ok(Self::Unrecognized(value)),
                }
            }
        }

        $crate::runtime::decode::wire::field_values!($name);
    };
}

/// `routes!(Route { ListThing = GET "/thing", query["since"], id(".."), summary(".."), tag(".."),
/// scope("daily"), sandbox(true), errors(ERRORS_1), auth(AUTH_1); });`: the routes and their data.
/// Parameters, scope, sandbox and errors are left out where there are none.
macro_rules! routes {
    ($name:ident { $(
        $variant:ident = $method:ident $path_template:literal,
        $(path[$($path:literal),*],)? $(query[$($query:literal),*],)?
        id($id:literal), summary($summary:literal), tag($tag:literal),
        $(scope($scope:literal),)? $(sandbox($sandbox:literal),)? $(errors($errors:ident),)?
        auth($auth:ident);
    )* }) => {
        impl $name {
            /// Every route, sorted by name.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub(crate) const fn info(self) -> &'static $crate::runtime::route::RouteInfo {
                match self {
                    $(Self::$variant => {
                        const INFO: &$crate::runtime::route::RouteInfo =
                            &$crate::runtime::route::RouteInfo {
                                name: stringify!($variant),
                                method: http::Method::$method,
                                path_template: $path_template,
                                operation_id: $id,
                                summary: $summary,
                                tag: $tag,
                                auth: $auth.0,
                                security: $auth.1,
                                scope: $crate::runtime::prelude::optional!($($scope)?),
                                is_sandbox: false $(|| $sandbox)?,
                                path_params: &[$($($path),*)?],
                                query_params: &[$($($query),*)?],
                                errors: $crate::runtime::prelude::or_empty!($($errors)?),
                            };
                        INFO
                    })*
                    Self::__NotCastable(never) => match never {},
                }
            }
        }

        $(
            impl $crate::runtime::route::Operation for super::operations::$variant {
                const ROUTE: $name = $name::$variant;
            }
        )*
    };
}

/// `takes!([ListThing, SandboxListThing]: Since, Until);`: the optional parameters that
/// operations share.
macro_rules! takes {
    ($markers:tt: $($parameter:ident),+ $(,)?) => {
        $($crate::runtime::prelude::takes!($markers $parameter);)+
    };
    ([$($marker:ident),+] $parameter:ident) => {
        $(impl super::parameters::$parameter for super::operations::$marker {})+
    };
}

/// `paged!(ListThing by "cursor");` or `paged!(ListThing by "cursor" from "since" to "until":
/// Date);`: the query parameters that page and bound a list.
macro_rules! paged {
    ($marker:ident by $cursor:literal $(,)?) => {
        impl $crate::runtime::list::page::Paged for super::operations::$marker {
            const CURSOR_PARAMETER: &'static str = $cursor;
        }
    };
    (
        $marker:ident by $cursor:literal
        from $start:literal to $end:literal $(without $latest:literal)?: $bound:ty $(,)?
    ) => {
        $crate::runtime::prelude::paged!($marker by $cursor);

        impl $crate::runtime::list::page::Ranged for super::operations::$marker {
            type Bound = $bound;
            const START_PARAMETER: &'static str = $start;
            const END_PARAMETER: &'static str = $end;
            $(const LATEST_PARAMETER: Option<&'static str> = Some($latest);)?
        }
    };
}

/// `Debug` of a struct with fields that must not be shown.
macro_rules! debug {
    ($name:ident $([$parameter:ident])? shows { $($shown:ident),* } hides { $($hidden:ident),* }) => {
        impl $(<$parameter: std::fmt::Debug>)? std::fmt::Debug for $name $(<$parameter>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($shown), &self.$shown))*
                    $(.field(stringify!($hidden), &format_args!("[hidden]")))*
                    .finish()
            }
        }
    };
}

/// `resources!(Resource, Document { Nap(Nap) = "nap", id[id], day[day], get[GetNap],
/// list[days ListNap as Page<Nap>]; });`: the names and routes of resources, and the methods of
/// their documents. Brackets are empty for a route or field that a resource does not have.
macro_rules! resources {
    ($resource:ident, $document:ident { $(
        $variant:ident($ty:ty) = $name:literal, id[$($id:ident)?], day[$($day:ident)?],
        get[$($get:ident)?], list[$($bounds:ident $list:ident as $page:ty)?];
    )* }) => {
        impl $resource {
            /// Every resource, sorted by its name in Rust.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub(crate) const fn info(self) -> &'static $crate::runtime::route::resource::ResourceInfo {
                match self {
                    $(Self::$variant => {
                        const INFO: &$crate::runtime::route::resource::ResourceInfo =
                            &$crate::runtime::route::resource::ResourceInfo {
                                name: $name,
                                get: $crate::runtime::prelude::optional!($((
                                    $crate::Route::$get,
                                    |reply| {
                                        $crate::runtime::decode::json::<$ty>(reply)
                                            .map($document::$variant)
                                    },
                                ))?),
                                list: $crate::runtime::prelude::optional!($(
                                    $crate::runtime::route::resource::ListInfo {
                                        route: $crate::Route::$list,
                                        cursor_parameter: <
                                            $crate::operations::$list
                                            as $crate::runtime::list::page::Paged
                                        >::CURSOR_PARAMETER,
                                        bounds: $crate::runtime::route::resource::Bounds::$bounds::<
                                            $crate::operations::$list,
                                        >(),
                                        decode: $crate::runtime::decode::raw_documents::<$page>,
                                    }
                                )?),
                            };
                        INFO
                    })*
                    Self::__NotCastable(never) => match never {},
                }
            }
        }

        #[allow(unused_variables, reason = "an API may have no resources")]
        impl $document {
            /// Reads a document of a resource from its JSON.
            ///
            /// # Errors
            ///
            /// [`Error::Decode`](crate::Error::Decode) when it is not of the resource's form.
            pub fn from_json(
                resource: $resource,
                json: &str,
            ) -> ::std::result::Result<Self, $crate::Error> {
                match resource {
                    $($resource::$variant => {
                        $crate::runtime::decode::document::<$ty>(resource.list_route(), json)
                            .map(Self::$variant)
                    })*
                    $resource::__NotCastable(never) => match never {},
                }
            }

            /// The resource that the document is of.
            pub fn resource(&self) -> $resource {
                match *self {
                    $(Self::$variant(_) => $resource::$variant,)*
                }
            }

            /// The id. `None` where the document has none: samples of time series.
            pub fn id(&self) -> Option<&str> {
                match *self {
                    $(Self::$variant(ref document) => {
                        $crate::runtime::prelude::optional_field!(
                            document $($id as $crate::runtime::route::resource::DocumentId::document_id)?
                        )
                    })*
                }
            }

            /// The day on which the document lies: its own day, the first of a period, or
            /// that of its timestamp in the timestamp's offset. `None` where it has none.
            pub fn day(&self) -> Option<time::Date> {
                match *self {
                    $(Self::$variant(ref document) => {
                        $crate::runtime::prelude::optional_field!(
                            document $($day as $crate::runtime::route::resource::DocumentDay::document_day)?
                        )
                    })*
                }
            }
        }

        /// Writes the document alone, without the name of its resource.
        #[allow(unused_variables, reason = "an API may have no resources")]
        impl serde::Serialize for $document {
            fn serialize<S: serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                match *self {
                    $(Self::$variant(ref document) => {
                        serde::Serialize::serialize(document, serializer)
                    })*
                }
            }
        }
    };
}

/// `examples!(Tag, Workout);`: an example of each struct, read from `examples.json`.
#[cfg(feature = "testing")]
macro_rules! examples {
    ($($name:ident),* $(,)?) => {
        $(
            #[allow(deprecated)]
            impl super::models::$name {
                /// Returns a made-up value with every field filled in (feature `testing`).
                pub fn example() -> Self {
                    $crate::testing::example(stringify!($name))
                }
            }
        )*

        /// Makes the example of each struct and its JSON, by its name.
        #[cfg(test)]
        #[allow(deprecated)]
        pub(crate) const EXAMPLES: &[(&str, fn() -> serde_json::Result<serde_json::Value>)] = &[
            $((stringify!($name), || serde_json::to_value(super::models::$name::example()))),*
        ];
    };
}

/// A list, empty where there is none.
macro_rules! or_empty {
    () => {
        &[]
    };
    ($list:expr) => {
        $list
    };
}

/// `Some` of the argument, or `None` without one.
macro_rules! optional {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}

/// The result of a function of a field, or `None` without a field.
macro_rules! optional_field {
    ($document:ident) => {{
        let _ = $document;
        None
    }};
    ($document:ident $field:ident as $read:path) => {
        $read(&$document.$field)
    };
}

/// `document_from!(Document { Nap(Nap) });`: conversions from the type that one variant holds.
macro_rules! document_from {
    ($document:ident { $($variant:ident($ty:ty)),* $(,)? }) => {$(
        impl From<$ty> for $document {
            fn from(document: $ty) -> Self {
                Self::$variant(document)
            }
        }
    )*};
}

#[cfg(feature = "testing")]
pub(crate) use examples;
pub(crate) use {debug, integer_enum, string_enum, tagged_union, union};
pub(crate) use {document_from, optional, optional_field, or_empty, resources};
pub(crate) use {paged, routes, takes};

#[cfg(test)]
#[allow(unreachable_pub, reason = "the macros are for public types")]
mod tests {
    use serde_json::{Value, from_value, json, to_value};
    use time::{Date, Month};

    use crate::runtime::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    enum Color {
        Red,
        Blue,
        Unrecognized(String),
    }
    string_enum!(Color { Red = "red", Blue = "dark blue" });

    #[derive(Clone, Debug, PartialEq)]
    enum Level {
        Low,
        High,
        Unrecognized(i64),
    }
    integer_enum!(Level { Low = -1, High = 2 });

    #[derive(Clone, Debug, PartialEq)]
    enum LocItem {
        Day(Date),
        Name(String),
        Index(i64),
        Days(Vec<Date>),
        Unrecognized(Value),
    }
    union!(LocItem { Day(Date), Name(String), Index(i64), Days(Vec<Date>) });

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Cat {
        lives: i64,
    }
    field_values!(Cat);

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Dog {
        kind: String,
    }
    field_values!(Dog);

    #[derive(Clone, Debug, PartialEq)]
    enum Pet {
        Cat(Box<Cat>),
        Dog(Dog),
        Unrecognized(Value),
    }
    tagged_union!(Pet by "kind" { Cat(Box<Cat>) = "cat" | "kitty", Dog(Dog) = "dog" });

    fn round_trip<T: FieldValue + Serialize + DeserializeOwned>(json: Value) -> T {
        let value: T = from_value(json.clone()).expect("it decodes");
        assert_eq!(to_value(&value).expect("it encodes"), json);
        value
    }

    #[test]
    fn string_enums_are_open() {
        assert_eq!(round_trip::<Color>(json!("dark blue")), Color::Blue);
        let green = round_trip::<Color>(json!("green"));
        assert_eq!(green, Color::Unrecognized("green".to_owned()));
        assert_eq!(
            (green.as_str(), green.to_string().as_str()),
            ("green", "green")
        );
        assert_eq!("red".parse(), Ok(Color::Red));
        assert_eq!(Color::KNOWN, [Color::Red, Color::Blue]);
        assert!(from_value::<Color>(json!(1)).is_err());
    }

    #[test]
    fn integer_enums_are_open() {
        assert_eq!(round_trip::<Level>(json!(-1)), Level::Low);
        assert_eq!(round_trip::<Level>(json!(7)), Level::Unrecognized(7));
        assert_eq!(
            (Level::High.value(), Level::High.to_string().as_str()),
            (2, "2")
        );
        assert_eq!(Level::KNOWN, [Level::Low, Level::High]);
    }

    #[test]
    fn unions_take_the_first_that_fits() {
        let day = Date::from_calendar_date(2024, Month::March, 1).expect("a day");
        assert_eq!(
            round_trip::<LocItem>(json!("2024-03-01")),
            LocItem::Day(day)
        );
        assert_eq!(
            round_trip::<LocItem>(json!("query")),
            LocItem::Name("query".to_owned())
        );
        assert_eq!(round_trip::<LocItem>(json!(3)), LocItem::Index(3));
        assert_eq!(
            round_trip::<LocItem>(json!(["2024-03-01"])),
            LocItem::Days(vec![day])
        );
        assert_eq!(
            round_trip::<LocItem>(json!(null)),
            LocItem::Unrecognized(Value::Null)
        );
    }

    #[test]
    fn tagged_unions_go_by_the_tag() {
        let dog = round_trip::<Pet>(json!({ "kind": "dog" }));
        assert_eq!(
            dog,
            Pet::Dog(Dog {
                kind: "dog".to_owned()
            })
        );
        let kitty: Pet = from_value(json!({ "kind": "kitty", "lives": 9 })).expect("a cat");
        assert_eq!(kitty, Pet::Cat(Box::new(Cat { lives: 9 })));
        assert_eq!(
            to_value(&kitty).expect("it encodes"),
            json!({ "kind": "cat", "lives": 9 })
        );
        let fish = json!({ "kind": "fish", "lives": 1 });
        assert_eq!(round_trip::<Pet>(fish.clone()), Pet::Unrecognized(fish));
        assert!(from_value::<Pet>(json!({ "kind": "cat" })).is_err());
    }
}
