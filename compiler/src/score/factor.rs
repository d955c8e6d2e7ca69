//! What counts in a score: a layer, and something in it that a policy leaves open.

use crate::source::Span;

/// A layer of confinement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// What of the host is seen and can be written.
    Files,
    /// The system calls that go through.
    Calls,
    /// Capabilities held.
    Capabilities,
    /// What can be reached over the network.
    Network,
    /// Limits that are not set.
    Resources,
    /// What comes in from the caller's environment.
    Environment,
    /// What nobody would see afterwards.
    Observation,
}

impl Layer {
    /// Every layer, in the order of the output.
    pub const ALL: [Self; 7] = [
        Self::Files,
        Self::Calls,
        Self::Capabilities,
        Self::Network,
        Self::Resources,
        Self::Environment,
        Self::Observation,
    ];

    /// Its name in the output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Files => "file system",
            Self::Calls => "system calls",
            Self::Capabilities => "capabilities",
            Self::Network => "network",
            Self::Resources => "resources",
            Self::Environment => "environment",
            Self::Observation => "observation",
        }
    }

    /// Its part of the overall score, in hundredths. All together are 100.
    pub const fn weight(self) -> u32 {
        match self {
            Self::Files | Self::Calls => 25,
            Self::Network => 15,
            Self::Capabilities | Self::Resources | Self::Environment => 10,
            Self::Observation => 5,
        }
    }
}

/// Something that a policy leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factor {
    /// The layer that it counts in.
    pub layer: Layer,
    /// What is open, in a few words.
    pub what: String,
    /// Its points, tenths of a layer's score.
    pub points: u32,
    /// What to write instead, and the points that are left then; `None` where nothing sensible is.
    pub change: Option<(String, u32)>,
    /// The place in the policy, where there is one.
    pub span: Option<Span>,
}
