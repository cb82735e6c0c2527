-- What money does besides being collected: it goes back in part, is disputed, is paid to creators. The accounts and the
-- gateway calls of all that, in one place.

insert into ledger_accounts (code, meaning) values
    ('disputed', 'Asset: taken back by a backer''s bank while it decides a dispute.'),
    ('owed_by_creators', 'Asset: given back to backers after it had been paid to the creator, and not got back yet.');

-- A dispute's fee, a payout: not every posting belongs to one pledge.
create index ledger_transactions_of_kind on ledger_transactions (kind, posted_at);

alter table gateway_attempts drop constraint gateway_attempts_kind_known;
alter table gateway_attempts add constraint gateway_attempts_kind_known check (kind in ('create_customer',
    'create_session', 'expire_session', 'cancel_intent', 'detach_card', 'refund', 'charge', 'capture', 'confirm',
    'create_intent', 'update_intent', 'create_account', 'create_account_link', 'create_login_link', 'transfer',
    'reverse_transfer', 'create_payout', 'submit_evidence'));
