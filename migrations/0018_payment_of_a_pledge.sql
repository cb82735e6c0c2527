-- The gateway's payment that takes a pledge's money, once there is one. For a saved card that is the later charge, not
-- the intent that saved it. Said here once, for refunds, payouts and whatever else asks.
--
-- Adding it writes the table anew, which takes seconds per million pledges.
alter table pledges add column payment_intent_id text
    generated always as (case collection when 'save_card' then charge_intent_id else gateway_intent_id end) stored;
