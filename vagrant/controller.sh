#!/bin/sh
# Makes of what was brought to /tmp a controller: the lab's keys, the repository, trueup. Runs inside, as
# the user who will work there; run again it changes only what is new.
# usage: controller.sh LAB
set -eu
lab=$1
state=$HOME/.local/state/trueup-labs/$lab
umask 077
mkdir -p "$state"
for file in key key.pub known_hosts; do
    install -m 600 "/tmp/$file" "$state/$file"
done
umask 022
mkdir -p "$HOME/trueup"
# What was changed in here stays, unless it was changed on the other side later.
tar --extract --gzip --file /tmp/trueup.tar.gz --directory "$HOME/trueup" --keep-newer-files --warning=no-ignore-newer
rm -f /tmp/key /tmp/key.pub /tmp/known_hosts /tmp/trueup.tar.gz /tmp/controller.sh

cd "$HOME/trueup"
archive=$(ls -t dist/trueup-*-"$(uname -m)"-linux.tar.gz 2>/dev/null | head -n 1)
if [ -n "$archive" ]; then
    binary=$(mktemp)
    tar --extract --gzip --to-stdout --file "$archive" --wildcards '*/bin/trueup' >"$binary"
    cmp -s "$binary" /usr/local/bin/trueup || sudo install -m 755 "$binary" /usr/local/bin/trueup
    rm -f "$binary"
else
    # Cargo knows by itself whether anything has changed.
    echo "no trueup for $(uname -m) in dist: building it, which takes a quarter of an hour the first time"
    if ! command -v cc >/dev/null; then
        sudo apt-get -qq update
        sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends gcc libc6-dev curl ca-certificates
    fi
    PATH=$PATH:$HOME/.cargo/bin
    command -v cargo >/dev/null ||
        curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -q -y --profile minimal
    cargo build --quiet --release --locked
    sudo install -m 755 target/release/trueup /usr/local/bin/trueup
fi
trueup --version
echo "next: vagrant ssh controller, cd trueup, trueup apply playbooks/pgpool.yml -i inventories/$lab"
