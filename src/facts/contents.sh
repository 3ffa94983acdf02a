LC_ALL=C; export LC_ALL
command -v dpkg-deb >/dev/null && own=$(dpkg --print-architecture) || exit 0
cache=/var/cache/apt/archives/ lists=/var/lib/apt/lists/
eval "$(apt-config shell cache Dir::Cache::archives/d lists Dir::State::lists/d 2>/dev/null)"
data() { dpkg-deb --fsys-tarfile "$deb" 2>/dev/null; }
# What is in a package that was fetched: its configuration files, whether it has scripts that run when it
# comes, what tar says of each path, and the small texts that decide what comes of it.
of() {
    for deb in "$cache$1_$2_$own.deb" "$cache$1_$2_all.deb"; do
        [ -r "$deb" ] && all=$(data | tar -tv --quoting-style=literal) && [ "$all" ] || continue
        printf 'package %s\n' "$1"
        scripts=$(dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./preinst ./postinst 2>/dev/null)
        [ ! "$scripts" ] || echo scripts
        printf '%s\n' "$scripts" | grep -E 'chown|chmod|chgrp|statoverride|setfacl' | sed 's/^/owns /'
        conf=$(dpkg-deb -I "$deb" conffiles 2>/dev/null | sed -n 's|^/|./|p')
        [ ! "$conf" ] || printf '%s\n' "$conf" | sed 's/^/conffile /'
        printf '%s\n' "$all" | sed 's/^/entry /'
        [ "$conf" ] || case $all in */sysusers.d/* | */systemd/system/*) ;; *) return ;; esac
        IFS='
'
        set -f
        set -- './usr/lib/sysusers.d/*.conf' './usr/lib/systemd/system/*' './lib/systemd/system/*' $conf
        unset IFS
        set +f
        data | tar -x --wildcards --to-command='if [ "$TAR_SIZE" -le 65536 ]; then
            printf "text %s %s\n" "$TAR_SIZE" "$TAR_FILENAME"; cat; echo; else cat >/dev/null; fi' -- "$@" 2>/dev/null
        return
    done
    missing="$missing $1"
}
# Of one that was not, the lists of contents that apt-file keeps tell the paths.
listed() {
    for name in $missing; do set -- "$@" -e "/$name"; done
    export missing
    for list in "$lists"*Contents-"$own"* "$lists"*Contents-all*; do
        case $list in *diff_Index) continue ;; esac
        [ ! -r "$list" ] || /usr/lib/apt/apt-helper cat-file "$list"
    done 2>/dev/null | grep -F "$@" | awk '
        BEGIN { n = split(ENVIRON["missing"], names, " "); for (i = 1; i <= n; i++) wanted[names[i]] = 1 }
        {
            n = split($NF, all, ","); path = $0; sub(/[ \t]+[^ \t]+$/, "", path)
            for (i = 1; i <= n; i++) { sub(/.*\//, "", all[i]); if (all[i] in wanted) print "listed " all[i] " /" path }
        }'
}
missing=
