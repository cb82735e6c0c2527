//! Pledging, and looking after one's pledges.
#![expect(clippy::too_many_arguments, reason = "each argument is a field of the form")]

use chrono::{DateTime, Utc};
use domain::{Collection, FeeRule, Money, PledgeState};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::campaigns::{CampaignView, Prices, RewardView};
use super::card_step::{CardFields, Next};
use super::error::ApiError;

/// Everything the pledge page shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PledgePageView {
    pub campaign: CampaignView,
    /// `None`: it takes no pledges from who is not logged in, since it takes none at all.
    pub form: Option<PledgeForm>,
    /// The pledge whose card page the backer just left.
    pub left: Option<LeftPledge>,
}

/// A pledge that waits for its card.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LeftPledge {
    /// Until when the slot is kept.
    pub reserved_until: Option<DateTime<Utc>>,
    /// Why the last card was declined.
    pub declined: Option<String>,
    /// Whether its card is typed into the form's own fields, so that no card page was left.
    pub in_page: bool,
}

/// What the form starts with, be it to pledge or to change a pledge. Plain texts: it travels into the browser with the
/// island.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PledgeForm {
    /// Where it is sent.
    pub action: String,
    /// What is sent with it that nobody types: names and values.
    pub hidden: Vec<(String, String)>,
    pub words: FormWords,
    /// ISO code of the campaign's currency.
    pub currency: String,
    pub choices: Vec<Choice>,
    /// The chosen reward's id; empty for none.
    pub reward: String,
    /// Without shipping.
    pub amount: String,
    /// Codes and names of all countries that any of the rewards is sent to; empty where none is sent.
    pub countries: Vec<(String, String)>,
    /// The code of the chosen one; empty for none.
    pub country: String,
    /// Saved cards to pay with: what they are sent as, and their names. Empty where none is asked for.
    pub cards: Vec<(String, String)>,
    /// The chosen one; empty for another card.
    pub card: String,
    /// The gateway's fields for another card. Without them its hosted page asks for it.
    pub fields: Option<CardFields>,
    /// Who pledges, where nobody is logged in.
    pub guest: Option<GuestFields>,
    /// The boxes for hiding name and amount, and whether they are ticked; `None` where they are not asked.
    pub privacy: Option<(bool, bool)>,
    /// What happens to the card, with `{amount}` where the amount belongs.
    pub promise: String,
    /// The platform's share.
    pub fee_bps: u16,
    /// The same as people read it.
    pub fee: String,
    /// Whether it is shown again with the values of which the total was asked.
    pub asked: bool,
    /// Where this form is shown, to show it again with the total of what is chosen.
    pub here: String,
}

/// What somebody without an account says about themselves.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct GuestFields {
    pub email: String,
    /// Empty: "A guest".
    pub display_name: String,
}

/// What the form says about what it does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FormWords {
    /// On the button, before the amount.
    pub button: String,
    /// There while it is sent.
    pub busy: String,
    /// Above what went wrong.
    pub failed: String,
    /// What comes next.
    pub next: String,
}

/// A reward to choose.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Choice {
    /// Empty for "no reward".
    pub id: String,
    pub title: String,
    pub description: String,
    /// As people read it; empty for "any amount".
    pub minimum: String,
    /// As one would type it into the amount field.
    pub minimum_typed: String,
    pub facts: Vec<String>,
    /// What sending it costs; `None`: nothing is sent.
    pub shipping: Option<Prices>,
    pub sold_out: bool,
}

/// Where a pledge's reward goes, and what of the pledge is for that.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ShipmentView {
    /// The country's name.
    pub to: String,
    pub cost: Money,
}

/// A pledge, for its backer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PledgeView {
    pub id: String,
    pub campaign_slug: String,
    pub campaign_title: String,
    /// All of it, shipping included.
    pub amount: Money,
    pub shipment: Option<ShipmentView>,
    pub reward_title: Option<String>,
    /// What the reward cost when it was chosen.
    pub reward_minimum: Option<Money>,
    pub fee: FeeRule,
    pub state: PledgeState,
    pub collection: Collection,
    pub mandate: String,
    pub ends_at: DateTime<Utc>,
    pub cancel_cutoff: DateTime<Utc>,
    pub reserved_until: Option<DateTime<Utc>>,
    /// Why the last card was declined.
    pub declined: Option<String>,
    pub can_cancel: bool,
    /// Whether amount, reward and card can be changed.
    pub can_change: bool,
    /// Whether the public sees the backer's name, and the amount.
    pub name_hidden: bool,
    pub amount_hidden: bool,
    pub created_at: DateTime<Utc>,
    /// Whether it is seen without an account, by the browser that pledged or by the link of a letter.
    pub as_guest: bool,
}

