-- What a backer decides at the pledge and may decide anew while it lives.

-- What of a pledge nobody but its backer, the creator and staff may see (PRODUCT B27). Read where public lists are
-- read, so that a hidden name never leaves the database for them.
alter table pledges add column name_hidden boolean not null default false;
alter table pledges add column amount_hidden boolean not null default false;

-- Changing a pledge while its campaign runs (PRODUCT B11).
-- The number of a pledge's terms. A form carries the number it was drawn with: of two edits at once, the second meets
-- another one.
alter table pledges add column version int not null default 1;
-- What is held on the card, when the pledge was lowered since: less is then captured. Null: as much as is pledged.
alter table pledges add column held numeric(15, 3);
alter table pledges add constraint pledges_held_covers_amount check (held is null or held >= amount);
alter table pledges add constraint pledges_held_fits_currency check (held is null or fits_currency(held, currency));
-- The gateway's page for another card of a pledge whose campaign runs, and how many of them there were.
alter table pledges add column new_card_pages int not null default 0;
alter table pledges add column new_card_session_id text;

-- New terms of a pledge, and what became of them. What a pledge was before is told by its changes that were applied.
create table pledge_changes (
    id uuid primary key,
    pledge_id uuid not null references pledges,
    campaign_id uuid not null,
    -- The number of the terms that it replaces, and those terms.
    version int not null,
    from_amount numeric(15, 3) not null,
    from_reward_id uuid references rewards,
    amount numeric(15, 3) not null,
    currency text not null,
    reward_id uuid,
    reward_title text,
    reward_minimum numeric(15, 3),
    -- What the backer agreed to with it, word for word.
    mandate text not null,
    -- Whether a slot of its reward was taken for it. From then on the slot is the pledge's, or is given up with it.
    claims_slot boolean not null,
    -- waiting: for a new hold on the card. ready: for the worker that applies it together with the campaign's total.
    state text not null,
    -- While waiting: until when, and the gateway's page.
    reserved_until timestamptz,
    session_id text,
    session_url text,
    created_at timestamptz not null default clock(),
    ended_at timestamptz,
    foreign key (campaign_id, currency) references campaigns (id, currency),
    foreign key (campaign_id, reward_id) references rewards (campaign_id, id),
    constraint pledge_changes_session_key unique (session_id),
    constraint pledge_changes_state_known check (state in ('waiting', 'ready', 'applied', 'refused', 'lapsed')),
    constraint pledge_changes_waits_until check (state <> 'waiting' or reserved_until is not null),
    constraint pledge_changes_ended_once_over check ((ended_at is null) = (state in ('waiting', 'ready'))),
    constraint pledge_changes_amount_positive check (amount > 0),
    constraint pledge_changes_amount_fits_currency check (fits_currency(amount, currency)),
    constraint pledge_changes_reward_snapshot check (
        (reward_id is null) = (reward_title is null) and (reward_id is null) = (reward_minimum is null)),
    constraint pledge_changes_amount_covers_reward check (reward_minimum is null or amount >= reward_minimum),
    constraint pledge_changes_slot_of_a_reward check (not claims_slot or reward_id is not null)
);
-- One at a time: who edits while another edit is under way is told so.
create unique index pledge_changes_one_open on pledge_changes (pledge_id) where state in ('waiting', 'ready');
create index pledge_changes_waiting on pledge_changes (reserved_until) where state = 'waiting';
create index pledge_changes_of_pledge on pledge_changes (pledge_id, created_at);

-- A change leaves the pledge in its state, so its line of the history does not enter it a second time.
drop index pledge_history_once;
create unique index pledge_history_once on pledge_history (pledge_id, to_state)
    where to_state in ('pending', 'committed', 'authorized', 'cancelled', 'expired', 'voided', 'dropped', 'refunded')
          and from_state is distinct from to_state;

-- Saved cards (PRODUCT B26). They are kept at the gateway; here is what we decided about them.
-- The card that is offered first. A default card is kept when the pledges that rest on it are over.
alter table people add column default_card text;
-- Cards that are forgotten, or about to be: written before the gateway is told, so that no pledge is begun with one.
create table removed_cards (
    payment_method_id text primary key,
    person_id uuid not null references people on delete cascade,
    removed_at timestamptz not null default clock()
);
-- Of a card: which live pledges rest on it.
create index pledges_of_card on pledges (payment_method_id)
    where state in ('committed', 'authorized', 'charging', 'errored', 'needs_action');

-- When a pledge's card was looked at before the deadline, 14 and 3 days before it: each look once for a card (J7).
create table card_looks (
    pledge_id uuid not null references pledges,
    days_before smallint not null,
    payment_method_id text not null,
    looked_at timestamptz not null default clock(),
    primary key (pledge_id, days_before, payment_method_id),
    constraint card_looks_days_known check (days_before in (14, 3))
);

-- A pledge that is made with a saved card has an intent of its own at the gateway, where others have a page.
alter table pledges add column wanted_card text;
alter table pledges add column own_intent_id text;
alter table pledges add constraint pledges_own_intent_key unique (own_intent_id);
alter table pledges add constraint pledges_page_or_intent check (
    gateway_session_id is null or (wanted_card is null and own_intent_id is null));
create index pledges_wanting_card on pledges (wanted_card) where state = 'pending' and wanted_card is not null;

-- Where a pledge came from, as hashes (PRODUCT B29): a card that is declined for it counts there. Kept for a day.
create table pledge_origins (
    pledge_id uuid primary key references pledges,
    -- One address, or of IPv6 its /64; and the network around it.
    household bytea not null,
    network bytea not null,
    noted_at timestamptz not null default clock()
);
create index pledge_origins_old on pledge_origins (noted_at);
