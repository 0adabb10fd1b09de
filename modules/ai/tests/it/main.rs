//! Whole conversations with the AI, without a host and without a network.
