-- The books, who may write them, and who watches them.

-- Who serves people is not who owns the tables. The application works as this role, which may add to the ledger and to
-- histories and change nothing in them, and which makes, alters and drops nothing. It belongs to the whole cluster, so
-- it may be there already. It has no password: a real server's administrator sets one, or lets the owner take the role.
do $$
begin
    if not exists (select from pg_roles where rolname = 'groundswell_app') then
        create role groundswell_app login;
    end if;
exception
    -- another database of this cluster was being migrated at the same moment
    when duplicate_object or unique_violation then null;
    when insufficient_privilege then
        raise exception 'the database''s owner may not create roles'
            using hint = 'As an administrator: create role groundswell_app login; grant groundswell_app to the owner.';
end
$$;
do $$
begin
    -- An owner who is no superuser takes the role by being its member.
    if not (select rolsuper from pg_roles where rolname = current_user) and current_user <> 'groundswell_app' then
        execute format('grant groundswell_app to %I', current_user);
    end if;
exception
    -- an administrator has done so
    when insufficient_privilege then null;
end
$$;

-- Run after every migration: tables that it made are the application's to use, and what is append-only, told by its
-- trigger, is the application's to add to.
create function grant_to_application() returns void
    language plpgsql
    as $$
    declare
        kept regclass;
    begin
        -- servers that start together
        perform pg_advisory_xact_lock(hashtext('grant_to_application'));
        grant usage on schema public to groundswell_app;
        revoke create on schema public from public, groundswell_app;
        revoke all on all tables in schema public from groundswell_app;
        grant select, insert, update, delete on all tables in schema public to groundswell_app;
        grant usage, select on all sequences in schema public to groundswell_app;
        -- for every statement, not for rows that are finished only
        for kept in select distinct tgrelid::regclass from pg_trigger
                    where tgfoid = 'refuse_change'::regproc and tgtype & 1 = 0 loop
            execute format('revoke update, delete on %s from groundswell_app', kept);
        end loop;
        -- The chart of accounts, the clock and the schema's own history are changed by migrations alone.
        revoke insert, update, delete on ledger_accounts, clock_shift from groundswell_app;
        if to_regclass('_sqlx_migrations') is not null then
            revoke insert, update, delete on _sqlx_migrations from groundswell_app;
        end if;
    end
    $$;
revoke execute on function grant_to_application() from public;

-- What the gateway and the platform's bank have to do with each other is nobody's campaign.
insert into ledger_accounts (code, meaning) values
    ('platform_bank', 'Asset: what the gateway has paid out to the platform''s own bank account.');

-- The gateway's account with us as we read it: its balance transactions, line by line, never changed. The ledger is held
-- against them.
create table gateway_lines (
    -- The balance transaction.
    id text primary key,
    type text not null,
    -- The charge, refund, dispute, transfer or payout behind it, and the payment that this belongs to, if to any.
    source_id text,
    payment_id text,
    -- Ours, from the metadata.
    pledge_id uuid,
    -- What came (or went: negative), and what the gateway kept of it. Not checked against the currency: it is theirs.
    amount numeric(15, 3) not null,
    fee numeric(15, 3) not null,
    currency text not null,
    -- What the ledger is compared by: a payment with its refunds and disputes, or else the object itself.
    subject text not null generated always as (coalesce(payment_id, source_id, id)) stored,
    created_at timestamptz not null,
    read_at timestamptz not null default clock()
);
create index gateway_lines_of_day on gateway_lines (created_at);
create index gateway_lines_of_subject on gateway_lines (subject);
create index gateway_lines_of_source on gateway_lines (source_id);
create index gateway_lines_of_pledge on gateway_lines (pledge_id) where type in ('charge', 'payment');
create trigger gateway_lines_append_only before update or delete or truncate on gateway_lines
    for each statement execute function refuse_change();

create index ledger_transactions_of_reference on ledger_transactions (reference);
create index ledger_transactions_of_day on ledger_transactions (posted_at);
create index gateway_attempts_of_object on gateway_attempts (object_id);

-- One comparison of a day's books with the gateway's.
create table reconciliations (
    id uuid primary key,
    day date not null,
    began_at timestamptz not null default clock(),
    -- Null while it goes on, or if it was interrupted: then it is taken up where it stopped.
    finished_at timestamptz,
    -- The last line of the gateway's that was read.
    read_to text,
    -- Lines of the day at the gateway, questions asked of it, events it had not told us, and what does not agree.
    lines int not null default 0,
    reads int not null default 0,
    adopted int not null default 0,
    differences int not null default 0
);
create index reconciliations_of_day on reconciliations (day, finished_at);

-- Something is wrong and a person should know. One row for a kind and subject until it is cleared.
create table alarms (
    id uuid primary key,
    kind text not null,
    -- Which campaign, payment, job: an id, never a name.
    subject text not null,
    -- In words, without personal data.
    detail text not null,
    raised_at timestamptz not null default clock(),
    cleared_at timestamptz,
    seen_by uuid references people,
    seen_at timestamptz,
    constraint alarms_seen_by_somebody check ((seen_by is null) = (seen_at is null))
);
create unique index alarms_open on alarms (kind, subject) where cleared_at is null;
create index alarms_of_time on alarms (raised_at desc);

-- One run of the self-check: how many questions were asked, and which found something.
create table self_checks (
    id uuid primary key,
    at timestamptz not null default clock(),
    asked int not null,
    violated text[] not null
);
create index self_checks_of_time on self_checks (at desc);

-- What staff did. Append-only, as the ledger is.
create table audit_log (
    id bigint generated always as identity primary key,
    actor_id uuid not null references people,
    act text not null,
    -- What it was done to: a kind and an id, such as job:….
    subject text not null,
    detail text not null default '',
    -- The request it came with, as the log names it.
    request_id text not null default '',
    at timestamptz not null default clock()
);
create index audit_log_of_subject on audit_log (subject, id);
create trigger audit_log_append_only before update or delete or truncate on audit_log
    for each statement execute function refuse_change();

-- Events that could not be placed at first and were afterwards (adopted), or that did not fit our types and whose object
-- was read by its id (reread).
alter table gateway_events drop constraint gateway_events_outcome_known;
alter table gateway_events add constraint gateway_events_outcome_known
    check (outcome in ('queued', 'ignored', 'quarantined', 'unparsable', 'adopted', 'reread'));

select grant_to_application();
