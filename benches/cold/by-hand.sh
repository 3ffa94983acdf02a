# What the scripts of this folder share: certificates by openssl, the head of a host's script,
# Patroni, HAProxy, the client, and the run of all hosts at once. Wants $ssh_config, the list
# $nodes, and the function node_script.
declare -A address
for host in "${nodes[@]}" proxy client; do
    address[$host]=$(ssh -F "$ssh_config" -G "$host" | sed -n 's/^hostname //p')
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
word() { openssl rand -hex 16; }
postgres=$(word) replicator=$(word) rewind=$(word) monitor=$(word) app=$(word)

certificates() {
    cd "$work"
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ca.key 2>/dev/null
    openssl req -x509 -new -key ca.key -subj '/CN=by hand' -days 3650 -out ca.crt 2>/dev/null
    local host
    for host in "${!address[@]}"; do
        openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$host.key" 2>/dev/null
        openssl req -new -key "$host.key" -subj "/CN=$host" -out "$host.csr" 2>/dev/null
        printf 'subjectAltName=DNS:%s,DNS:localhost,DNS:proxy,IP:%s,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n' \
            "$host" "${address[$host]}" >"$host.ext"
        openssl x509 -req -in "$host.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -extfile "$host.ext" -out "$host.crt" 2>/dev/null
    done
    cd - >/dev/null
}

# What else the proxy's host carries.
proxy_packages=
proxy_more() { :; }

# What every host's script begins with. The certificates travel in the script, over stdin.
host_head() {
    local me=$1 host
    cat <<EOT
set -eu
umask 022
export DEBIAN_FRONTEND=noninteractive
cat >> /etc/hosts <<HOSTS
$(for host in "${!address[@]}"; do echo "${address[$host]} $host"; done)
HOSTS
install_packages() {
    mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/none.conf
    apt-get -qq update
    apt-get -qq install -y --no-install-recommends "\$@" > /dev/null
}
tls() {
    mkdir -p /etc/\$1/tls
    cat > /etc/\$1/tls/ca.crt <<'PEM'
$(cat "$work/ca.crt")
PEM
    cat > /etc/\$1/tls/server.crt <<'PEM'
$(cat "$work/$me.crt")
PEM
    (umask 077; cat > /etc/\$1/tls/server.key) <<'PEM'
$(cat "$work/$me.key")
PEM
    chown "\$2" /etc/\$1/tls/server.key
}
EOT
}

