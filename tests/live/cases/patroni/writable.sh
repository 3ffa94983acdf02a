# Asks this node ten times a second whether it is writable, that is whether it acknowledges a
# synchronous commit, and writes down each commit so acknowledged: w TIMELINE BEGUN ACKNOWLEDGED.
# The session is kept: a new one for each question would be all that the machine does.
while :; do
  stdbuf -oL psql -XAtq -F ' ' -d postgres 2> /dev/null << 'SQL' | while read -r words; do
\set ON_ERROR_STOP on
select * from writable() \watch 0.1
SQL
    case $words in 'w '*) echo "$words $EPOCHREALTIME" ;; esac
  done
  sleep 0.1
done
