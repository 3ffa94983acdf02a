#!/bin/sh
# Makes a fresh clone of a box a machine of the lab: a name, an identity and a login of its own, and a
# disk for the folder that shall be small. Runs inside, as root; run again it changes nothing.
set -eu

# What clones share: journals, DHCP and etcd's members would take two machines for one.
identity() {
    [ -e /etc/trueup-lab/identity ] && return
    rm -f /var/lib/dbus/machine-id
    tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id.new
    chmod 444 /etc/machine-id.new
    mv /etc/machine-id.new /etc/machine-id
    [ ! -d /var/lib/dbus ] || ln -s /etc/machine-id /var/lib/dbus/machine-id
    systemctl restart systemd-journald
    rm -f /etc/ssh/ssh_host_*
    ssh-keygen -q -A
    # A reload keeps the connection that this runs over.
    systemctl reload ssh 2>/dev/null || systemctl reload sshd
    mkdir -p /etc/trueup-lab
    touch /etc/trueup-lab/identity
}

# The host's name stands for its address in the lab: for 127.0.1.1, as boxes have it, PostgreSQL and
# etcd would listen where nobody else can hear.
name() {
    [ "$(cat /etc/hostname)" = "$LAB_HOST" ] || echo "$LAB_HOST" >/etc/hostname
    [ "$(uname -n)" = "$LAB_HOST" ] || hostname "$LAB_HOST"
    # cloud-init writes its own at each boot, unless it is told not to.
    if [ -d /etc/cloud/cloud.cfg.d ]; then
        printf 'preserve_hostname: true\nmanage_etc_hosts: false\n' >/etc/cloud/cloud.cfg.d/99-trueup-lab.cfg
    fi
    {
        # Also what an earlier run wrote.
        sed -e '/^127\.0\.[0-9]*\.[1-9][0-9]*[[:space:]]/{/^127\.0\.0\.1[[:space:]]/!d;}' \
            -e '/# trueup lab$/d' /etc/hosts
        echo "${LAB_ADDRESSES%% *} $LAB_HOST # trueup lab"
    } >/etc/hosts.new
    cmp -s /etc/hosts.new /etc/hosts || cat /etc/hosts.new >/etc/hosts
    rm -f /etc/hosts.new
}

# `vagrant` stays: it is the way of Vagrant itself.
login() {
    if [ "$LAB_LOGIN" = bare ]; then
        user=root home=/root
    else
        user=lab home=/home/lab
        id lab >/dev/null 2>&1 || useradd --create-home --shell /bin/bash --user-group lab
        if [ ! -e /etc/sudoers.d/lab ]; then
            (umask 227 && echo 'lab ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/lab.new)
            mv /etc/sudoers.d/lab.new /etc/sudoers.d/lab
        fi
    fi
    [ -d "$home/.ssh" ] || install -d -m 700 -o "$user" -g "$user" "$home/.ssh"
    keys=$home/.ssh/authorized_keys
    if ! grep -qxF "$LAB_KEY" "$keys" 2>/dev/null; then
        echo "$LAB_KEY" >>"$keys"
        chmod 600 "$keys"
        chown "$user:$user" "$keys"
    fi
}

# The disk is known by its size, as no name of it is the same with every provider.
disk() {
    [ -n "$LAB_DISK_PATH" ] || return 0
    if ! blkid -L lab-disk >/dev/null; then
        bytes=$((LAB_DISK_MIB * 1048576)) found=
        for block in /sys/block/[sv]d*; do
            device=/dev/${block##*/}
            [ "$(cat "$block/size")" = $((bytes / 512)) ] || continue
            [ -z "$(blkid -p "$device" || :)" ] && found=$device
        done
        if [ -z "$found" ]; then
            echo "there is no empty disk of $LAB_DISK_MIB MiB for $LAB_DISK_PATH: with VirtualBox this needs Vagrant 2.4, or VAGRANT_EXPERIMENTAL=disks" >&2
            exit 1
        fi
        mke2fs -q -t ext4 -L lab-disk "$found"
        udevadm settle
    fi
    mkdir -p "$LAB_DISK_PATH"
    grep -q '^LABEL=lab-disk ' /etc/fstab || echo "LABEL=lab-disk $LAB_DISK_PATH ext4 defaults 0 2" >>/etc/fstab
    mountpoint -q "$LAB_DISK_PATH" || mount "$LAB_DISK_PATH"
}

# Vagrant has given them; a machine that lacks one would be found out much later.
addresses() {
    for address in $LAB_ADDRESSES; do
        if ! ip -4 -o address show up | grep -qF " $address/"; then
            echo "no network interface has the address $address: see \`ip address\` inside, and docs/vagrant.md" >&2
            exit 1
        fi
    done
}

identity
name
login
disk
addresses
