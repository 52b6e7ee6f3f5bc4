//! What all the attributes share.

pub(crate) mod function;
pub(crate) mod instances;
pub(crate) mod keys;
pub(crate) mod manifest;
pub(crate) mod name;
pub(crate) mod needs;
pub(crate) mod paths;
pub(crate) mod serde;
pub(crate) mod sink;
pub(crate) mod spans;
pub(crate) mod topic;
