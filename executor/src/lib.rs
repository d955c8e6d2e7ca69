//! Applies a sealed plan and executes a command under it.
