use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate]
mod startup {
    use partitura::prelude::*;

    pub struct A;
    pub struct B;

    #[step]
    async fn a(_b: &B) -> Result<A> {
        Ok(A)
    }

    #[step]
    async fn b(_a: &A) -> Result<B> {
        Ok(B)
    }
}

fn main() {}
