# Debian's PostgreSQL and pgpool as packages that are called, placed and started as those of PostgreSQL's
# archive for Red Hat, signed and served; and a distribution whose module hides them.
set -e
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
apt-get -y -q --no-install-recommends install busybox-static createrepo-c gpg gpg-agent
mkdir -p /srv/made/tree /srv/yum/keys
cd /srv/made
apt-get -q download postgresql-17 postgresql-client-17 pgpool2 libpgpool2
for deb in *.deb; do dpkg-deb -x "$deb" tree; done
of() { version=$(dpkg-deb -f "$1"_*.deb Version) && echo "${version%%-*}"; }

server=root/server client=root/client pgpool=root/pgpool pcp=root/pcp units=usr/lib/systemd/system
mkdir -p $server/usr/pgsql-17/bin $server/$units $server/usr/lib/tmpfiles.d $server/usr/share/postgresql \
  $client/usr/pgsql-17/bin $client/usr/bin $pgpool/usr/bin $pgpool/$units $pgpool/etc/sysconfig $pgpool/etc/pgpool-II \
  $pcp/usr/bin $pcp/usr/lib
theirs=tree/usr/lib/postgresql/17
mv $theirs/bin/psql $theirs/bin/pg_basebackup $client/usr/pgsql-17/bin
ln -s ../pgsql-17/bin/psql $client/usr/bin/psql
mv $theirs/bin/* $server/usr/pgsql-17/bin
rm -rf $theirs/lib/llvmjit.so $theirs/lib/bitcode
mv $theirs/lib $server/usr/pgsql-17
mv tree/usr/share/postgresql/17 $server/usr/share/postgresql
mv tree/usr/sbin/pcp_* $pcp/usr/bin
mv tree/usr/lib/libpcp.so* $pcp/usr/lib
mv tree/usr/sbin/pgpool tree/usr/sbin/pg_enc $pgpool/usr/bin
echo '# a sample' >$pgpool/etc/pgpool-II/pgpool.conf.sample
# To the background, and forgetting which nodes are detached: what comes with the package must not count.
echo 'OPTS=" -D"' >$pgpool/etc/sysconfig/pgpool-II
echo 'd /run/postgresql 0755 postgres postgres -' >$server/usr/lib/tmpfiles.d/postgresql-17.conf
cat >$server/$units/postgresql-17.service <<'U'
[Unit]
Description=PostgreSQL 17 database server
After=network.target
[Service]
Type=notify
User=postgres
Group=postgres
Environment=PGDATA=/var/lib/pgsql/17/data/
ExecStartPre=/usr/bin/test -s ${PGDATA}/PG_VERSION
ExecStart=/usr/pgsql-17/bin/postgres -D ${PGDATA}
ExecReload=/bin/kill -HUP $MAINPID
KillMode=mixed
KillSignal=SIGINT
TimeoutSec=0
[Install]
WantedBy=multi-user.target
U
cat >$pgpool/$units/pgpool-II.service <<'U'
[Unit]
Description=PGPool-II Middleware Between PostgreSQL Servers And PostgreSQL Database Clients
After=network.target
[Service]
User=postgres
EnvironmentFile=-/etc/sysconfig/pgpool-II
ExecStart=/usr/bin/pgpool -f /etc/pgpool-II/pgpool.conf $OPTS
ExecStop=/usr/bin/pgpool -f /etc/pgpool-II/pgpool.conf -m fast stop
ExecReload=/bin/kill -HUP $MAINPID
KillMode=mixed
KillSignal=SIGINT
[Install]
WantedBy=multi-user.target
U

cat >made.spec <<S
%define debug_package %{nil}
%global __os_install_post %{nil}
%define _binary_payload w1.gzdio
%define user getent group postgres >/dev/null || groupadd -r postgres; getent passwd postgres >/dev/null || useradd -M -g postgres -r -d /var/lib/pgsql -s /bin/bash postgres
Name: postgresql17
Version: $(of postgresql-17)
Release: 1PGDG.rhel9
Summary: PostgreSQL's programs
License: PostgreSQL
AutoReqProv: no
%description
Made of Debian's.
%package server
Summary: The server
AutoReqProv: no
Requires: postgresql17 = %{version}-%{release}
%description server
Made of Debian's.
%package contrib
Summary: More of it
AutoReqProv: no
%description contrib
Made of Debian's.
%package -n pgpool-II
Version: $(of pgpool2)
Summary: pgpool
AutoReqProv: no
%description -n pgpool-II
Made of Debian's.
%package -n pgpool-II-pcp
Version: $(of pgpool2)
Summary: Its commands
AutoReqProv: no
%description -n pgpool-II-pcp
Made of Debian's.
%package -n openssh-clients
Summary: ssh
AutoReqProv: no
%description -n openssh-clients
Debian's is there.
%package -n bash
Summary: A shell
AutoReqProv: no
Provides: /bin/sh
%description -n bash
Debian's is there.
%install
cp -a /srv/made/root/*/. %{buildroot}
mkdir -p %{buildroot}/var/lib/pgsql/17/data
%pre server
%user
%post server
systemctl daemon-reload
systemd-tmpfiles --create postgresql-17.conf
%pre -n pgpool-II
%user
%post -n pgpool-II
systemctl daemon-reload
%post -n pgpool-II-pcp
ldconfig
%files
/usr/pgsql-17/bin/psql
/usr/pgsql-17/bin/pg_basebackup
/usr/bin/psql
%files server -f /srv/made/server.list
/usr/pgsql-17/lib
/usr/share/postgresql
/$units/postgresql-17.service
/usr/lib/tmpfiles.d/postgresql-17.conf
%attr(700,postgres,postgres) %dir /var/lib/pgsql
%attr(700,postgres,postgres) %dir /var/lib/pgsql/17
%attr(700,postgres,postgres) %dir /var/lib/pgsql/17/data
%files contrib
%files -n pgpool-II
/usr/bin/pgpool
/usr/bin/pg_enc
/etc/pgpool-II
/etc/sysconfig/pgpool-II
/$units/pgpool-II.service
%files -n pgpool-II-pcp
/usr/bin/pcp_*
/usr/lib/libpcp*
%files -n openssh-clients
%files -n bash
S
ls $server/usr/pgsql-17/bin | sed 's,^,/usr/pgsql-17/bin/,' >server.list
rpmbuild --quiet -bb --define '_topdir /srv/made/build' --define '_rpmdir /srv/made/rpms' made.spec
export GNUPGHOME=/srv/made/keys
mkdir -m 700 $GNUPGHOME
gpg --batch --quiet --passphrase '' --quick-generate-key archive rsa2048 sign never
gpg --armor --export >/srv/yum/keys/PGDG-RPM-GPG-KEY-RHEL
gpg --list-keys --with-colons | sed -n '/^fpr/{s/[fpr:]//g;p;q}' >/srv/yum/fingerprint
rpmsign --define '_gpg_name archive' --addsign rpms/*/*.rpm >/dev/null
gpgconf --kill gpg-agent
major=/srv/yum/17/redhat/rhel-9-x86_64 common=/srv/yum/common/redhat/rhel-9-x86_64 base=/srv/yum/appstream
mkdir -p $major $common $base
mv rpms/*/postgresql17-*.rpm $major
mv rpms/*/pgpool*.rpm $common
mv rpms/*/*.rpm $base
for folder in $major $common $base; do createrepo_c --quiet $folder; done
cat >modules.yaml <<'M'
---
document: modulemd
version: 2
data:
  name: postgresql
  stream: "16"
  version: 1
  context: lab
  arch: x86_64
  summary: PostgreSQL
  description: PostgreSQL
  license: {module: [MIT]}
  artifacts: {rpms: ["postgresql17-server-0:17.0-1.module.x86_64"]}
...
---
document: modulemd-defaults
version: 1
data: {module: postgresql, stream: "16"}
...
M
modifyrepo_c --mdtype=modules modules.yaml $base/repodata >/dev/null
busybox httpd -p 10.77.56.14:8000 -h /srv/yum
