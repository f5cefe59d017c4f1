//! Security: the schemes and URLs in the table of the API.

use openapiv3::SecurityScheme;

use super::context::Context;
use super::operations::LoweredOperation;
use super::schemes::{Schemes, described_schemes};
use crate::ir::Security;

/// The schemes and URLs.
pub(super) fn lower_security(cx: &Context<'_>, operations: &[LoweredOperation]) -> Security {
    let alternatives = operations
        .iter()
        .flat_map(|it| &it.operation.security.alternatives);
    let mut security = Schemes::table(cx, alternatives.flatten());
    for (_, scheme, _) in described_schemes(cx) {
        if let SecurityScheme::OAuth2 { flows, .. } = scheme
            && let Some(flow) = &flows.authorization_code
        {
            security.authorization_url = Some(flow.authorization_url.clone());
            security.token_url = Some(flow.token_url.clone());
        }
    }
    security
}
