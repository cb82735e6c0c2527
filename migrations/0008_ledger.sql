-- Double entry, append-only. A transaction's entries sum to zero in every currency; a mistake is corrected by
-- a new transaction, never by an edit.
create table ledger_accounts (
    code text primary key,
    meaning text not null
);
insert into ledger_accounts (code, meaning) values
    ('gateway_balance', 'Asset: what the payment gateway holds for the platform.'),
    ('gateway_fees', 'Expense: what the gateway keeps of each payment.'),
    ('held_for_campaign', 'Liability: collected for a campaign, owed to its creator or back to its backers.'),
    ('owed_to_backers', 'Liability: collected without a pledge to put it to; to be given back.'),
    ('platform_fees', 'Income: the platform''s share.');

create table ledger_transactions (
    id uuid primary key,
    kind text not null,
    campaign_id uuid references campaigns,
    pledge_id uuid references pledges,
    -- The gateway object or row that caused it. Unique: the same cause is posted once.
    reference text not null,
    posted_at timestamptz not null default clock(),
    constraint ledger_transactions_reference_key unique (kind, reference)
);
create index ledger_transactions_of_campaign on ledger_transactions (campaign_id, posted_at);
create index ledger_transactions_of_pledge on ledger_transactions (pledge_id);

create table ledger_entries (
    id bigint generated always as identity primary key,
    transaction_id uuid not null references ledger_transactions,
    account text not null references ledger_accounts,
    -- Debit positive, credit negative, in major units.
    amount numeric(15, 3) not null,
    currency text not null,
    constraint ledger_entries_amount_not_zero check (amount <> 0),
    constraint ledger_entries_amount_fits_currency check (fits_currency(amount, currency))
);
create index ledger_entries_of_transaction on ledger_entries (transaction_id);
create index ledger_entries_of_account on ledger_entries (account, currency);

create function ledger_must_balance() returns trigger
    language plpgsql
    as $$
    begin
        if exists (
            select from ledger_entries where transaction_id = new.transaction_id
            group by currency having sum(amount) <> 0
        ) then
            raise exception 'ledger transaction % does not balance', new.transaction_id
                using errcode = 'check_violation', constraint = 'ledger_entries_balance';
        end if;
        return null;
    end
    $$;
-- Deferred to the commit: the entries of a transaction arrive one after the other.
create constraint trigger ledger_entries_balance
    after insert on ledger_entries deferrable initially deferred
    for each row execute function ledger_must_balance();

create function refuse_change() returns trigger
    language plpgsql
    as $$
    begin
        raise exception '% is append-only', tg_table_name
            using errcode = 'integrity_constraint_violation', constraint = tg_table_name || '_append_only';
    end
    $$;
create trigger ledger_entries_append_only before update or delete or truncate on ledger_entries
    for each statement execute function refuse_change();
create trigger ledger_transactions_append_only before update or delete or truncate on ledger_transactions
    for each statement execute function refuse_change();
create trigger pledge_history_append_only before update or delete or truncate on pledge_history
    for each statement execute function refuse_change();
create trigger campaign_history_append_only before update or delete or truncate on campaign_history
    for each statement execute function refuse_change();
