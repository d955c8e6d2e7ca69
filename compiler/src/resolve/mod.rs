//! Stage 3: what the policy's words mean.

pub mod quantity;
