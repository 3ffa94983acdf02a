# What a node holds. Reads only, and works on a server that runs, that is stopped, that lost its folder,
# and where there is none. Told as a word and what it says, a line each. `data`, `bin`, `port` and `config`
# are set by who asks.
# shellcheck shell=sh disable=SC2154
LC_ALL=C; export LC_ALL
# What lies in the data folder is postgres' to change: root does not read through it.
own() { runuser -u postgres -- "$@" 2>/dev/null; }
sql() { own "$bin/psql" -XAtqw -h /var/run/postgresql -p "$port" -d postgres -c "$1"; }
say() { printf '%s %s\n' "$1" "$(printf '%s' "$2" | tr '\n' ' ')"; }
wal() { for file in "$data"/pg_wal/*; do printf '%s\n' "${file##*/}"; done; }
kib() { [ ! -e "$1" ] || du -skx "$1" 2>/dev/null | cut -f 1; }

say present "$([ -z "$(ls -A "$data" 2>/dev/null)" ] || echo yes)"
say kib "$(kib "$data")"
say partial "$(kib "$data.incoming")"
say free "$(stat -f -c '%a %S' "$(dirname "$data")" 2>/dev/null)"
say mounted "$(! mountpoint -q "$data" 2>/dev/null || echo yes)"
say server "$(pgrep -o -u postgres -f -- "/post(gres|master) -D $data/?( |\$)" 2>/dev/null)"
say asides "$(ls -d "$data".before-* 2>/dev/null)"
say restoring "$(cat "$data.restoring" 2>/dev/null)"
say now "$(date -u +%Y%m%dT%H%M%SZ)"
if [ -s "$data/PG_VERSION" ] && [ -s "$data/global/pg_control" ]; then
  say holds yes
  say standby "$([ ! -e "$data/standby.signal" ] || echo yes)"
  say tablespaces "$(find "$data/pg_tblspc" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)"
  own "$bin/pg_controldata" "$data" | sed 's/^/control /'
  wal | grep -E '^[0-9A-F]{24}(\.partial)?$' | cut -c 1-8 | sort -u |
    while read -r line; do
      say line "$line"
      own cat "$data/pg_wal/$line.history" | sed "s/^/history $line /"
    done
  say oldest "$(wal | grep -E '^[0-9A-F]{24}$' | cut -c 9- | sort | head -n 1)"
  if own "$bin/pg_ctl" -D "$data" status >/dev/null; then
    say running yes
    say answers "$(sql "select json_build_object(
      'recovery', case when pg_is_in_recovery() then 'yes' else 'no' end,
      'at', case when pg_is_in_recovery() then greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) else pg_current_wal_flush_lsn() end,
      'names', current_setting('synchronous_standby_names'),
      'commit', current_setting('synchronous_commit'),
      'size', (select sum(pg_tablespace_size(oid)) from pg_tablespace)::bigint,
      'receives', coalesce((select status from pg_stat_wal_receiver), 'no'),
      'standbys', coalesce((select json_object_agg(application_name, json_build_object('state', state, 'sync', sync_state, 'at', flush_lsn)) from pg_stat_replication where application_name <> 'pg_basebackup'), '{}'),
      'slots', coalesce((select json_object_agg(slot_name, json_build_object('wal', coalesce(wal_status, 'none'))) from pg_replication_slots), '{}'))")"
  elif [ -s "$config" ]; then
    setting() { own "$bin/postgres" -C "$1" -D "$data" -c "config_file=$config"; }
    say names "$(setting synchronous_standby_names)"
    say commit "$(setting synchronous_commit)"
  fi
fi
:
