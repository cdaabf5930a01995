-- The services among which a mapping's requests are shared, with their weights, as JSON; the first
-- of them is `service`. Empty where it has one service.
alter table mappings add column backends jsonb not null default '[]';
