use std::marker::PhantomData;

use partitura::prelude::*;
partitura::app! { pub Shop { modules: [] } }
pub struct User;
#[injectable(for(User))]
pub struct Rows<T: Send + Sync + 'static> {
    #[init]
    of: PhantomData<T>,
}

fn main() {}