patroni() {
    local me=$1 coordinator=$2
    cat <<EOT
cat > /etc/patroni/config.yml <<'CONF'
scope: main
namespace: /service/
name: $me
restapi:
  listen: ${address[$me]}:8008
  connect_address: ${address[$me]}:8008
  certfile: /etc/pg-cluster/tls/server.crt
  keyfile: /etc/pg-cluster/tls/server.key
  cafile: /etc/pg-cluster/tls/ca.crt
  verify_client: optional
ctl:
  cacert: /etc/pg-cluster/tls/ca.crt
  certfile: /etc/pg-cluster/tls/server.crt
  keyfile: /etc/pg-cluster/tls/server.key
$coordinator
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 2
    retry_timeout: 9
    synchronous_mode: true
    failsafe_mode: true
    postgresql:
      use_pg_rewind: true
      use_slots: true
      parameters: {max_connections: 100, shared_buffers: 128MB, wal_log_hints: 'on'}
  initdb: [{encoding: UTF8}, {locale: C.UTF-8}, data-checksums]
postgresql:
  listen: ${address[$me]},127.0.0.1:5432
  connect_address: ${address[$me]}:5432
  data_dir: /var/lib/postgresql/17/main
  bin_dir: /usr/lib/postgresql/17/bin
  pgpass: /var/lib/postgresql/.pgpass-patroni
  use_unix_socket: true
  basebackup: [{checkpoint: fast}]
  authentication:
    superuser: {username: postgres, password: $postgres}
    replication: {username: replicator, password: $replicator, sslmode: verify-full, sslrootcert: /etc/pg-cluster/tls/ca.crt}
    rewind: {username: rewind, password: $rewind, sslmode: verify-full, sslrootcert: /etc/pg-cluster/tls/ca.crt}
  parameters:
    unix_socket_directories: /var/run/postgresql
    ssl: 'on'
    ssl_ca_file: /etc/pg-cluster/tls/ca.crt
    ssl_cert_file: /etc/pg-cluster/tls/server.crt
    ssl_key_file: /etc/pg-cluster/tls/server.key
  pg_hba:
  - local all postgres peer
  - hostssl replication replicator ${address[$me]%.*}.0/24 scram-sha-256
  - hostssl postgres rewind,monitor ${address[$me]%.*}.0/24 scram-sha-256
  - hostssl app app ${address[$me]%.*}.0/24 scram-sha-256
watchdog: {mode: automatic}
CONF
chown root:postgres /etc/patroni/config.yml; chmod 0640 /etc/patroni/config.yml
EOT
    # The first node's database is the cluster's: the others start when it leads.
    if [ "$me" != "${nodes[0]}" ]; then
        echo "until curl -sfo /dev/null --cacert /etc/pg-cluster/tls/ca.crt https://${address[${nodes[0]}]}:8008/primary; do sleep 0.2; done"
    fi
    echo "systemctl enable --quiet --now patroni"
    if [ "$me" = "${nodes[0]}" ]; then
        cat <<EOT
until curl -sfo /dev/null --cacert /etc/pg-cluster/tls/ca.crt https://${address[$me]}:8008/primary; do sleep 0.2; done
runuser -u postgres -- psql -Xq <<'SQL'
create role monitor login password '$monitor';
grant pg_monitor to monitor;
create role app login password '$app';
create database app owner app;
SQL
EOT
    fi
    echo "until curl -sfo /dev/null --cacert /etc/pg-cluster/tls/ca.crt https://${address[$me]}:8008/health; do sleep 0.2; done"
}

proxy_script() {
    host_head proxy
    local node check
    cat <<EOT
install_packages haproxy $proxy_packages
tls haproxy root
cat > /etc/haproxy/haproxy.cfg <<'CONF'
global
  user haproxy
  group haproxy
  maxconn 1000
defaults
  mode tcp
  timeout connect 4s
  timeout client 30m
  timeout server 30m
$(for check in primary:5432:writes replica:5433:reads; do
    IFS=: read -r path port name <<<"$check"
    echo "listen $name"
    echo "  bind ${address[proxy]}:$port"
    echo "  option httpchk OPTIONS /$path"
    echo "  http-check expect status 200"
    echo "  default-server inter 1s fall 2 rise 2 on-marked-down shutdown-sessions check check-ssl verify required ca-file /etc/haproxy/tls/ca.crt port 8008"
    for node in "${nodes[@]}"; do echo "  server $node ${address[$node]}:5432 verifyhost $node"; done
done)
CONF
systemctl restart haproxy
EOT
    proxy_more
}

client_script() {
    host_head client
    cat <<EOT
install_packages postgresql-client-17
tls pg-cluster root
echo 'proxy:5432:app:app:$app' > /root/.pgpass; chmod 0600 /root/.pgpass
until psql -Xqc 'select 1' 'host=proxy dbname=app user=app sslmode=verify-full sslrootcert=/etc/pg-cluster/tls/ca.crt connect_timeout=3' > /dev/null 2>&1; do sleep 0.2; done
EOT
}

# All hosts at once; fails when one of them does.
build() {
    certificates
    local host running=()
    for host in "${!address[@]}"; do
        case $host in
        proxy) proxy_script ;;
        client) client_script ;;
        *) node_script "$host" ;;
        esac >"$work/$host.sh"
        ssh -o BatchMode=yes -T -F "$ssh_config" "$host" 'if [ "$(id -u)" = 0 ]; then timeout 600 sh -s; else sudo timeout 600 sh -s; fi' <"$work/$host.sh" >"$work/$host.log" 2>&1 &
        running+=("$!:$host")
    done
    local failed=
    for host in "${running[@]}"; do
        wait "${host%%:*}" || { failed=yes; echo "${host#*:} failed:" >&2; tail -n 5 "$work/${host#*:}.log" >&2; }
    done
    [ -z "$failed" ]
}
