-- Slow or fallible work, staged in the transaction that causes it: the job exists if and only if the change does.
create table staged_jobs (
    id uuid primary key,
    kind text not null,
    payload jsonb not null,
    -- The same work is staged once.
    dedupe_key text,
    run_at timestamptz not null default clock(),
    attempts int not null default 0,
    -- Held by a process that works on it; free again when the lease runs out (the process died).
    leased_until timestamptz,
    -- Kept failing: put aside for a person to look at, never dropped.
    parked_at timestamptz,
    -- The failure's kind, without personal data.
    last_error text,
    done_at timestamptz,
    created_at timestamptz not null default clock(),
    constraint staged_jobs_dedupe_key unique (dedupe_key)
);
create index staged_jobs_due on staged_jobs (run_at) where done_at is null and parked_at is null;
create index staged_jobs_parked on staged_jobs (parked_at) where parked_at is not null;
