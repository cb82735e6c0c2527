use crate::{CampaignId, Country, Money, PledgeRefusal, RewardId, Shipment, ShippingRates};

/// A reward tier, as far as a pledge needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reward {
    pub id: RewardId,
    pub campaign_id: CampaignId,
    pub title: String,
    pub minimum: Money,
    /// `None`: as many as people want.
    pub limit: Option<u32>,
    /// Slots taken, including those reserved by somebody who is paying just now. Zero when there is no limit.
    pub claimed: u32,
    /// `None`: nothing is sent.
    pub shipping: Option<ShippingRates>,
}

impl Reward {
    /// Slots left; `None` when there is no limit.
    #[must_use]
    pub fn left(&self) -> Option<u32> {
        self.limit.map(|limit| limit.saturating_sub(self.claimed))
    }

    #[must_use]
    pub fn sold_out(&self) -> bool {
        self.left() == Some(0)
    }

    /// Where it goes for somebody who chose this country; `None` when nothing is sent, whatever they chose.
    ///
    /// # Errors
    /// It is sent, and not there or nobody said where.
    pub fn shipment(&self, country: Option<Country>) -> Result<Option<Shipment>, PledgeRefusal> {
        self.shipping.as_ref().map(|rates| rates.shipment(&self.title, country)).transpose()
    }
}
