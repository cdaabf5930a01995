-- What the counters were at the last checkpoint, so that a restart of the server neither loses
-- nor doubles a request. `target` is `mapping/<name>` or `service/<name>`.

-- Requests of a target since it exists, all nodes together.
create table stat_totals (
    target  text collate "C" not null,
    ok      bigint           not null,
    c4xx    bigint           not null,
    bad     bigint           not null,
    constraint stat_totals_target_pkey primary key (target)
);

-- The cumulative values that a node reported last.
create table stat_seen (
    node    text collate "C" not null,
    target  text collate "C" not null,
    ok      bigint           not null,
    c4xx    bigint           not null,
    bad     bigint           not null,
    constraint stat_seen_node_target_pkey primary key (node, target)
);
