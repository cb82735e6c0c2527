-- What settling still owed: a second card that waits for the first one's outcome, and settlements that nobody can decide.

-- A card that its backer saved while another of theirs was being charged. It is charged if that one is declined, and
-- forgotten if it is not.
alter table pledges add column spare_payment_method_id text;
alter table pledges add column spare_intent_id text;
alter table pledges add constraint pledges_spare_while_charging check (
    state = 'charging' or (spare_payment_method_id is null and spare_intent_id is null));

-- When staff were last told that a campaign cannot be decided.
alter table settlements add column stuck_told_at timestamptz;
