//! A plan of twelve steps: data from step to step, what is independent at the same time, retries, timeouts, a condition, and
//! what was made is taken away again when it cannot be finished.
//!
//! ```text
//! cargo run -p provisioning -- execute provision.Run --name acme
//! cargo run -p provisioning -- execute provision.Run --name acme --fail_at smoke_test
//! cargo run -p provisioning -- serve --set 'opening.tenants=["acme"]'
//! cargo run -p provisioning -- graph provision --format svg
//! ```

use partitura::prelude::*;

pub mod cloud;
pub mod plans;

#[cfg(test)]
mod tests;

partitura::app! { pub Provisioning { modules: [] } }

/// Who wants to move in.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema, Validate)]
pub struct Tenant {
    /// A short name, of which the others are made.
    #[validate(required, length(max = 20))]
    pub name: String,
    /// Whether there is something to look at from the beginning.
    #[serde(default)]
    pub demo: bool,
    /// The step that fails, however often it is tried.
    #[serde(default)]
    pub fail_at: Option<String>,
    /// The step that fails once.
    #[serde(default)]
    pub hiccup_at: Option<String>,
    /// The step that does not end.
    #[serde(default)]
    pub stall_at: Option<String>,
}

impl Tenant {
    /// One that is called `name`.
    pub fn named(name: &str) -> Self {
        Tenant { name: name.to_owned(), ..Tenant::default() }
    }
}

/// What a tenant is given.
#[derive(Debug, Serialize, Deserialize, JsonSchema, PartialEq)]
pub struct Receipt {
    /// The way in.
    pub url: String,
    /// The name of the database.
    pub database: String,
    /// The name of the bucket.
    pub bucket: String,
    /// How many workers there are.
    pub workers: u32,
}

/// A tenant may come.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
pub struct TenantReady {
    /// Who.
    pub name: String,
}

/// Tells the tenant.
#[handler]
async fn welcome(event: &TenantReady) -> Result<()> {
    eprintln!("welcome, {}!", event.name);
    Ok(())
}

/// Who moves in when the application starts.
#[derive(Deserialize)]
#[config(section = "opening")]
pub struct Opening {
    /// The tenants' names.
    #[serde(default)]
    pub tenants: Vec<String>,
}

fn main() -> std::process::ExitCode {
    Provisioning::main()
}
