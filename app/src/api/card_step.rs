//! The gateway's card fields on the pledge page: what a browser needs to show them, and to go on once the form is sent.

use serde::{Deserialize, Serialize};

/// The form's value of `card` for a card that is typed into the fields. Only script sends it.
pub const IN_PAGE: &str = "in_page";

/// What the fields are made of. Nothing of it is secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CardFields {
    /// Names the platform at the gateway.
    pub publishable_key: String,
    /// Address of the gateway's script.
    pub script: String,
    pub terms: CardTerms,
}

/// What the card is typed for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CardTerms {
    /// It is saved, and nothing is paid or held now.
    pub saves: bool,
    /// It is held, to be taken later.
    pub holds: bool,
    /// ISO code.
    pub currency: String,
    /// In the gateway's minor units.
    pub amount: i64,
}

/// Where a sent form leads.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub enum Next {
    /// To another page.
    Page(String),
    /// Nowhere yet: the card comes next, in the fields where the form is.
    Card(CardStep),
}

/// What the fields go on with. No `Debug`: the secret belongs in no log.
#[derive(Serialize, Deserialize)]
pub struct CardStep {
    pub terms: CardTerms,
    /// Confirms this pledge's payment and nothing else.
    pub client_secret: String,
    /// The page that asks the gateway what became of it.
    pub back: String,
}
