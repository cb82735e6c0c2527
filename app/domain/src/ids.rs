//! Ids are types, so that a reward's id cannot be passed for a pledge's.

/// Declares an id: a UUID (version 7, made by the application) that knows what it identifies.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(transparent))]
        pub struct $name(pub uuid::Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// Somebody with an account.
    PersonId
);
id!(
    /// A browser that somebody is logged in with.
    SessionId
);
id!(CampaignId);
id!(
    /// A reward tier of a campaign.
    RewardId
);
id!(PledgeId);
id!(
    /// A sum that leaves for a creator.
    PayoutId
);
id!(
    /// A sum that a creator asked for.
    WithdrawalId
);
id!(
    /// Money that goes back to a backer.
    RefundId
);
id!(DisputeId);
id!(
    /// New terms of a pledge.
    ChangeId
);
id!(
    /// A call to the payment gateway.
    AttemptId
);
