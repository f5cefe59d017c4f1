//! Field selection: a query parameter that names the fields of a page's documents.

use super::claims::{Claim, Scope};
use super::context::Context;
use super::names::{self, Rename};
use super::parameters::{FIELD_SELECTION, PlacedParameter};
use super::types::TypeLowering;
use crate::error::Error;
use crate::ir::{
    BodyType, Docs, Field, Ident, Selection, StringEnum, StringVariant, Type, TypeDef, TypeKind,
};
use crate::pointer::{Origin, Pointer};

/// Removes the selection from the parameters, and returns it as [`Selection`] unless the server
/// ignores it.
pub(super) fn lower_selection(
    types: &mut TypeLowering<'_, '_>,
    parameters: &mut Vec<PlacedParameter>,
    success: &BodyType,
) -> Option<Selection> {
    let index = parameters
        .iter()
        .position(|placed| placed.selection.is_some())?;
    let placed = parameters.remove(index);
    if placed.selection == Some(false) {
        return None;
    }
    let Some((page, item)) = page_of(types, success) else {
        let message =
            format!("`{FIELD_SELECTION}` is set, but the response is not a page of documents");
        let help = "set it to `false` where selecting does nothing, or remove it";
        return types.cx.refuse(&placed.at, message, help);
    };
    Some(Selection {
        parameter: placed.parameter,
        field_enum: field_enum(types, &item, &placed.at)?,
        page,
    })
}

/// The generic page of a response and the name of its documents.
fn page_of(types: &TypeLowering<'_, '_>, success: &BodyType) -> Option<(Ident, Ident)> {
    let Type::Generic(page, item) = success.ty()? else {
        return None;
    };
    let Type::Named(item) = &**item else {
        return None;
    };
    types.is_page(page).then(|| (page.clone(), item.clone()))
}

/// The enum of the selectable fields of a document.
fn field_enum(types: &mut TypeLowering<'_, '_>, item: &str, at: &Pointer) -> Option<Ident> {
    let cx = types.cx;
    if let Some(known) = types.field_enums.get(item) {
        return Some(known.clone());
    }
    let origin = cx.origin(at);
    let claim = Claim {
        ident: cx.names.inside(item, "Field"),
        wire_name: &format!("the fields of {item}"),
        at: &origin,
        rename: Rename::Otherwise("give the schema of that name an `x-rust-name` in the overlay"),
    };
    let ident = types.claim(claim);
    types.field_enums.insert(item.to_owned(), ident.clone());
    let kind = types.types.get(item).map(|definition| &definition.kind);
    let Some(TypeKind::Struct(definition)) = kind else {
        cx.push(Error::at(
            &origin,
            format!("`{item}` has no fields to select"),
        ));
        return Some(ident);
    };
    let variants = field_variants(cx, &definition.fields, &origin);
    types.add(TypeDef {
        ident: ident.clone(),
        docs: Docs::sentence(format!("The fields of `{item}`, to select some of them.")),
        deprecated: false,
        origin,
        kind: TypeKind::StringEnum(StringEnum { variants }),
    });
    Some(ident)
}

fn field_variants(cx: &Context<'_>, fields: &[Field], at: &Origin) -> Vec<StringVariant> {
    let mut scope = Scope::default();
    let variants = fields.iter().map(|field| {
        let claim = Claim {
            ident: cx.names.variant(names::unescaped(&field.ident)),
            wire_name: &field.wire_name,
            at,
            rename: Rename::Otherwise("give one of the properties an `x-rust-name`"),
        };
        StringVariant {
            wire_name: field.wire_name.clone(),
            ident: scope.claim(cx, claim),
            docs: Docs::default(),
        }
    });
    variants.collect()
}
