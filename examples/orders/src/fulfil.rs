//! The plan that ships an order.

use partitura::prelude::*;

/// Which order is to be shipped.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Validate)]
pub struct Parcel {
    /// The order.
    #[schemars(example = 1)]
    pub order: u64,
    /// Who brings it.
    #[serde(default)]
    pub carrier: Carrier,
}

/// Who brings parcels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Carrier {
    #[default]
    Post,
    Bike,
}

/// Ships an order: picks it, packs it while a label is printed, and hands it over.
#[orchestrate(input = Parcel, output = Order, route(post, "/orders/{order}/fulfil"), allow("clerk"), agent)]
pub mod ship {
    use partitura::prelude::*;

    use super::{Carrier, Parcel};
    use crate::book::{Book, Order, Status};
    use crate::messages::open;

    /// What was picked.
    pub struct Picked(Order);
    /// It is in its box.
    pub struct Packed;
    /// Under which it travels.
    pub struct Label(String);

    /// Takes the goods to the table.
    #[step(compensate = put_away)]
    async fn pick(parcel: &Parcel, book: &Book, cx: &Context) -> Result<Picked> {
        Ok(Picked(open(book, parcel.order, cx)?))
    }

    async fn put_away(picked: &Picked) -> Result<()> {
        tracing::info!(order = picked.0.id, "the goods are back");
        Ok(())
    }

    /// Into a box.
    #[step(timeout = "5s")]
    async fn pack(_picked: &Picked) -> Result<Packed> {
        Ok(Packed)
    }

    /// Printers are busy at times.
    #[step(retries = 2, backoff = "50ms")]
    async fn print_label(picked: &Picked, parcel: &Parcel) -> Result<Label> {
        let carrier = match parcel.carrier {
            Carrier::Post => "P",
            Carrier::Bike => "B",
        };
        Ok(Label(format!("{carrier}-{:06}", picked.0.id)))
    }

    /// Gone it is.
    #[step]
    async fn hand_over(picked: &Picked, _packed: &Packed, label: Label, book: &Book) -> Result<Order> {
        Ok(book.write(Order { status: Status::Shipped, tracking: Some(label.0), ..picked.0.clone() }))
    }
}
