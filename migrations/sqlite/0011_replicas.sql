-- The replicas that run: each renews its row every few seconds, by the database's clock.
create table replicas (
    id          text not null,
    -- where it listens for the others; null for one that does not
    address     text,
    -- the SHA-256 of the certificate that it shows them
    fingerprint text,
    seen_at     text not null,
    constraint replicas_id_pkey primary key (id)
);

-- The replica that writes the checkpoints of the counters: one row at the most. Another takes its
-- place when it does not run any more.
create table stat_keeper (
    place   integer not null,
    replica text    not null,
    constraint stat_keeper_place_pkey primary key (place),
    constraint stat_keeper_place_check check (place = 1)
);

-- Which process is behind a node: the counters of a later one begin at zero.
create table stat_processes (
    node       text   not null,
    run        integer not null,
    -- Envoy's time of the newest flush that was counted
    sent_at_ms integer not null,
    constraint stat_processes_node_pkey primary key (node)
);
