-- Mail, written in the transaction that causes it: a letter exists if and only if what it tells has happened.
-- It is sent afterwards, so that a slow or dead mail server delays mail and nothing else.
create table mails (
    id uuid primary key,
    -- Whose: the address is looked up when the mail is sent, so that it follows a change of address.
    person_id uuid not null references people on delete cascade,
    -- Which letter it is (mail::Letter).
    letter text not null,
    -- Each once for ever, however often what causes it is told.
    dedupe_key text not null,
    subject text not null,
    body_text text not null,
    body_html text not null,
    due_at timestamptz not null default clock(),
    tries int not null default 0,
    -- Held by a process that is sending it; free again when the lease runs out (the process died).
    leased_until timestamptz,
    -- How it ended, at most one of three: sent, kept failing and put aside for a person to look at, or not sent
    -- because its address takes no mail.
    sent_at timestamptz,
    parked_at timestamptz,
    undeliverable_at timestamptz,
    -- The failure's kind, without personal data.
    last_error text,
    created_at timestamptz not null default clock(),
    constraint mails_dedupe_key unique (dedupe_key),
    constraint mails_end_once check (num_nonnulls(sent_at, parked_at, undeliverable_at) <= 1)
);
create index mails_due on mails (due_at, id)
    where sent_at is null and parked_at is null and undeliverable_at is null;
create index mails_parked on mails (parked_at) where parked_at is not null;

-- The address that a mail server refused for good. No more mail goes there; a person who changes their address is
-- written to again, because the two then differ.
alter table people add column bouncing_email text;
