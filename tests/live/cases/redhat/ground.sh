# A Debian with Debian's dnf and rpm that says of itself that it is a Rocky Linux 9, and the libraries that
# PostgreSQL's programs need there.
set -e
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
apt-get -q update
libraries=$(apt-cache depends postgresql-17 postgresql-client-17 pgpool2 | sed -n 's/^ *Depends: \(lib.*\)/\1/p' | grep -v llvm | sort -u)
# shellcheck disable=SC2086
apt-get -y -q --no-install-recommends install dnf rpm $libraries
rm /etc/os-release
cat >/etc/os-release <<'O'
NAME="Rocky Linux"
VERSION="9.6 (Blue Onyx)"
ID="rocky"
ID_LIKE="rhel centos fedora"
VERSION_ID="9.6"
PLATFORM_ID="platform:el9"
O
mkdir -p /etc/yum.repos.d
cat >/etc/yum.repos.d/appstream.repo <<'R'
[appstream]
name=AppStream
baseurl=http://10.77.56.14:8000/appstream
gpgcheck=0
R
