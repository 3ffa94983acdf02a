# Asks this node ten times a second whether it is writable, that is whether it acknowledges a
# synchronous commit, and writes down each one that it did: TIMELINE BEGUN ACKNOWLEDGED, by the
# host's own clock; and once a second at least, that it asked, and had no answer up to then: - BEGUN
# NOW. It needs no table: a
# message in the log is a write like any other. A commit that waits for a standby is waited for, since
# a cancelled one is acknowledged although nobody has it. Nothing is asked beside it. Of what the
# server says besides, a warning above all, nothing counts.
export PGOPTIONS='-c synchronous_commit=on' PGAPPNAME='trueup drill' LC_ALL=C
psql=$(ls /usr/lib/postgresql/*/bin/psql /usr/pgsql-*/bin/psql 2> /dev/null | sort -V | tail -n 1)
question="select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) from (select case \
when pg_is_in_recovery() then null else pg_logical_emit_message(true, 'trueup', '') end as written) asked \
where written is not null;"
trap '' PIPE
last=0.000000
asked() {
  if ((10#${EPOCHREALTIME/./} - 10#${last/./} >= 1000000)); then
    last=$EPOCHREALTIME
    echo "- $begun $last"
  fi
}
while :; do
  coproc session {
    exec stdbuf -oL "${psql:-psql}" -XAtq -h /var/run/postgresql -p "$1" -d postgres 2>&1
  }
  exec {answers}<&"${session[0]}" {questions}>&"${session[1]}"
  while begun=$EPOCHREALTIME && printf '%s\n\\echo .\n' "$question" >&"$questions"; do
    timeline='' strange='' words=''
    while [ "$words" != . ]; do
      read -r -t 1 -u "$answers" words
      case $? in
        0) ;;
        1) break 2 ;;
        *) asked; words=''; continue ;;
      esac
      case $words in
        .) ;;
        [0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F]) timeline=$words ;;
        *) strange=yes ;;
      esac
    done
    if [ -n "$timeline" ] && [ -z "$strange" ]; then
      last=$EPOCHREALTIME
      echo "$timeline $begun $last"
    else
      asked
    fi
    sleep 0.1
  done 2> /dev/null
  exec {answers}<&- {questions}>&-
  wait
  asked
  sleep 0.2
done
