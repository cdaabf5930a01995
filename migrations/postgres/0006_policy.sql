-- What a mapping asks for besides its place and its service: the parts that are not at their
-- default, as JSON. A mapping whose policy has the answer has no service: an empty text.
alter table mappings add column policy jsonb not null default '{}';
