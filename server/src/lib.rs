//! What never reaches a browser: the command line's work, the router, the layers around it.

pub mod assets;
pub mod commands;
mod csv;
pub mod embedded_postgres;
pub mod health;
pub mod mail_frame;
pub mod metrics;
mod papers;
pub mod progress;
mod receipt_pdf;
pub mod refusals;
pub mod report_csv;
pub mod router;
pub mod security;
pub mod settings;
pub mod site;
mod statement;
mod trouble;
mod viewer;
pub mod watchers;
pub mod webhook;
