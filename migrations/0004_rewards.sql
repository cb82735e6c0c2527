create table rewards (
    id uuid primary key,
    campaign_id uuid not null,
    position int not null default 0,
    title text not null,
    description text not null default '',
    minimum numeric(15, 3) not null,
    currency text not null,
    kind text not null default 'physical',
    estimated_delivery date,
    -- Null means unlimited. Beware `claimed < slots`: it is null, so never true, for an unlimited tier.
    slots int,
    -- Slots taken, by waiting and by counted pledges alike. Kept for limited tiers only: an unlimited tier
    -- needs no guard, and a counter nobody needs would be a row that every backer of the tier locks.
    claimed int not null default 0,
    created_at timestamptz not null default clock(),
    foreign key (campaign_id, currency) references campaigns (id, currency),
    constraint rewards_minimum_positive check (minimum > 0),
    constraint rewards_minimum_fits_currency check (fits_currency(minimum, currency)),
    constraint rewards_kind_known check (kind in ('physical', 'digital', 'experience')),
    constraint rewards_slots_positive check (slots > 0),
    -- The guard against selling a slot twice. It holds even if code forgets to ask first.
    -- A case, because `claimed <= slots` is null without slots, and a check takes null for yes.
    constraint rewards_never_oversold check (
        case when slots is null then claimed = 0 else claimed between 0 and slots end),
    constraint rewards_title_length check (length(title) between 1 and 80),
    -- For the foreign key that keeps a pledge's reward within the pledge's campaign.
    constraint rewards_campaign_id_key unique (campaign_id, id)
);
create index rewards_of_campaign on rewards (campaign_id, position);

-- How many counted pledges chose a tier; written with campaign_stats by the same worker.
create table reward_stats (
    reward_id uuid primary key references rewards,
    backers bigint not null default 0,
    constraint reward_stats_backers_not_negative check (backers >= 0)
);
