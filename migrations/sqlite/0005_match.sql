-- A prefix may be mapped more than once: for other hosts, methods, headers or query parameters. SQLite
-- can't drop the constraint that it is unique, so the table is made anew.
create table mappings_with_match (
    name       text    not null,
    host       text    not null,
    prefix     text    not null,
    -- what a request must be like besides, as JSON; null for nothing
    match      text,
    -- says which requests it serves
    match_key  text    not null,
    -- the prefix in lower case, where its case does not matter
    folded     text,
    service    text    not null,
    rewrite    text    not null,
    labels     text    not null default '[]',
    team       text    not null default 'default',
    revision   integer not null,
    created_at text    not null,
    updated_at text    not null,
    constraint mappings_name_pkey primary key (name),
    constraint mappings_match_key unique (match_key),
    constraint mappings_revision_fkey foreign key (revision) references revisions (revision)
);

insert into mappings_with_match
    (name, host, prefix, match_key, service, rewrite, labels, team, revision, created_at, updated_at)
select name, '*', prefix, '* ' || prefix, service, rewrite, labels, team, revision, created_at, updated_at
from mappings;

drop table mappings;

alter table mappings_with_match rename to mappings;

create index mappings_prefix_idx on mappings (prefix);

create index mappings_folded_idx on mappings (folded) where folded is not null;

create index mappings_team_idx on mappings (team);
