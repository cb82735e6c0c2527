-- The seal of a result (settlement/freeze.rs says of what): whoever changes a pledge that was counted, or the result itself,
-- behind the back of every trigger cannot make it fit. Null: decided before there was one.
alter table campaign_results add column digest text;
alter table campaign_results add constraint campaign_results_digest_is_one check (digest ~ '^[0-9a-f]{64}$');
