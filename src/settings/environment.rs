//! The layer of the environment: `CONDUCTOR__SECTION__KEY`.

use super::layers::{Given, GivenValue, Origin};

/// What the name of a variable starts with.
pub const PREFIX: &str = "CONDUCTOR__";

/// What the variables set, in the order of their names: the same environment is the same layer.
pub(super) fn given(mut variables: Vec<(String, String)>) -> impl Iterator<Item = Given> {
    variables.sort();
    variables.into_iter().filter_map(|(name, text)| {
        let key = name.strip_prefix(PREFIX)?.to_lowercase().replace("__", ".");
        Some(Given { key, value: GivenValue::Text(text), origin: Origin::Environment { name } })
    })
}
