-- What creators have coming: a share that is held back for refunds to come, debts that are set off, and payouts they ask
-- for themselves.

insert into ledger_accounts (code, meaning) values
    ('reserved_for_creators', 'Liability: held back of a campaign''s payout for refunds to come, owed to its creator.'),
    ('set_off', 'Clearing: what one campaign of a creator pays of another one''s debt. Nothing, over all of a creator''s.');

-- What of a campaign's payout is held back, in basis points, and for how many days after its deadline
-- (domain::ReserveRule). Set at the launch, like the platform's share, and never changed afterwards.
alter table campaigns add column reserve_bps smallint not null default 0;
alter table campaigns add column reserve_days smallint not null default 60;
alter table campaigns add constraint campaigns_reserve_at_most_thirty_percent check (reserve_bps between 0 and 3000);
-- The gateway holds money for ninety days at most.
alter table campaigns add constraint campaigns_reserve_days_within_limit check (reserve_days between 1 and 85);
create function refuse_other_reserve() returns trigger
    language plpgsql
    as $$
    begin
        raise exception 'what is held back of a payout is settled at the launch'
            using errcode = 'integrity_constraint_violation', constraint = 'campaigns_reserve_settled_at_launch';
    end
    $$;
create trigger campaigns_reserve_settled_at_launch before update of reserve_bps, reserve_days on campaigns
    for each row when ((old.reserve_bps, old.reserve_days) <> (new.reserve_bps, new.reserve_days)
                       and old.state not in ('draft', 'in_review', 'scheduled'))
    execute function refuse_other_reserve();

-- A creator's money, line by line: what the ledger holds for them, what of it is reserved, and what they owe. The amounts
-- are the creator's: positive is to their good.
create view creator_lines as
    select entries.id as entry_id, posted.posted_at, posted.kind, posted.reference, creator_id, campaign_id, title, pledge_id,
           account, -amount as amount, entries.currency
    from ledger_transactions posted
    join ledger_entries entries on entries.transaction_id = posted.id
    join campaigns on campaigns.id = posted.campaign_id
    where account in ('held_for_campaign', 'reserved_for_creators', 'owed_by_creators');

-- Nothing is to do for a campaign's payout before: only its reserve is left, or its creator asks for it themselves.
alter table settlements add column waits_until timestamptz;

-- When a creator's money leaves (domain::PayoutSchedule): without a row, on its date.
create table payout_choices (
    person_id uuid primary key references people,
    schedule text not null,
    chosen_at timestamptz not null default clock(),
    constraint payout_choices_schedule_known check (schedule in ('on_date', 'when_asked'))
);

-- A sum that a creator asked for. It is paid from one or more of their campaigns, each with a payout of its own, which
-- says what became of it.
create table withdrawals (
    -- Made by the server when it drew the form: sent twice, it is asked for once.
    id uuid primary key,
    creator_id uuid not null references people,
    amount numeric(15, 3) not null,
    currency text not null,
    asked_at timestamptz not null default clock(),
    constraint withdrawals_amount_positive check (amount > 0),
    constraint withdrawals_amount_fits_currency check (fits_currency(amount, currency))
);
create index withdrawals_of_creator on withdrawals (creator_id, asked_at desc);
create trigger withdrawals_append_only before update or delete or truncate on withdrawals
    for each statement execute function refuse_change();

alter table payouts add column withdrawal_id uuid references withdrawals;
create unique index payouts_once_per_withdrawal on payouts (withdrawal_id, campaign_id) where withdrawal_id is not null;
alter table payouts drop constraint payouts_state_known;
alter table payouts add constraint payouts_state_known
    check (state in ('waiting', 'approved', 'sent', 'refused', 'declined', 'withdrawn', 'dropped'));
