set synchronous_commit = on;
create table if not exists written (at timestamptz);
create or replace function writable() returns table (mark text, timeline text, begun numeric)
language plpgsql as '
begin
  if not pg_is_in_recovery() then
    insert into written values (clock_timestamp());
    return query select ''w'', substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8), extract(epoch from clock_timestamp());
  end if;
end';
