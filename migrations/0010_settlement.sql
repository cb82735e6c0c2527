-- A campaign whose deadline has passed, or that was called off. The row is made in the transaction that ends its
-- pledging, so a campaign is settled once, whoever gets there first.
create table settlements (
    campaign_id uuid primary key references campaigns,
    began_at timestamptz not null default clock(),
    -- Until then a failed payment may be fixed. Null until the campaign is decided, and when there is nothing to
    -- collect.
    retry_until timestamptz,
    -- Every pledge is paid, dropped, released or given back.
    finished_at timestamptz
);
create index settlements_open on settlements (began_at) where finished_at is null;

-- A pledge that is being collected after the deadline.
create table collections (
    pledge_id uuid primary key references pledges,
    campaign_id uuid not null references campaigns,
    -- How often we charged the card by ourselves. The first try, and one more when the retry window ends.
    tries int not null default 0,
    -- The first time it failed; null while it has not.
    failed_at timestamptz,
    -- When the backer last heard of it from us, and how many reminders that makes.
    told_at timestamptz,
    reminders int not null default 0,
    -- The one automatic try at the end of the retry window.
    last_tried_at timestamptz,
    -- How often the backer tried to fix it with the same card.
    fixes int not null default 0,
    -- The gateway's page for another card, and how many of them there were.
    card_pages int not null default 0,
    card_session_id text,
    constraint collections_told_once_failed check (failed_at is not null or (told_at is null and reminders = 0)),
    constraint collections_counts_not_negative check (tries >= 0 and reminders >= 0 and fixes >= 0 and card_pages >= 0)
);
create index collections_of_campaign on collections (campaign_id) where failed_at is not null;

-- The platform's share of what is collected, in basis points (domain::FeeRule). Set at the launch and never changed
-- afterwards: a creator knows it beforehand.
alter table campaigns add column fee_bps smallint not null default 500;
alter table campaigns add constraint campaigns_fee_at_most_ten_percent check (fee_bps between 0 and 1000);

-- The payment that charges a saved card. `gateway_intent_id` is then the intent that saved it.
alter table pledges add column charge_intent_id text;
alter table pledges add constraint pledges_charge_intent_key unique (charge_intent_id);

-- Which cards have replaced others, to know one that is told of again.
create index pledge_inbox_replacements on pledge_inbox (pledge_id)
    where outcome = 'applied' and entry ->> 'event' = 'card_replaced';

-- Of one person's charges that wait, when several campaigns end together (PRODUCT B30).
create index staged_jobs_collecting_from on staged_jobs ((payload ->> 'backer'))
    where kind = 'collect' and done_at is null;

alter table gateway_attempts drop constraint gateway_attempts_kind_known;
alter table gateway_attempts add constraint gateway_attempts_kind_known check (kind in ('create_customer',
    'create_session', 'expire_session', 'cancel_intent', 'detach_card', 'refund', 'charge', 'capture', 'confirm'));
