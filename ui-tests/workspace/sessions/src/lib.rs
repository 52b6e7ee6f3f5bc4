use partitura::prelude::*;

partitura::module! { exports: [dyn domain::UnitOfWork] }

#[injectable(as dyn domain::UnitOfWork, scoped)]
pub struct Session;

impl domain::UnitOfWork for Session {}
