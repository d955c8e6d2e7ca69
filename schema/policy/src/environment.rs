//! The `environment` section.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Environment variables of the program. Nothing of the caller's environment gets in that is not
/// named here; `PATH`, `HOME`, `USER`, `LOGNAME`, `SHELL` and `TMPDIR` have fixed defaults, and
/// `TERM`, `LANG` and `LC_ALL` are taken over where the caller has them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Environment {
    /// Variables with a fixed value. They are stored in the plan in clear: no secrets here.
    #[schemars(title = "Fixed variables")]
    #[schemars(extend("examples" = [{"EDITOR": "vi"}]))]
    pub set: BTreeMap<String, String>,
    /// Names of variables taken over from the caller, where it has them.
    #[schemars(title = "Variables of the caller")]
    #[schemars(extend("examples" = [["LANG"]]))]
    pub pass: Vec<String>,
}
