//! Objects with a discriminator: a value is one of the schemas that extend the object, as the
//! property says, or the object alone.
//!
//! Output: a union of the extensions, and the object as the struct `NameBase`. A value of a type
//! that the spec does not know stays as it is in JSON.

use std::collections::BTreeSet;

use openapiv3::{Discriminator, Schema};

use super::claims::{Claim, Scope};
use super::components::{Component, component};
use super::docs;
use super::names::{self, Kind, RUST_NAME, Rename};
use super::references::{component_at, reference_to};
use super::types::TypeLowering;
use super::unions::tags;
use crate::ir::{Docs, Type, TypeDef, TypeKind, Union, UnionVariant};
use crate::pointer::Pointer;

/// The variant that holds the object alone.
const BASE: &str = "Base";

impl<'c, 'a> TypeLowering<'c, 'a> {
    /// The type of an object at `at` with a discriminator.
    pub(super) fn lower_base(
        &mut self,
        ident: &str,
        schema: &'a Schema,
        by: &'a Discriminator,
        at: &Pointer,
    ) -> Option<TypeKind> {
        let own = component_at(at).and_then(|key| self.components.get(&*key));
        let own = own.filter(|component| component.at == *at);
        let extensions = self.extensions(own, by);
        if extensions.is_empty() {
            return self.lower_struct(ident, schema, at);
        }
        let mut scope = Scope::default();
        let mut name = |name: &str, key: &str| {
            let claim = Claim {
                ident: self.cx.names.ident(Kind::Variant, name),
                wire_name: key,
                at: &self.cx.origin(at),
                rename: Rename::Extension(RUST_NAME),
            };
            scope.claim(self.cx, claim)
        };
        let all = extensions.iter();
        let idents: Vec<_> = all
            .map(|it| name(names::unescaped(&it.ident), it.key))
            .collect();
        let base = name(BASE, BASE);
        let variant = |ident, ty, key: &str| UnionVariant {
            ident,
            ty,
            tags: tags(by, &reference_to(key)),
            docs: Docs::default(),
        };
        let mut variants = Vec::new();
        for (extension, ident) in extensions.into_iter().zip(idents) {
            let ty = self.lower_component(extension, at)?.into_type();
            variants.push(variant(ident, ty, extension.key));
        }
        if let Some(own) = own {
            variants.push(variant(base, self.define_base(own, schema, at)?, own.key));
        }
        Some(TypeKind::Union(Union {
            discriminator: Some(by.property_name.clone()),
            variants,
        }))
    }

    /// The object alone, as a struct.
    fn define_base(
        &mut self,
        own: &Component<'a>,
        schema: &'a Schema,
        at: &Pointer,
    ) -> Option<Type> {
        let origin = self.cx.origin(at);
        let ident = self.claim(Claim {
            ident: format!("{}{BASE}", own.ident),
            wire_name: &format!("`{}` without what extends it", own.key),
            at: &origin,
            rename: Rename::Extension(RUST_NAME),
        });
        let kind = self.lower_struct(&own.ident, schema, at)?;
        self.add(TypeDef {
            ident: ident.clone(),
            docs: Docs {
                source: format!("Schema `{}` without what extends it.", own.key),
                ..docs::of_node(self.cx.node(at))
            },
            deprecated: schema.schema_data.deprecated,
            origin,
            kind,
        });
        Some(Type::Named(ident))
    }

    /// The components that the discriminator names, and those that extend the object, directly or
    /// through others, in the spec's order.
    fn extensions(
        &self,
        own: Option<&Component<'a>>,
        by: &'a Discriminator,
    ) -> Vec<&'c Component<'a>> {
        let mapped = by.mapping.values();
        let mapped = mapped.filter_map(|target| component(self.components, target));
        let index = |key: &str| self.components.get_index_of(key);
        let mut found: BTreeSet<_> = mapped.map(|component| index(component.key)).collect();
        let mut open: Vec<&str> = own.iter().map(|own| own.key).collect();
        while let Some(key) = open.pop() {
            for extension in self.extended_by.get(key).into_iter().flatten() {
                if found.insert(index(extension)) {
                    open.push(extension);
                }
            }
        }
        let found = found.into_iter().flatten();
        let found = found.map(|index| &self.components[index]);
        let is_other = |one: &&Component<'_>| own.is_none_or(|own| own.key != one.key);
        found.filter(is_other).collect()
    }
}
