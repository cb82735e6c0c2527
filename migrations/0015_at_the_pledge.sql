-- What a backer decides at the pledge and may decide anew while it lives.

-- What of a pledge nobody but its backer, the creator and staff may see (PRODUCT B27). Read where public lists are
-- read, so that a hidden name never leaves the database for them.
alter table pledges add column name_hidden boolean not null default false;
alter table pledges add column amount_hidden boolean not null default false;
