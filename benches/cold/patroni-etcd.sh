#!/usr/bin/env bash
# What a person who knows the way would write by hand: Patroni on three nodes with etcd, HAProxy, a
# client, TLS everywhere; one script a host, all hosts at once. It can be run once, on bare hosts,
# and looks after nothing. usage: patroni-etcd.sh SSH_CONFIG
set -euo pipefail
ssh_config=${1:?usage: patroni-etcd.sh SSH_CONFIG}
nodes=(pg-a pg-b pg-c)
. "$(dirname "$(realpath "$0")")/by-hand.sh"

cluster='' endpoints=''
for node in "${nodes[@]}"; do
    cluster+="${cluster:+,}$node=https://${address[$node]}:2380"
    endpoints+="${endpoints:+, }'${address[$node]}:2379'"
done

node_script() {
    local me=$1
    host_head "$me"
    cat <<EOT
ln -sf /dev/null /etc/systemd/system/etcd.service
install_packages postgresql-17 patroni python3-etcd python3-psycopg2 etcd-server etcd-client curl
tls etcd etcd; tls pg-cluster postgres
cat > /etc/default/etcd <<CONF
ETCD_NAME=$me
ETCD_DATA_DIR=/var/lib/etcd/cluster
ETCD_LISTEN_PEER_URLS=https://${address[$me]}:2380
ETCD_LISTEN_CLIENT_URLS=https://${address[$me]}:2379,https://127.0.0.1:2379
ETCD_INITIAL_ADVERTISE_PEER_URLS=https://${address[$me]}:2380
ETCD_ADVERTISE_CLIENT_URLS=https://${address[$me]}:2379
ETCD_INITIAL_CLUSTER=$cluster
ETCD_INITIAL_CLUSTER_STATE=new
ETCD_INITIAL_CLUSTER_TOKEN=main
ETCD_CERT_FILE=/etc/etcd/tls/server.crt
ETCD_KEY_FILE=/etc/etcd/tls/server.key
ETCD_TRUSTED_CA_FILE=/etc/etcd/tls/ca.crt
ETCD_CLIENT_CERT_AUTH=true
ETCD_PEER_CERT_FILE=/etc/etcd/tls/server.crt
ETCD_PEER_KEY_FILE=/etc/etcd/tls/server.key
ETCD_PEER_TRUSTED_CA_FILE=/etc/etcd/tls/ca.crt
ETCD_PEER_CLIENT_CERT_AUTH=true
CONF
rm /etc/systemd/system/etcd.service; systemctl daemon-reload
systemctl enable --quiet --now etcd
# Patroni asks for the version only once: before the members agreed on it, it gives up for seconds.
until curl -sf --cacert /etc/etcd/tls/ca.crt --cert /etc/etcd/tls/server.crt --key /etc/etcd/tls/server.key \
    https://127.0.0.1:2379/version | grep -q '"etcdcluster":"3\.[1-9]'; do sleep 0.2; done
EOT
    patroni "$me" "etcd3:
  hosts: [$endpoints]
  protocol: https
  cacert: /etc/pg-cluster/tls/ca.crt
  cert: /etc/pg-cluster/tls/server.crt
  key: /etc/pg-cluster/tls/server.key"
}

build
