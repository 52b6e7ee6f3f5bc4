use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate]
mod startup {
    use partitura::prelude::*;

    pub struct Account;

    #[step(compensate = close)]
    async fn open() -> Result<Account> {
        Ok(Account)
    }

    async fn close(_account: Account) -> Result<bool> {
        Ok(true)
    }

    #[step(compensate = nothing)]
    async fn greet(_account: &Account) -> Result<()> {
        Ok(())
    }

    async fn nothing(_account: &Account) {}

    #[step(compensate = clos)]
    async fn tell() -> Result<()> {
        Ok(())
    }
}

fn main() {}
