-- Who owns what. Mappings from before belong to the team that is there from the beginning.
alter table mappings add column team text collate "C" not null default 'default';
create index mappings_team_idx on mappings (team);

-- Who made the change and for which team; contents in `spec` have the team, too.
alter table revisions add column actor text collate "C" not null default '';
alter table revisions add column team text collate "C" not null default 'default';

-- Users, teams, sessions, tokens, claims, protections and requests, a row each: the rules about
-- them are in the program, which holds all of them in memory. Of secrets only hashes are here.
create table access (
    kind  text collate "C" not null,
    key   text collate "C" not null,
    value jsonb            not null,
    constraint access_kind_key_pkey primary key (kind, key)
);

insert into access (kind, key, value) values (
    'team',
    'default',
    jsonb_build_object(
        'name', 'default', 'title', 'Everyone''s', 'members', jsonb_build_object(),
        'created_at', to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    )
);

-- Who did what, from where. It only grows.
create table audit (
    id         bigint           not null generated always as identity,
    at         timestamptz      not null,
    actor      text collate "C" not null,
    via        text collate "C" not null,
    action     text collate "C" not null,
    team       text collate "C",
    kind       text collate "C" not null,
    object     text collate "C" not null,
    diff       jsonb            not null,
    address    text collate "C",
    request_id text collate "C",
    revision   bigint,
    constraint audit_pkey primary key (id)
);

create index audit_team_idx on audit (team, id);
create index audit_actor_idx on audit (actor, id);
create index audit_object_idx on audit (kind, object, id);

create function audit_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the audit is append-only';
end
$$;

create trigger audit_is_never_changed before update or delete or truncate on audit
for each statement execute function audit_is_append_only();
