-- What a mapping is found by, as a JSON list. Contents in `revisions.spec` have it from now on;
-- older ones have no labels.
alter table mappings add column labels jsonb not null default '[]';

-- Creations that a caller has given a key: sent again, they are the same one. `fingerprint` is the
-- hash of the request; a key is forgotten after 24 hours.
create table idempotency_keys (
    key         text collate "C" not null,
    fingerprint text collate "C" not null,
    revision    bigint           not null,
    created_at  timestamptz      not null,
    constraint idempotency_keys_key_pkey primary key (key),
    constraint idempotency_keys_revision_fkey foreign key (revision) references revisions (revision)
);

create index idempotency_keys_created_at_idx on idempotency_keys (created_at);
