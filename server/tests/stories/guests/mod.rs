//! Pledging without an account: by the form, by the link of a letter, and how an account takes a pledge over.

mod adopting;
mod links;
mod lost;
mod money;
mod pledging;
