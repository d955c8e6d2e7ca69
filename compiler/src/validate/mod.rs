//! Stage 2: document to typed policy.
