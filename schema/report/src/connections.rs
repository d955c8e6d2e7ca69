//! What a filtered network has carried and refused: purple-net's own lines, and what `purple run` makes of them.

use crate::declare::{object, words};
use crate::kind::{List, Nullable, Number, Text};

words! {
    /// A protocol.
    Protocol {
        /// TCP
        Tcp = "tcp",
        /// UDP
        Udp = "udp",
    }
}

object! {
    /// What a filtered network has carried and refused.
    Connections {
        /// what went through, by the policy's line
        carried: List<Carried>,
        /// what was refused; equal attempts are one item
        denied: List<DeniedConnection>,
        /// names that were not looked up
        refused_names: List<RefusedName>,
        /// connections whose TLS server name is not a name that resolved to the address
        server_names: List<WrongServerName>,
        /// refused attempts that these lists have no room for
        unlisted: Number,
        /// attempts that failed because purple-net had no room for them
        without_room: Number,
        /// packets that could not be read
        malformed: Number,
        /// attempts that the kernel did not report, and that the lists may lack
        lost: Number,
    }
}

object! {
    /// What went through under one entry of the policy.
    Carried {
        /// the entry's line; null if the program reached its own sandbox
        policy_line: Nullable<Number>,
        /// the policy that contains the line; null for this policy
        policy_source: Nullable<Text>,
        /// connections, and flows of datagrams
        connections: Number,
        /// bytes from the program
        bytes_out: Number,
        /// bytes to the program
        bytes_in: Number,
    }
}

object! {
    /// Attempts to reach one place, which were refused.
    DeniedConnection {
        /// the protocol
        protocol: Protocol,
        /// the address
        address: Text,
        /// the port
        port: Number,
        /// a name that the program had looked up and that resolved to this address; null if there is none
        name: Nullable<Text>,
        /// the number of attempts
        times: Number,
        /// the line that refuses it; null if no entry allows it
        policy_line: Nullable<Number>,
        /// the policy that contains the line; null for this policy
        policy_source: Nullable<Text>,
        /// the smallest entry of the section `network` that would allow it; null if a line refuses it
        entry: Nullable<Text>,
    }
}

object! {
    /// A name that was not looked up.
    RefusedName {
        /// the name
        name: Text,
        /// the number of queries for it
        times: Number,
        /// the smallest entry of the section `network` that would allow it, on port 443
        entry: Text,
    }
}

object! {
    /// Connections with a TLS server name that is none of the address's, or with none.
    WrongServerName {
        /// the address
        address: Text,
        /// the port
        port: Number,
        /// the server name; null if there was none
        name: Nullable<Text>,
        /// the number of attempts
        times: Number,
    }
}

/// The lines of JSON in which purple-net counts. Nothing else writes them.
pub mod counted {
    use super::{Nullable, Number, Protocol, Text, object, words};

    words! {
        /// What a line is about.
        LineKind {
            /// what went through under a rule
            Rule = "rule",
            /// attempts that were refused
            Denied = "denied",
            /// a name that was not looked up
            RefusedName = "refused_name",
            /// a TLS server name that is none of the address's
            ServerName = "server_name",
            /// what found no room
            Others = "others",
        }
    }

    object! {
        /// What went through under a rule.
        Rule {
            /// what the line is about
            kind: LineKind,
            /// the rule's index in the plan
            rule: Number,
            /// the policy's line, with its source
            line: Number,
            /// connections, and flows of datagrams
            connections: Number,
            /// bytes from the program
            bytes_out: Number,
            /// bytes to the program
            bytes_in: Number,
        }
    }

    object! {
        /// Attempts that were refused.
        Denied {
            /// what the line is about
            kind: LineKind,
            /// the protocol
            protocol: Protocol,
            /// the address
            address: Text,
            /// the port
            port: Number,
            /// a name that gave the address
            name: Nullable<Text>,
            /// the rule that refuses it
            rule: Nullable<Number>,
            /// the number of attempts
            times: Number,
        }
    }

    object! {
        /// A name that was not looked up.
        RefusedName {
            /// what the line is about
            kind: LineKind,
            /// the name
            name: Text,
            /// the number of attempts
            times: Number,
        }
    }

    object! {
        /// A TLS server name that is none of the address's.
        ServerName {
            /// what the line is about
            kind: LineKind,
            /// the address
            address: Text,
            /// the port
            port: Number,
            /// the name
            name: Nullable<Text>,
            /// the number of attempts
            times: Number,
        }
    }

    object! {
        /// What found no room.
        Others {
            /// what the line is about
            kind: LineKind,
            /// attempts that were refused
            denied: Number,
            /// names that were not looked up
            refused_names: Number,
            /// TLS server names
            server_names: Number,
            /// attempts without room in purple-net
            without_room: Number,
            /// packets that could not be read
            malformed: Number,
            /// attempts that the kernel did not report
            lost: Number,
            /// lines of this report that were left out
            lines_left_out: Number,
        }
    }
}
