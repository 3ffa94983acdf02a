#!/usr/bin/env bash
# What a person who knows the way would write by hand: Patroni on two nodes with ZooKeeper, whose
# third member is on the proxy's host, HAProxy, a client, TLS everywhere; one script a host, all
# hosts at once. It can be run once, on bare hosts, and looks after nothing.
# usage: patroni-zookeeper.sh SSH_CONFIG
set -euo pipefail
ssh_config=${1:?usage: patroni-zookeeper.sh SSH_CONFIG}
nodes=(pg-a pg-b)
. "$(dirname "$(realpath "$0")")/by-hand.sh"

members=("${nodes[@]}" proxy)
endpoints='' servers=''
for id in 1 2 3; do
    member=${members[id - 1]}
    endpoints+="${endpoints:+, }'${address[$member]}:2281'"
    servers+="server.$id=${address[$member]}:2888:3888"$'\n'
done

zookeeper() {
    local me=$1 id=$2
    cat <<EOT
adduser --system --group --quiet --no-create-home --home /var/lib/zookeeper zookeeper 2> /dev/null || useradd --system --user-group --no-create-home --home-dir /var/lib/zookeeper zookeeper
mkdir -p /var/lib/zookeeper/data /etc/zookeeper
tls zookeeper zookeeper
(umask 077; cat /etc/zookeeper/tls/server.key /etc/zookeeper/tls/server.crt > /etc/zookeeper/tls/server.pem)
chown zookeeper:zookeeper /etc/zookeeper/tls/server.pem
echo $id > /var/lib/zookeeper/data/myid
chown -R zookeeper:zookeeper /var/lib/zookeeper/data; chmod 0750 /var/lib/zookeeper/data
cat > /etc/zookeeper/zoo.cfg <<'CONF'
tickTime=2000
initLimit=10
syncLimit=5
dataDir=/var/lib/zookeeper/data
autopurge.snapRetainCount=3
autopurge.purgeInterval=1
secureClientPort=2281
secureClientPortAddress=${address[$me]}
serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory
ssl.clientAuth=need
ssl.keyStore.type=PEM
ssl.keyStore.location=/etc/zookeeper/tls/server.pem
ssl.trustStore.type=PEM
ssl.trustStore.location=/etc/zookeeper/tls/ca.crt
sslQuorum=true
ssl.quorum.clientAuth=need
ssl.quorum.keyStore.type=PEM
ssl.quorum.keyStore.location=/etc/zookeeper/tls/server.pem
ssl.quorum.trustStore.type=PEM
ssl.quorum.trustStore.location=/etc/zookeeper/tls/ca.crt
4lw.commands.whitelist=srvr
admin.enableServer=false
$servers
CONF
cat > /etc/systemd/system/zookeeper.service <<'UNIT'
[Unit]
After=network-online.target
[Service]
User=zookeeper
ExecStart=/usr/bin/java -Xmx256m -cp /usr/share/java/zookeeper.jar:/usr/share/java/netty-codec.jar:/usr/share/java/netty-resolver.jar:/usr/share/java/netty-transport-native-unix-common.jar:/usr/share/java/slf4j-simple.jar org.apache.zookeeper.server.quorum.QuorumPeerMain /etc/zookeeper/zoo.cfg
Restart=always
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload; systemctl enable --quiet --now zookeeper
until echo srvr | timeout 3 openssl s_client -quiet -connect ${address[$me]}:2281 -CAfile /etc/zookeeper/tls/ca.crt \\
    -cert /etc/zookeeper/tls/server.pem -key /etc/zookeeper/tls/server.pem 2> /dev/null | grep -q ^Mode; do sleep 0.2; done
EOT
}
zookeeper_packages='libzookeeper-java default-jre-headless openssl'

node_script() {
    local me=$1 id=1
    [ "$me" = "${nodes[0]}" ] || id=2
    host_head "$me"
    echo "install_packages postgresql-17 patroni python3-kazoo python3-psycopg2 curl $zookeeper_packages"
    echo "tls pg-cluster postgres"
    zookeeper "$me" "$id"
    patroni "$me" "zookeeper:
  hosts: [$endpoints]
  use_ssl: true
  verify: true
  cacert: /etc/pg-cluster/tls/ca.crt
  cert: /etc/pg-cluster/tls/server.crt
  key: /etc/pg-cluster/tls/server.key"
}

# The proxy's host carries the third member.
proxy_packages=$zookeeper_packages
proxy_more() { zookeeper proxy 3; }

build
