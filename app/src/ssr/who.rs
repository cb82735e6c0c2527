//! Who sends the pledge form: an account, or somebody without one.

use backend::Ctx;
use backend::guests::{self, GuestToken};
use backend::pledges::{StartRefusal, Trier};
use domain::{CampaignId, DisplayName, Email, PersonId};

/// Who sends the form.
pub enum Who {
    Account(PersonId),
    /// Nobody who is logged in; the browser's token, and what was typed.
    Guest {
        token: GuestToken,
        email: Email,
        name: DisplayName,
    },
}

impl Who {
    /// By whom its tries are counted.
    pub(super) fn trier(&self) -> Trier<'_> {
        match self {
            Self::Account(person) => Trier::Known(*person),
            Self::Guest { email, .. } => Trier::Guest(email),
        }
    }

    /// As whom the pledge is made.
    pub(super) async fn backer(&self, ctx: &Ctx, campaign: CampaignId) -> Result<PersonId, StartRefusal> {
        match self {
            Self::Account(person) => Ok(*person),
            Self::Guest { token, email, name } => guests::as_backer(ctx, token, campaign, email, name).await,
        }
    }
}
