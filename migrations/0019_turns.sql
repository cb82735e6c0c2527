-- When a settlement was last looked at by what looks again and again: the giving back of a campaign that failed or was
-- called off, later its payout. Whoever waited longest is next, so fifty that wait for somebody do not hold up the rest.
alter table settlements add column looked_at timestamptz;

-- Whether the gateway pays this creator now. Said here once, for the page, the payout and each of its transfers.
alter table payout_accounts add column ready boolean
    generated always as (payouts_enabled and transfers_active and closed_at is null) stored not null;
