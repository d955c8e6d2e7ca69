//! What `purple run` has found in repositories of git after a run.

use crate::declare::{object, words};
use crate::kind::Text;

words! {
    /// What became of what was found.
    FindingType {
        /// git would have run it: it was renamed or removed
        Disarmed = "disarmed",
        /// git still runs it: it could not be changed
        Left = "left",
        /// a directory that could not be searched
        NotSearched = "not_searched",
    }
}

object! {
    /// Something that git runs, which was not there before the run.
    RepositoryFinding {
        /// what was done about it
        kind as "type": FindingType,
        /// the file or directory
        path: Text,
        /// what it is and what was done, or why nothing was done
        detail: Text,
    }
}
