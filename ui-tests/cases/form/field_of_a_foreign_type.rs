use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Accounts {
    address: std::net::IpAddr,
}

fn main() {}
