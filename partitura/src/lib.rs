//! partitura
