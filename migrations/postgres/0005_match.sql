-- A prefix may be mapped more than once: for other hosts, methods, headers or query parameters.
alter table mappings drop constraint mappings_prefix_key;

alter table mappings add column host text collate "C" not null default '*';
alter table mappings alter column host drop default;

-- what a request must be like besides, as JSON; null for nothing
alter table mappings add column match jsonb;

-- says which requests it serves
alter table mappings add column match_key text collate "C";
update mappings set match_key = '* ' || prefix;
alter table mappings alter column match_key set not null;
alter table mappings add constraint mappings_match_key unique (match_key);

-- the prefix in lower case, where its case does not matter
alter table mappings add column folded text collate "C";

create index mappings_prefix_idx on mappings (prefix);

create index mappings_folded_idx on mappings (folded) where folded is not null;
