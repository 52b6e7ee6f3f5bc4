//! Generic messages, handlers and injectables, with the instances that are listed.

use std::marker::PhantomData;
use std::sync::Mutex;

use partitura::prelude::*;

partitura::module! { name: "shop" }

/// A row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    /// Who.
    pub name: String,
}

/// Another row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// What.
    pub item: String,
}

/// Rows of one kind, in memory.
#[injectable(for = [User, Order])]
pub struct Rows<T> {
    #[init]
    rows: Mutex<Vec<T>>,
    #[init(Vec::<T>::with_capacity(Self::ROOM).capacity() >= Self::ROOM && std::mem::align_of::<T>() > 0)]
    #[expect(dead_code)]
    has_room: bool,
    #[init(<T as Row>::TABLE)]
    #[expect(dead_code)]
    table: &'static str,
    #[init(T::TABLE)]
    #[expect(dead_code)]
    same: &'static str,
    of: PhantomData<T>,
}
impl<T> Rows<T> {
    const ROOM: usize = 4;
}

trait Row {
    const TABLE: &'static str;
}
impl Row for User {
    const TABLE: &'static str = "users";
}
impl Row for Order {
    const TABLE: &'static str = "orders";
}

/// Adds a row.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Create<T> {
    /// The row.
    pub row: T,
}

/// Counts two kinds of rows.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Both<A, B> {
    #[serde(skip)]
    of: PhantomData<(A, B)>,
}

/// Something was made.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
pub struct Created<T> {
    /// The row.
    pub row: T,
}

#[handler(for = [User, Order])]
async fn create<T: Clone + Send + Sync + 'static>(command: Create<T>, rows: &Rows<T>) -> Result<usize> {
    let mut rows = rows.rows.lock().map_err(|_| Error::internal("poisoned"))?;
    rows.push(command.row);
    Ok(rows.len())
}

/// Replaces a row: what stands around its handler needs a copy of each instance.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Replace<T> {
    /// The row.
    pub row: T,
}

#[behavior]
async fn twice<M: Message>(_message: &M, next: Next<'_, M>) -> Result<M::Reply> {
    next.run().await
}

#[handler(for = [User, Order], behaviors(twice), public, idempotent, retries = 1)]
async fn replace<T: Clone + Send + Sync + 'static>(command: Replace<T>, rows: &Rows<T>) -> Result<usize> {
    let mut rows = rows.rows.lock().map_err(|_| Error::internal("poisoned"))?;
    if rows.is_empty() {
        rows.push(command.row);
        return Err(Error::unavailable("once more"));
    }
    rows[0] = command.row;
    Ok(rows.len())
}

#[handler(for = [(User, Order)])]
async fn both<A: Send + Sync, B: Send + Sync>(_query: Both<A, B>, a: &Rows<A>, b: &Rows<B>) -> Result<(usize, usize)> {
    let poisoned = || Error::internal("poisoned");
    let a = a.rows.lock().map_err(|_| poisoned())?.len();
    Ok((a, b.rows.lock().map_err(|_| poisoned())?.len()))
}

#[handler(for = [User])]
async fn on_created<T: Clone + Send + Sync + 'static>(event: &Created<T>, rows: &Rows<T>) -> Result<()> {
    rows.rows.lock().map_err(|_| Error::internal("poisoned"))?.push(event.row.clone());
    Ok(())
}

/// Lanes of a road.
#[injectable(for = [2, 3])]
pub struct Lanes<const N: usize> {
    #[init]
    open: [bool; N],
}

/// How many lanes are there?
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Count<T, const N: usize> {
    #[serde(skip)]
    of: PhantomData<T>,
}

#[handler(for = [(User, 2), (Order, 3)])]
async fn count<T: Send + Sync, const N: usize>(_query: Count<T, N>, lanes: &Lanes<N>) -> Result<usize> {
    Ok(lanes.open.len() + N)
}

/// Moves by a constant, which may be a name, less than nothing, or calculated.
#[derive(Debug, Command)]
#[command(local)]
pub struct Move<const BY: i8>;

const FAR: i8 = 100;

#[handler(for = [FAR, -1, { 1 + 1 }])]
async fn by<const BY: i8>(_command: Move<BY>) -> Result<i8> {
    Ok(BY)
}

#[cfg(test)]
mod tests {
    use super::*;

    partitura::app! { Shop { modules: [crate] } }

    #[tokio::test]
    async fn an_instance_may_be_a_constant() {
        let app = Shop::builder().build().await.unwrap();
        assert_eq!(app.send(Count::<User, 2> { of: PhantomData }).await.unwrap(), 4);
        assert_eq!(app.execute("shop.Count<Order, 3>", serde_json::json!({})).await.unwrap(), 6);
        assert_eq!(app.send(Move::<FAR>).await.unwrap(), 100);
        assert_eq!(app.send(Move::<-1>).await.unwrap(), -1);
        assert_eq!(app.send(Move::<2>).await.unwrap(), 2);
        let messages = &Shop::BLUEPRINT.describe().messages;
        let names: Vec<&str> =
            messages.iter().map(|message| message.name.as_str()).filter(|name| name.contains("Move")).collect();
        assert_eq!(names, ["shop.Move<-1>", "shop.Move<1 + 1>", "shop.Move<FAR>"]);
    }

    #[tokio::test]
    async fn each_instance_has_a_name_and_a_table() {
        let app = Shop::builder().build().await.unwrap();
        assert_eq!(Shop::BLUEPRINT.modules[0].entries.entries().len(), 15);
        let user = User { name: "Ada".into() };
        assert_eq!(app.send(Create { row: user.clone() }).await.unwrap(), 1);
        let row = serde_json::json!({ "row": { "name": "Bo" } });
        assert_eq!(app.execute("shop.Create<User>", row).await.unwrap(), 2);
        assert_eq!(app.send(Create { row: Order { item: "tea".into() } }).await.unwrap(), 1);
        assert!(app.emit(Created { row: user }).await.is_ok());
        assert_eq!(app.send(Both::<User, Order> { of: PhantomData }).await.unwrap(), (3, 1));
        let both = app.execute("shop.Both<User, Order>", serde_json::json!({})).await.unwrap();
        assert_eq!(both, serde_json::json!([3, 1]));
    }

    #[tokio::test]
    async fn an_instance_that_is_clone_is_copied_for_what_stands_around_its_handler() {
        let app = Shop::test().build().await.unwrap();
        let order = Order { item: "tea".into() };
        let tracked = app.track().send(Replace { row: order.clone() }).await;
        assert_eq!(tracked.replied(&1).sent::<Replace<Order>>()[0].row, order);
    }
}
