//! Stage 5: the IR to finished artefacts.

pub mod bpf;
