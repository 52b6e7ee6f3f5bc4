//! The three routes as other frameworks have them. `peers actix-web|poem-openapi|summer-web PORT`.

mod actix;
mod poems;
mod shop;
mod summers;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [which, port] = &arguments[..] else { panic!("peers actix-web|poem-openapi|summer-web PORT") };
    let port: u16 = port.parse().expect("a port");
    match which.as_str() {
        "actix-web" => actix::serve(port),
        "poem-openapi" => poems::serve(port),
        "summer-web" => summers::serve(port),
        other => panic!("`{other}` is not here"),
    }
}

fn total(lines: impl Iterator<Item = (u32, u64)>) -> u64 {
    lines.map(|(quantity, price)| u64::from(quantity) * price).sum()
}
