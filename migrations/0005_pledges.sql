create table pledges (
    id uuid primary key,
    campaign_id uuid not null,
    backer_id uuid not null references people,
    reward_id uuid,
    -- Made by the server when it drew the form: a double click or a retry carries the same one.
    form_key uuid not null,
    state text not null default 'pending',
    -- How the money is taken, decided once when the pledge began (domain::Collection).
    collection text not null,
    amount numeric(15, 3) not null,
    currency text not null,
    -- What the reward was called and cost when it was chosen; later edits must not reach old pledges.
    reward_title text,
    reward_minimum numeric(15, 3),
    -- What the backer agreed to, word for word.
    mandate text not null default '',
    -- While pending: the slot is kept until then.
    reserved_until timestamptz,
    -- The gateway's hosted page, and what came of it.
    gateway_session_id text,
    gateway_session_url text,
    gateway_intent_id text,
    payment_method_id text,
    -- Why the last card was declined while the pledge is still pending.
    decline_code text,
    confirmed_at timestamptz,
    created_at timestamptz not null default clock(),
    updated_at timestamptz not null default clock(),
    foreign key (campaign_id, currency) references campaigns (id, currency),
    foreign key (campaign_id, reward_id) references rewards (campaign_id, id),
    constraint pledges_form_key unique (backer_id, form_key),
    constraint pledges_gateway_session_key unique (gateway_session_id),
    constraint pledges_gateway_intent_key unique (gateway_intent_id),
    constraint pledges_state_known check (state in ('pending', 'committed', 'authorized', 'captured', 'charging',
        'errored', 'needs_action', 'dropped', 'cancelled', 'expired', 'voided', 'refunded', 'partially_refunded',
        'disputed')),
    constraint pledges_collection_known check (collection in ('save_card', 'hold', 'charge_now')),
    constraint pledges_amount_positive check (amount > 0),
    constraint pledges_amount_fits_currency check (fits_currency(amount, currency)),
    constraint pledges_reward_snapshot check (
        (reward_id is null) = (reward_title is null) and (reward_id is null) = (reward_minimum is null)),
    constraint pledges_amount_covers_reward check (reward_minimum is null or amount >= reward_minimum),
    constraint pledges_pending_is_reserved check (state <> 'pending' or reserved_until is not null)
);

-- One open pledge for a person and a campaign: two tabs are one pledge, and a changed mind replaces it.
-- Captured ones are not open: a keep-it-all campaign may be backed twice.
create unique index pledges_one_open_per_backer on pledges (campaign_id, backer_id)
    where state in ('pending', 'committed', 'authorized', 'charging', 'errored', 'needs_action');

-- Live pledges: what a campaign's total is the sum of (PledgeState::counts), for recounts and for settling.
create index pledges_live on pledges (campaign_id, state) include (amount)
    where state in ('committed', 'authorized', 'captured', 'charging', 'errored', 'needs_action',
                    'partially_refunded', 'disputed');
create index pledges_recent on pledges (campaign_id, confirmed_at desc) where confirmed_at is not null;
create index pledges_of_backer on pledges (backer_id, created_at desc);
create index pledges_of_reward on pledges (reward_id) where reward_id is not null;
-- Reservations whose time is up.
create index pledges_reserved on pledges (reserved_until) where state = 'pending';

create table pledge_history (
    id bigint generated always as identity primary key,
    pledge_id uuid not null references pledges,
    -- Null: the pledge was made.
    from_state text,
    to_state text not null,
    event text not null,
    -- Where the event came from: the backer's request, the gateway, the clock, staff.
    source text not null,
    actor_id uuid references people,
    reason text not null default '',
    at timestamptz not null default clock(),
    constraint pledge_history_source_known check (source in ('backer', 'gateway', 'clock', 'staff'))
);
create index pledge_history_of_pledge on pledge_history (pledge_id, id);
-- A pledge enters these states once. The index makes a repeated transition fail loudly, whatever the code does.
create unique index pledge_history_once on pledge_history (pledge_id, to_state)
    where to_state in ('pending', 'committed', 'authorized', 'cancelled', 'expired', 'voided', 'dropped', 'refunded');
