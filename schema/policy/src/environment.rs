//! The `environment` section.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Environment variables of the program. `PATH`, `HOME`, `USER`, `LOGNAME`, `SHELL` and `TMPDIR` have fixed
/// defaults; `TERM`, `TZ`, `LANG` and `LC_ALL` are taken from the caller if it has them. The program gets no
/// other variables of the caller unless they are named here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Environment {
    /// Variables with a fixed value. The plan contains the values in clear text: do not write secrets here.
    #[schemars(title = "Fixed variables")]
    #[schemars(extend("examples" = [{"EDITOR": "vi"}]))]
    pub set: BTreeMap<String, String>,
    /// Names of variables whose values are taken from the caller, if it has them.
    #[schemars(title = "Variables of the caller")]
    #[schemars(extend("examples" = [["LANG"]]))]
    pub pass: Vec<String>,
}
