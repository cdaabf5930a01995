-- What mappings name besides services: consumers, trust bundles, certificates. What is named can't be
-- deleted.
create table mapping_references (
    mapping text collate "C" not null references mappings (name) on delete cascade,
    kind    text collate "C" not null,
    name    text collate "C" not null,
    constraint mapping_references_pkey primary key (kind, name, mapping)
);
create index mapping_references_mapping_idx on mapping_references (mapping);
