-- Texts are compared byte by byte, as the program and SQLite do, whatever the database's language.

-- Every change of a mapping, in commit order. The sequence is global and never reused: writers take
-- turns, and each numbers its changes on from the newest.
create table revisions (
    revision     bigint           not null,
    committed_at timestamptz      not null,
    mapping      text collate "C" not null,
    change       text collate "C" not null,
    -- content after the change as JSON; null for a delete
    spec         jsonb,
    constraint revisions_pkey primary key (revision),
    constraint revisions_change_check check (change in ('put', 'delete')),
    constraint revisions_spec_check check ((change = 'delete') = (spec is null))
);

create index revisions_mapping_revision_idx on revisions (mapping, revision);

-- The newest content of each mapping.
create table mappings (
    name       text collate "C" not null,
    prefix     text collate "C" not null,
    service    text collate "C" not null,
    rewrite    text collate "C" not null,
    revision   bigint           not null,
    created_at timestamptz      not null,
    updated_at timestamptz      not null,
    constraint mappings_name_pkey primary key (name),
    constraint mappings_prefix_key unique (prefix),
    constraint mappings_revision_fkey foreign key (revision) references revisions (revision)
);
