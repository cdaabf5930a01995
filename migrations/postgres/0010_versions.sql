-- By which a server notices what others have changed of `access`: each change has the number after
-- the newest. What is removed stays for a while, as JSON's null.
alter table access add column version bigint not null default 0;
create index access_version_idx on access (version);
create index access_removed_idx on access (version) where value = 'null';

-- The oldest schema whose program can still work with this one: while replicas are upgraded one by
-- one, those of the version before go on.
create table schema_compatibility (
    oldest_migration bigint not null
);
insert into schema_compatibility (oldest_migration) values (10);
