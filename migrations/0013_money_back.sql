-- Money that goes back to backers: refunds, disputes, and the receipts of both directions.

-- How many days after the charge backers of a keep-it-all campaign may take their money back by themselves (PRODUCT
-- B20). Null: only the creator and staff refund. Set at the launch, shown before anybody pays.
alter table campaigns add column refund_days smallint;
alter table campaigns add constraint campaigns_refund_days_sensible check (refund_days between 1 and 90);

-- Each refund of a pledge's payment, whoever made it: also in the gateway's dashboard, and of campaigns called off.
create table refunds (
    -- Made by the server when it drew the form, so that a form sent twice is one refund. The gateway's key is derived
    -- from it, and the gateway's object carries it.
    id uuid primary key,
    pledge_id uuid not null references pledges,
    amount numeric(15, 3) not null,
    currency text not null,
    state text not null default 'requested',
    -- Who wanted it: the backer, the creator or staff, the campaign's end, or somebody in the gateway's dashboard.
    source text not null,
    actor_id uuid references people,
    reason text not null,
    -- A part may be given back for a smaller favour; who gets everything back gives the reward up.
    keeps_reward boolean not null,
    -- The platform's share that went back with it, decided when it succeeded.
    fee numeric(15, 3),
    gateway_refund_id text,
    -- The gateway's code for why it failed.
    failure text,
    requested_at timestamptz not null default clock(),
    -- The first time it was known to be with the backer's bank; stays when the bank sends it back.
    succeeded_at timestamptz,
    failed_at timestamptz,
    constraint refunds_gateway_refund_key unique (gateway_refund_id),
    constraint refunds_state_known check (state in ('requested', 'pending', 'succeeded', 'failed')),
    constraint refunds_source_known check (source in ('backer', 'creator', 'staff', 'campaign', 'gateway')),
    constraint refunds_actor_known check ((actor_id is null) = (source in ('campaign', 'gateway'))),
    constraint refunds_amount_positive check (amount > 0),
    constraint refunds_amount_fits_currency check (fits_currency(amount, currency)),
    constraint refunds_succeeded_says_when check (state <> 'succeeded' or succeeded_at is not null),
    constraint refunds_succeeded_knows_fee check ((succeeded_at is null) = (fee is null)),
    constraint refunds_failed_says_when check ((state = 'failed') = (failed_at is not null))
);
create index refunds_of_pledge on refunds (pledge_id, requested_at);
create index refunds_failed on refunds (failed_at) where state = 'failed';

-- Never more than was paid, whoever asks at the same moment: the pledge's row is held while it is counted. What the
-- gateway says it did, it did; what merely was requested here gives way to that, and the gateway will refuse it.
create function refunds_within_payment() returns trigger
    language plpgsql
    as $$
    declare
        paid numeric;
        standing numeric;
    begin
        select amount into paid from pledges where id = new.pledge_id for update;
        select coalesce(sum(amount), 0) into standing from refunds
        where pledge_id = new.pledge_id and id <> new.id
              and (state in ('pending', 'succeeded') or (state = 'requested' and new.source <> 'gateway'));
        if standing + new.amount > paid then
            raise exception 'more than was paid for pledge %', new.pledge_id
                using errcode = 'check_violation', constraint = 'refunds_within_payment';
        end if;
        return new;
    end
    $$;
create trigger refunds_within_payment before insert or update of amount, pledge_id on refunds
    for each row execute function refunds_within_payment();

-- What of a pledge's amount is back with its backer: the sum of its refunds that succeeded. The campaign's running total
-- is what stands, amount less refunded.
alter table pledges add column refunded numeric(15, 3) not null default 0;
alter table pledges add constraint pledges_refunded_within_amount check (refunded between 0 and amount);
-- Given up with a refund, for good: its slot may be somebody else's by the time the refund comes back.
alter table pledges add column reward_given_up boolean not null default false;
create index pledges_of_charge on pledges (charge_intent_id) where charge_intent_id is not null;

-- A refund may come back from the bank and be made again, so a pledge can be refunded twice in its life.
drop index pledge_history_once;
create unique index pledge_history_once on pledge_history (pledge_id, to_state)
    where to_state in ('pending', 'committed', 'authorized', 'cancelled', 'expired', 'voided', 'dropped');

-- A payment that the backer's bank questions, as the gateway tells it.
create table disputes (
    id uuid primary key,
    gateway_dispute_id text not null,
    pledge_id uuid not null references pledges,
    amount numeric(15, 3) not null,
    currency text not null,
    -- The gateway's word for what the backer told their bank.
    reason text not null,
    -- An inquiry moves no money: the bank only asks.
    state text not null,
    evidence_due_at timestamptz,
    -- What the gateway takes for it, won or lost. Null while it took nothing.
    fee numeric(15, 3),
    fee_currency text,
    opened_at timestamptz not null,
    closed_at timestamptz,
    constraint disputes_gateway_dispute_key unique (gateway_dispute_id),
    constraint disputes_state_known check (state in ('inquiry', 'inquiry_under_review', 'inquiry_closed',
        'needs_response', 'under_review', 'won', 'lost')),
    constraint disputes_amount_positive check (amount > 0),
    constraint disputes_amount_fits_currency check (fits_currency(amount, currency)),
    constraint disputes_closed_says_when
        check ((state in ('inquiry_closed', 'won', 'lost')) = (closed_at is not null)),
    constraint disputes_fee_has_currency check ((fee is null) = (fee_currency is null))
);
create index disputes_of_pledge on disputes (pledge_id);
create index disputes_open on disputes (evidence_due_at) where closed_at is null;

-- The answer to a dispute: a draft until it is sent, once.
create table dispute_evidence (
    dispute_id uuid primary key references disputes,
    product_description text not null default '',
    delivery text not null default '',
    tracking_number text not null default '',
    customer_communication text not null default '',
    refund_policy text not null default '',
    statement text not null default '',
    saved_by uuid not null references people,
    saved_at timestamptz not null default clock(),
    -- Sending was decided; the gateway's answer may still be on its way.
    submitted_at timestamptz
);

-- One row a year, held while a number is given: numbers have no gaps.
create table receipt_counters (
    year int primary key,
    last int not null,
    constraint receipt_counters_positive check (last > 0)
);
-- What was paid and what went back, as it was when it happened. Never changed.
create table receipts (
    number text primary key,
    kind text not null,
    pledge_id uuid not null references pledges,
    refund_id uuid references refunds,
    seller text not null,
    buyer text not null,
    campaign_title text not null,
    reward_title text,
    amount numeric(15, 3) not null,
    currency text not null,
    issued_at timestamptz not null default clock(),
    constraint receipts_kind_known check (kind in ('charge', 'refund')),
    constraint receipts_refund_named check ((kind = 'refund') = (refund_id is not null)),
    constraint receipts_amount_positive check (amount > 0),
    constraint receipts_amount_fits_currency check (fits_currency(amount, currency))
);
create unique index receipts_one_per_charge on receipts (pledge_id) where kind = 'charge';
create unique index receipts_one_per_refund on receipts (refund_id) where kind = 'refund';
create trigger receipts_append_only before update or delete or truncate on receipts
    for each statement execute function refuse_change();
