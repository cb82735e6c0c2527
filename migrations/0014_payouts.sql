-- Creators are paid. Their account at the gateway, what was sent to it for which pledge, and who allowed it.

-- What the gateway said of a creator's account when it was read last. Money goes there only when it says that it may.
create table payout_accounts (
    person_id uuid primary key references people,
    country text not null,
    -- Null: asked for, and no answer has come yet.
    gateway_account_id text,
    details_submitted boolean not null default false,
    payouts_enabled boolean not null default false,
    transfers_active boolean not null default false,
    -- The gateway's own names of what it wants to know, and why it pays nothing meanwhile.
    due text[] not null default '{}',
    past_due text[] not null default '{}',
    disabled_reason text,
    -- Of the bank account only what tells it from another; its number never comes here.
    bank_name text,
    bank_last4 text,
    bank_fingerprint text,
    -- When another bank account took its place: an account thief's first act, so payouts wait.
    bank_changed_at timestamptz,
    -- The owner took our access away.
    closed_at timestamptz,
    -- The bank sent a payout back.
    payout_failed_at timestamptz,
    read_at timestamptz,
    created_at timestamptz not null default clock(),
    constraint payout_accounts_gateway_key unique (gateway_account_id),
    constraint payout_accounts_country_code check (country ~ '^[A-Z]{2}$')
);

-- A sum that leaves for a creator, from one campaign.
create table payouts (
    id uuid primary key,
    campaign_id uuid not null,
    creator_id uuid not null references people,
    state text not null,
    amount numeric(15, 3) not null,
    currency text not null,
    created_at timestamptz not null default clock(),
    sent_at timestamptz,
    foreign key (campaign_id, currency) references campaigns (id, currency),
    constraint payouts_state_known check (state in ('waiting', 'approved', 'sent', 'refused')),
    constraint payouts_amount_positive check (amount > 0),
    constraint payouts_amount_fits_currency check (fits_currency(amount, currency)),
    constraint payouts_sent_at_when_sent check ((state = 'sent') = (sent_at is not null))
);
-- One that has not left for a campaign, a refused one among them: what comes later waits for the next.
create unique index payouts_one_open on payouts (campaign_id) where state in ('waiting', 'approved', 'refused');
create index payouts_of_creator on payouts (creator_id, created_at desc);

create table payout_history (
    id bigint generated always as identity primary key,
    payout_id uuid not null references payouts,
    -- Null: it was made.
    from_state text,
    to_state text not null,
    event text not null,
    -- Null: by itself, on its date.
    actor_id uuid references people,
    reason text not null default '',
    at timestamptz not null default clock()
);
create index payout_history_of_payout on payout_history (payout_id, id);
create unique index payout_history_once on payout_history (payout_id, to_state);
create trigger payout_history_append_only before update or delete or truncate on payout_history
    for each statement execute function refuse_change();

-- Each pledge's share of it: one transfer at the gateway, from the very charge that brought the money.
create table payout_parts (
    payout_id uuid not null references payouts,
    pledge_id uuid not null references pledges,
    amount numeric(15, 3) not null,
    currency text not null,
    transfer_id text,
    sent_at timestamptz,
    -- What came back of it, for a refund or a lost dispute.
    returned numeric(15, 3) not null default 0,
    primary key (payout_id, pledge_id),
    constraint payout_parts_transfer_key unique (transfer_id),
    constraint payout_parts_amount_positive check (amount > 0),
    constraint payout_parts_returned_within check (returned between 0 and amount),
    constraint payout_parts_sent_at_with_transfer check ((transfer_id is null) = (sent_at is null))
);
create index payout_parts_of_pledge on payout_parts (pledge_id);

-- What came back of a transfer, once for each reason (a refund, a lost dispute).
create table payout_returns (
    transfer_id text not null references payout_parts (transfer_id),
    why text not null,
    amount numeric(15, 3) not null,
    -- Null: the creator's account did not hold so much any more, and they owe it.
    reversal_id text,
    returned_at timestamptz not null default clock(),
    primary key (transfer_id, why),
    constraint payout_returns_amount_positive check (amount > 0)
);

-- Settled campaigns that may still have something to pay out. Null again when money comes back to them.
alter table settlements add column paid_out_at timestamptz;
create index settlements_to_pay_out on settlements (finished_at) where finished_at is not null and paid_out_at is null;
