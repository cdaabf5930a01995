-- Who owns what. Mappings from before belong to the team that is there from the beginning.
alter table mappings add column team text not null default 'default';
create index mappings_team_idx on mappings (team);

-- Who made the change and for which team; contents in `spec` have the team, too.
alter table revisions add column actor text not null default '';
alter table revisions add column team text not null default 'default';

-- Users, teams, sessions, tokens, claims, protections and requests, a row each: the rules about
-- them are in the program, which holds all of them in memory. Of secrets only hashes are here.
create table access (
    kind  text not null,
    key   text not null,
    value text not null,
    constraint access_kind_key_pkey primary key (kind, key)
);

insert into access (kind, key, value) values (
    'team',
    'default',
    json_object(
        'name', 'default', 'title', 'Everyone''s', 'members', json_object(),
        'created_at', strftime('%Y-%m-%dT%H:%M:%SZ', 'now')
    )
);

-- Who did what, from where. It only grows.
create table audit (
    id         integer primary key autoincrement,
    at         text    not null,
    actor      text    not null,
    via        text    not null,
    action     text    not null,
    team       text,
    kind       text    not null,
    object     text    not null,
    diff       text    not null,
    address    text,
    request_id text,
    revision   integer
);

create index audit_team_idx on audit (team, id);
create index audit_actor_idx on audit (actor, id);
create index audit_object_idx on audit (kind, object, id);

create trigger audit_is_never_changed before update on audit
begin
    select raise(abort, 'the audit is append-only');
end;

create trigger audit_is_never_deleted before delete on audit
begin
    select raise(abort, 'the audit is append-only');
end;
