//! A stateful server that speaks Stripe's HTTP API, for demos and tests: no account, no network, no money.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! let sandbox = sandbox::Sandbox::start(sandbox::Config::default()).await?;
//! println!("Stripe's libraries can talk to {}", sandbox.base_url());
//! sandbox.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! What it can do, its test cards and its fault switches are described in the README beside this crate.

// Stripe's objects have many fields, and `json!` takes a step for each.
#![recursion_limit = "512"]

mod answer;
mod api;
mod app;
mod by_itself;
mod caller;
mod clock;
mod controls;
mod error;
mod faults;
mod ids;
mod journal;
mod limits;
mod money;
mod pages;
mod params;
mod publishable;
mod router;
mod serve;
mod settings;
mod start;
mod state;
mod tx;
mod webhooks;

pub use clock::Clock;
pub use start::{Config, Running, Sandbox, WebhookTarget};
pub use tx::API_VERSION;