/// The pledge page of a campaign.
#[server(endpoint = "pledge_page", prefix = "/api")]
pub async fn pledge_page(slug: String) -> Result<PledgePageView, ApiError> {
    use crate::{ssr, ssr::guests, ssr::pledges};
    let campaign = super::campaigns::campaign(slug).await?;
    let viewer = ssr::answer(ssr::viewer().await)?;
    let guest = match &viewer {
        Some(_) => None,
        None => ssr::answer(guests::waiting(&campaign).await)?,
    };
    let backer = viewer.as_ref().map(|viewer| viewer.person_id).or(guest.as_ref().map(|guest| guest.id));
    let waiting = match backer {
        Some(backer) => ssr::answer(pledges::waiting(backer, &campaign).await)?,
        None => None,
    };
    let country = match backer {
        Some(backer) => ssr::answer(pledges::last_country(backer).await)?,
        None => None,
    };
    let form = match &viewer {
        Some(viewer) if campaign.is_open() => {
            let cards = pledges::saved_cards(viewer).await;
            let form = pledges::form(&campaign, waiting.as_ref(), cards, country);
            Some(ssr::answer(pledges::with_card_fields(form, &campaign))?)
        }
        Some(_) => Some(pledges::form(&campaign, waiting.as_ref(), Vec::new(), country)),
        None if campaign.is_open() => {
            let form = pledges::form(&campaign, waiting.as_ref(), Vec::new(), country);
            let form = ssr::answer(pledges::with_card_fields(form, &campaign))?;
            Some(ssr::answer(guests::form(form, guest))?)
        }
        None => None,
    };
    Ok(PledgePageView { campaign, form, left: waiting.filter(pledges::was_left).map(Into::into) })
}

/// Starts a pledge and sends the backer to the card page. Answers with where that is, or with what the card fields on the
/// page go on with.
#[server(endpoint = "start_pledge", prefix = "/api")]
pub async fn start_pledge(
    campaign: String,
    #[server(default)] reward: String,
    #[server(default)] amount: String,
    #[server(default)] country: String,
    form_key: String,
    // Boxes: what is not ticked is not sent.
    #[server(default)] name_hidden: String,
    #[server(default)] amount_hidden: String,
    #[server(default)] card: String,
) -> Result<Next, ApiError> {
    use crate::{
        ssr,
        ssr::pledges,
        ssr::sent::{Boxes, Wish},
    };
    let boxes = Boxes { name_hidden: &name_hidden, amount_hidden: &amount_hidden };
    let wish = Wish { reward: &reward, amount: &amount, country: &country };
    let started = pledges::start(&campaign, wish, &form_key, boxes, &card).await;
    let next = ssr::answer(started)?;
    ssr::follow(&next);
    Ok(next)
}

/// Cancels one of the backer's own pledges.
#[server(endpoint = "cancel_pledge", prefix = "/api")]
pub async fn cancel_pledge(pledge: String) -> Result<(), ApiError> {
    use crate::{ssr, ssr::pledges};
    let to = ssr::answer(pledges::cancel(&pledge).await)?;
    ssr::redirect(&to);
    Ok(())
}

/// Changes what the public sees of one of the backer's own pledges.
#[server(endpoint = "set_pledge_privacy", prefix = "/api")]
pub async fn set_pledge_privacy(
    pledge: String,
    #[server(default)] name_hidden: String,
    #[server(default)] amount_hidden: String,
) -> Result<(), ApiError> {
    use crate::{ssr, ssr::pledges, ssr::sent::Boxes};
    let boxes = Boxes { name_hidden: &name_hidden, amount_hidden: &amount_hidden };
    ssr::answer(pledges::set_privacy(&pledge, boxes).await)?;
    ssr::redirect(&format!("/pledges/{pledge}?saved=yes"));
    Ok(())
}

