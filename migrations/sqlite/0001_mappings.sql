-- Every change of a mapping, in commit order. The sequence is global and never reused.
create table revisions (
    revision     integer primary key autoincrement,
    committed_at text    not null,
    mapping      text    not null,
    change       text    not null,
    -- content after the change as JSON; null for a delete
    spec         text,
    constraint revisions_change_check check (change in ('put', 'delete')),
    constraint revisions_spec_check check ((change = 'delete') = (spec is null))
);

create index revisions_mapping_revision_idx on revisions (mapping, revision);

-- The newest content of each mapping.
create table mappings (
    name       text    not null,
    prefix     text    not null,
    service    text    not null,
    rewrite    text    not null,
    revision   integer not null,
    created_at text    not null,
    updated_at text    not null,
    constraint mappings_name_pkey primary key (name),
    constraint mappings_prefix_key unique (prefix),
    constraint mappings_revision_fkey foreign key (revision) references revisions (revision)
);
