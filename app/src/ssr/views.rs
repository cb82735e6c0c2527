//! From what the backend read to what travels to the pages.

use backend::campaigns::{Card, Page, PageReward};
use backend::milestones::PageMilestone;
use backend::pledges::{MyPledge, RecentBacker, WaitingPledge};
use backend::stretch_goals::PageStretchGoal;
use domain::{Money, Shipment, ShippingRates};

use crate::api::campaigns::{
    BackerView, CampaignView, CardView, MilestoneView, Prices, RewardView, ShippingView, StretchGoalView,
};
use crate::api::pledges::{LeftPledge, PledgeView, ShipmentView};

impl From<Card> for CardView {
    fn from(card: Card) -> Self {
        Self {
            slug: card.slug,
            title: card.title,
            pitch: card.pitch,
            creator_name: card.creator_name,
            category: card.category,
            cover: card.cover,
            cover_alt: card.cover_alt,
            starts_at: card.starts_at,
            progress: card.progress,
        }
    }
}

impl From<Page> for CampaignView {
    fn from(page: Page) -> Self {
        Self {
            id: page.id.to_string(),
            slug: page.slug,
            title: page.title,
            pitch: page.pitch,
            category: page.category,
            location: page.location,
            cover: page.cover,
            cover_alt: page.cover_alt,
            story_html: page.story_html,
            creator_name: page.creator_name,
            creator_bio: page.creator_bio,
            model: page.model,
            fee: page.fee,
            suspended: page.suspended,
            refund_days: page.refund_days,
            starts_at: page.starts_at,
            progress: page.progress,
            outcome: page.outcome,
            policy: page.policy,
            collected: page.collected,
            call_off_reason: page.call_off_reason,
            may_see_pledges: false,
            may_cancel: false,
            milestones: page.milestones.into_iter().map(Into::into).collect(),
            stretch_goals: page.stretch_goals.into_iter().map(Into::into).collect(),
            rewards: page.rewards.into_iter().map(Into::into).collect(),
            recent_backers: page.recent_backers.into_iter().map(Into::into).collect(),
            now: page.now,
        }
    }
}

impl From<PageMilestone> for MilestoneView {
    fn from(milestone: PageMilestone) -> Self {
        let PageMilestone { percent, reached_at } = milestone;
        Self { percent, reached_at }
    }
}

impl From<PageStretchGoal> for StretchGoalView {
    fn from(goal: PageStretchGoal) -> Self {
        let PageStretchGoal { amount, title, description, unlocked } = goal;
        Self { amount, title, description, unlocked }
    }
}

impl From<PageReward> for RewardView {
    fn from(reward: PageReward) -> Self {
        Self {
            id: reward.id.to_string(),
            title: reward.title,
            description: reward.description,
            minimum: reward.minimum,
            shipping: reward.shipping.as_ref().map(Into::into),
            estimated_delivery: reward.estimated_delivery,
            limit: reward.limit,
            left: reward.left,
            backers: reward.backers,
        }
    }
}

impl From<&ShippingRates> for ShippingView {
    fn from(rates: &ShippingRates) -> Self {
        Self {
            summary: rates.summary(),
            prices: Prices {
                to: rates.rates().map(|(to, price)| (to.code().to_owned(), price.minor_units())).collect(),
                elsewhere: rates.elsewhere().map(Money::minor_units),
            },
        }
    }
}

impl From<RecentBacker> for BackerView {
    fn from(backer: RecentBacker) -> Self {
        Self {
            display_name: backer.display_name,
            amount: backer.amount.map(|amount| amount.to_string()),
            confirmed_at: backer.confirmed_at,
        }
    }
}

impl From<MyPledge> for PledgeView {
    fn from(pledge: MyPledge) -> Self {
        Self {
            id: pledge.id.to_string(),
            campaign_slug: pledge.campaign_slug,
            campaign_title: pledge.campaign_title,
            amount: pledge.amount,
            shipment: pledge.shipment.map(Into::into),
            reward_title: pledge.reward_title,
            reward_minimum: pledge.reward_minimum,
            fee: pledge.fee,
            state: pledge.state,
            collection: pledge.collection,
            mandate: pledge.mandate,
            ends_at: pledge.campaign.ends_at,
            cancel_cutoff: pledge.campaign.cancel_cutoff(),
            reserved_until: pledge.reserved_until,
            declined: pledge.declined.map(str::to_owned),
            can_cancel: pledge.can_cancel,
            can_change: pledge.can_change,
            name_hidden: pledge.privacy.name_hidden,
            amount_hidden: pledge.privacy.amount_hidden,
            created_at: pledge.created_at,
            as_guest: false,
        }
    }
}

impl From<Shipment> for ShipmentView {
    fn from(shipment: Shipment) -> Self {
        Self { to: shipment.to.name().to_owned(), cost: shipment.cost }
    }
}

impl From<WaitingPledge> for LeftPledge {
    fn from(pledge: WaitingPledge) -> Self {
        Self {
            reserved_until: pledge.reserved_until,
            declined: pledge.declined.map(str::to_owned),
            in_page: pledge.in_page,
        }
    }
}
