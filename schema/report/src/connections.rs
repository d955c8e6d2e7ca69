//! What a filtered network has carried and refused: purple-net's own lines, and what `purple run` makes of them.

use crate::declare::{object, words};
use crate::kind::{Flag, List, Nullable, Number, Text};

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
        /// names that gave only addresses that no entry allows under a name
        withheld_names: List<WithheldName>,
        /// connections whose TLS server name is not a name that resolved to the address
        server_names: List<WrongServerName>,
        /// services of the host on whose ports no program listened
        services: List<UnansweredService>,
        /// resolvers that did not answer each query
        resolvers: List<Resolver>,
        /// what the lists of attempts have no room for, counted by what it has in common
        beyond: List<Beyond>,
        /// refused attempts that are in no list of items: the sum of `beyond`, and of lines that were left out
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
        /// whether the address leads to the host itself: no entry for an address opens those
        host: Flag,
        /// the number of attempts
        times: Number,
        /// the line that refuses it; null if no entry allows it
        policy_line: Nullable<Number>,
        /// the policy that contains the line; null for this policy
        policy_source: Nullable<Text>,
        /// the smallest entry of the section `network` that would allow it; null if a line refuses it, or no entry can allow it
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
        /// the smallest entry of the section `network` that would allow it, on port 443; null if no entry can allow it
        entry: Nullable<Text>,
    }
}

object! {
    /// A name that gave only addresses that no entry allows under a name: private ones, or blocked ones.
    WithheldName {
        /// the name
        name: Text,
        /// one of the addresses
        address: Text,
        /// the number of queries
        times: Number,
        /// the entry of the section `network` that would allow the address, on port 443; null if no entry can allow it
        entry: Nullable<Text>,
    }
}

object! {
    /// A port under `host_services` at which nobody answers.
    UnansweredService {
        /// the port of the host's loopback interface
        port: Number,
        /// the number of attempts
        times: Number,
        /// the entry's line
        policy_line: Nullable<Number>,
        /// the policy that contains the line; null for this policy
        policy_source: Nullable<Text>,
    }
}

object! {
    /// A resolver that did not answer each query.
    Resolver {
        /// the address
        address: Text,
        /// the port
        port: Number,
        /// the number of queries without an answer
        unanswered: Number,
        /// the number of queries with one
        answered: Number,
        /// the last error that the kernel gave as the reason; null if there was none, as when the time was over
        errno: Nullable<Text>,
    }
}

words! {
    /// A list of attempts.
    Attempts {
        /// connections
        Denied = "denied",
        /// names that were not looked up
        RefusedNames = "refused_names",
        /// names without an address that may be reached
        WithheldNames = "withheld_names",
        /// TLS server names
        ServerNames = "server_names",
    }
}

words! {
    /// Where addresses are.
    Place {
        /// the host's: host.purple.internal, and its own
        Host = "host",
        /// link-local ones, where clouds keep credentials
        LinkLocal = "link_local",
        /// private and shared ones
        Private = "private",
        /// public ones
        Public = "public",
        /// loopback, multicast, documentation and others
        Special = "special",
    }
}

object! {
    /// Attempts that have no item of their own, by what they have in common.
    Beyond {
        /// the list that has no room for them
        of: Attempts,
        /// the protocol; null for names
        protocol: Nullable<Protocol>,
        /// where the addresses are; null for names
        addresses: Nullable<Place>,
        /// the port; null for names, and for several ports
        port: Nullable<Number>,
        /// the last two labels of the names; null for connections, for several, and without a name
        domain: Nullable<Text>,
        /// the number of attempts
        times: Number,
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
    use super::{Attempts, Flag, Nullable, Number, Place, Protocol, Text, object, words};

    words! {
        /// What a line is about.
        LineKind {
            /// what went through under a rule
            Rule = "rule",
            /// attempts that were refused
            Denied = "denied",
            /// a name that was not looked up
            RefusedName = "refused_name",
            /// a name without an address that may be reached
            WithheldName = "withheld_name",
            /// a TLS server name that is none of the address's
            ServerName = "server_name",
            /// a service of the host at which nobody answers
            NoService = "no_service",
            /// a resolver that did not answer each query
            Resolver = "resolver",
            /// attempts that have no line
            Beyond = "beyond",
            /// other counts
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
            /// whether the address leads to the host
            host: Flag,
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
        /// A name that gave only addresses that no entry allows under a name.
        WithheldName {
            /// what the line is about
            kind: LineKind,
            /// the name
            name: Text,
            /// one of the addresses
            address: Text,
            /// the number of queries
            times: Number,
        }
    }

    object! {
        /// A service of the host at which nobody answers.
        NoService {
            /// what the line is about
            kind: LineKind,
            /// the rule's index in the plan
            rule: Number,
            /// the port of the host
            port: Number,
            /// the number of attempts
            times: Number,
        }
    }

    object! {
        /// A resolver that did not answer each query.
        Resolver {
            /// what the line is about
            kind: LineKind,
            /// the address
            address: Text,
            /// the port
            port: Number,
            /// the number of queries without an answer
            unanswered: Number,
            /// the number of queries with one
            answered: Number,
            /// the last error that the kernel gave as the reason
            errno: Nullable<Text>,
        }
    }

    object! {
        /// Attempts that have no line, by what they have in common.
        Beyond {
            /// what the line is about
            kind: LineKind,
            /// what they are
            of: Attempts,
            /// the protocol
            protocol: Nullable<Protocol>,
            /// where the addresses are
            addresses: Nullable<Place>,
            /// the port
            port: Nullable<Number>,
            /// the last two labels of the names
            domain: Nullable<Text>,
            /// the number of attempts
            times: Number,
        }
    }

    object! {
        /// Other counts.
        Others {
            /// what the line is about
            kind: LineKind,
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
