use crate::{CampaignId, Money, RewardId};

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
}
