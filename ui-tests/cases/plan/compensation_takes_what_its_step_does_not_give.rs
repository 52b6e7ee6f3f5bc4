use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate]
mod startup {
    use partitura::prelude::*;

    pub struct Account;
    pub struct Card;

    #[step(compensate = close)]
    async fn open() -> Result<Account> {
        Ok(Account)
    }

    async fn close(_account: &Account, _card: &Card) -> Result<()> {
        Ok(())
    }

    #[step]
    async fn print(_account: &Account) -> Result<Card> {
        Ok(Card)
    }
}

fn main() {}
