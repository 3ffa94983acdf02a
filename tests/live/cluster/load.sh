# Four sessions insert numbered rows through the entry until the file /root/stop is there, and write
# down for each how it ended. Only `ack` claims that the row is kept; everything else is unknown.
rm -f /root/stop /root/ledger.*
worker=1
while [ "$worker" -le 4 ]; do
  (
    row=0
    until [ -e /root/stop ]; do
      row=$((row + 1))
      complaint=$(timeout 30 psql -q service=app -c "insert into ledger values ($worker, $row)" 2>&1)
      if [ $? -eq 0 ] && [ -z "$complaint" ]; then word=ack; else word=unknown; fi
      echo "$word $row $(date +%s.%N)" >> "/root/ledger.$worker"
      [ "$word" = ack ] || sleep 0.2
    done
  ) &
  worker=$((worker + 1))
done
wait
