# Holds what was acknowledged against what is there: LOST FOREIGN ACKNOWLEDGED.
set -e
cd /root
psql -XAtq service=app -F ' ' -c 'select worker, row from ledger' | sort > there
for file in ledger.*; do sed -n "s/^ack \([0-9]*\) .*/${file#ledger.} \1/p" "$file"; done | sort > acknowledged
for file in ledger.*; do sed -n "s/^[a-z]* \([0-9]*\) .*/${file#ledger.} \1/p" "$file"; done | sort > tried
echo "$(comm -23 acknowledged there | wc -l) $(comm -23 there tried | wc -l) $(wc -l < acknowledged)"
