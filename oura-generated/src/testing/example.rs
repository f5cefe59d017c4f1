//! Examples of the models.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// The JSON of an example of each struct, by its name.
static VALUES: &str = include_str!("../generated/examples.json");

/// The example of the struct `name`, which the generator wrote.
pub(crate) fn example<T: DeserializeOwned>(name: &str) -> T {
    static EXAMPLES: OnceLock<HashMap<&str, &RawValue>> = OnceLock::new();
    let examples = EXAMPLES.get_or_init(|| {
        serde_json::from_str(VALUES).expect("the generator writes JSON with unique members")
    });
    let json = examples[name].get();
    serde_json::from_str(json).expect("an example decodes as the struct that it is of")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::examples::EXAMPLES;

    #[test]
    fn every_example_is_read_and_written_as_it_is() {
        let values: HashMap<&str, serde_json::Value> =
            serde_json::from_str(VALUES).expect("it is JSON");
        assert_eq!(EXAMPLES.len() + 1, values.len(), "one member is the header");
        for (name, make) in EXAMPLES {
            assert_eq!(make().expect("models encode"), values[name], "{name}");
        }
    }
}
