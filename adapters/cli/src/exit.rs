//! The exit codes that are not an error's own: those of `sysexits.h` where they fit.

/// Done.
pub(crate) const DONE: u8 = 0;
/// Two descriptions differ in what breaks somebody, or lets somebody in.
pub(crate) const DIFFERENT: u8 = 1;
/// The command line was not understood.
pub(crate) const USAGE: u8 = 2;
/// What was named is not there.
pub(crate) const NOT_FOUND: u8 = 66;
/// A defect on this side.
pub(crate) const INTERNAL: u8 = 70;
/// The answer could not be written.
pub(crate) const OUTPUT: u8 = 74;
/// Cancelled by a signal.
pub(crate) const CANCELLED: u8 = 75;
/// The configuration.
pub(crate) const CONFIGURATION: u8 = 78;