#[server(endpoint = "my_pledges", prefix = "/api")]
pub async fn my_pledges() -> Result<Vec<PledgeView>, ApiError> {
    use crate::{ssr, ssr::pledges};
    ssr::answer(pledges::all_of_mine().await)
}

/// One of the backer's own pledges.
#[server(endpoint = "my_pledge", prefix = "/api")]
pub async fn my_pledge(id: String) -> Result<PledgeView, ApiError> {
    use crate::{ssr, ssr::pledges};
    ssr::answer(pledges::mine(&id).await)
}

/// After the card page: asks the gateway what happened and waits a moment for it to be applied.
#[server(endpoint = "returned_pledge", prefix = "/api")]
pub async fn returned_pledge(id: String) -> Result<PledgeView, ApiError> {
    use crate::{ssr, ssr::pledges};
    let (pledge, asks_for_card) = ssr::answer(pledges::after_card_page(&id).await)?;
    match pledge.state {
        PledgeState::Pending if asks_for_card => {
            ssr::redirect(&format!("/campaigns/{}/pledge?left={id}", pledge.campaign_slug));
        }
        // A header, since a page that reloads itself by its markup cannot be left alone by assistive technology.
        PledgeState::Pending => ssr::look_again_in(3),
        _ => ssr::redirect(&format!("/pledges/{id}")),
    }
    Ok(pledge)
}

/// `To Portugal, €4 for shipping`.
impl std::fmt::Display for ShipmentView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "To {}, {} for shipping", self.to, self.cost)
    }
}

impl PledgeForm {
    /// Puts back what was typed before the form was refused.
    #[must_use]
    pub fn restored(mut self, refused: Option<&ApiError>) -> Self {
        let Some(refused) = refused else { return self };
        let hidden = self.hidden.iter_mut().map(|(name, value)| (name.as_str(), value));
        let typed = [
            ("amount", &mut self.amount),
            ("reward", &mut self.reward),
            ("country", &mut self.country),
            ("card", &mut self.card),
        ];
        for (field, place) in hidden.chain(typed) {
            if let Some(kept) = refused.kept(field) {
                kept.clone_into(place);
            }
        }
        if let Some(guest) = &mut self.guest {
            for (field, place) in [("email", &mut guest.email), ("display_name", &mut guest.display_name)] {
                refused.kept(field).unwrap_or_default().clone_into(place);
            }
        }
        if let Some((name_hidden, amount_hidden)) = &mut self.privacy {
            *name_hidden = refused.kept("name_hidden").is_some();
            *amount_hidden = refused.kept("amount_hidden").is_some();
        }
        self
    }
}

impl PledgeForm {
    /// Whether the country can be chosen.
    #[must_use]
    pub fn is_sent_to(&self, country: &str) -> bool {
        self.countries.iter().any(|(code, _)| code == country)
    }
}

impl Choice {
    /// "No reward": any amount, out of kindness.
    #[must_use]
    pub fn none() -> Self {
        Self {
            id: String::new(),
            title: "No reward".into(),
            description: "I only want it to happen.".into(),
            minimum: "any amount".into(),
            minimum_typed: String::new(),
            facts: Vec::new(),
            shipping: None,
            sold_out: false,
        }
    }
}

impl From<&RewardView> for Choice {
    fn from(reward: &RewardView) -> Self {
        let delivery = reward.estimated_delivery.map(|date| date.format("%B %Y").to_string());
        let sent = reward.shipping.as_ref().map(|shipping| shipping.summary.clone());
        let left = reward.left.zip(reward.limit).map(|(left, limit)| match left {
            0 => format!("All {limit} taken"),
            left => format!("{left} of {limit} left"),
        });
        Self {
            id: reward.id.clone(),
            title: reward.title.clone(),
            description: reward.description.clone(),
            minimum: reward.minimum.to_string(),
            minimum_typed: reward.minimum.typed(),
            facts: delivery.into_iter().chain(sent).chain(left).collect(),
            shipping: reward.shipping.as_ref().map(|shipping| shipping.prices.clone()),
            sold_out: reward.sold_out(),
        }
    }
}
