//! An API that has one of everything that is rendered, made from a spec by the phases.

use crate::document::parse_document;
use crate::error::Errors;
use crate::ir::Api;
use crate::lower::lower_api;
use crate::normalize::normalize_document;
use crate::oura::POLICY;
use crate::policy::Policy;

/// Prose that tries to break out of text in each way that comments and Markdown offer.
pub(super) const HOSTILE: &str = "*/ pub fn evil() {} /* \"quoted\" \\ unbalanced `tick\n\n\
    See https://example.com/a_b?c=[1], (http://example.com). Range [1, 100] of [Client], [`Client`], \
    [crate::Client], Vec<String> <b>bold</b> <token>\rlone carriage return, \u{202E}reversed\u{202C}, \
    bell \u{7}, &lt;i&gt; &amp;lt; &#x202E; __init__ snake_case * star a|b ~~gone~~ ~5 --flag\n\n\
    # Heading\n\n    let x = 1;\n\n```\nassert!(false);\n```\n\n~~~rust\npanic!();\n~~~\n\n\
    | a | b |\n| --- | :-: |\n| 1 | `x\\|y` |\n\n- one\n  two\n  - nested\n\n    far\n1. first\n\n\
    > quote\n\n[kept](https://example.com/x) [anchor](#tag/Some-Tag) [ref]: ![image](http://x.y/z.png)\n\n\
    \tindented by a tab\n\n[^1] [^note]: x\n\n[dead]: javascript:alert(1)\n[link][dead]\n\n***\n\n\
    <script>\nalert(1)\n</script>\n\n```\nnever closed";

pub(super) fn sample() -> Api {
    let hostile = serde_json::Value::from(HOSTILE).to_string();
    let text = include_str!("sample.yaml").replace(": HOSTILE", &format!(": {hostile}"));
    let policy = Policy {
        hosts: &[],
        ..POLICY
    };
    let api = || -> Result<Api, Errors> {
        let document = parse_document("sample.yaml", &text)?;
        Ok(lower_api(&normalize_document(document)?, &policy)?.api)
    };
    api().unwrap_or_else(|errors| panic!("{errors}"))
}
