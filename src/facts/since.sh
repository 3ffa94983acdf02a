LC_ALL=C; export LC_ALL
# One line: which matter, when (seconds since 1970; - for what stands beside it), what the host knows.
said() { printf '%s\t%s\t%s\n' "$n" "$1" "$2"; }
entries() {
    command -v journalctl >/dev/null 2>&1 || return 0
    from=$1 to=$2; shift 2
    journalctl -q --no-pager -o short-unix --since "@$from" --until "@$to" "$@" 2>/dev/null
}
# Who named it to sudo in the hour before, else who was logged in. Of a command no more is told than
# its program: its words may hold a secret.
by() {
    at=$1 name=$2; export at name
    who=$(entries $((at - 3600)) $((at + 2)) -t sudo | awk '
        BEGIN {
            name = ENVIRON["name"]; base = name; sub(/.*\//, "", base)
            folder = substr(name, 1, length(name) - length(base) - 1)
        }
        (c = index($0, " COMMAND=")) && c > 0 {
            command = substr($0, c + 9); pwd = substr($0, 1, c - 1)
            sub(/.* PWD=/, "", pwd); sub(/ ; .*/, "", pwd)
            if (!index(command, name) && !(folder != "" && pwd == folder && index(command, base))) next
            sub(/ .*/, "", command); found = $4 ": sudo " command " ... " base
        }
        END { if (found != "") print found }')
    [ "$who" ] || who=$(entries $((at - 86400)) $((at + 1)) -t sshd -t sshd-session -t login | awk '
        { pid = $3; sub(/^[^[]*\[/, "", pid); sub(/\].*/, "", pid) }
        $4 == "Accepted" && $6 == "for" && $8 == "from" {
            key = $NF ~ /^SHA256:/ ? " with " $NF : ""; there[pid] = $7 " from " $9 key
        }
        $3 ~ /^login/ && $5 == "session" && $6 == "opened" {
            user = $9; sub(/\(.*/, "", user); there[pid] = user " at the console"
        }
        $4 ~ /^pam_unix/ && $5 == "session" && $6 == "closed" && $1 < ENVIRON["at"] - 1 { delete there[pid] }
        END {
            for (pid in there) if (!told[there[pid]]++) all = all (all == "" ? "" : ", ") there[pid]
            if (all != "") print "logged in then: " all
        }')
    [ ! "$who" ] || said - "$who"
}
path() {
    p=$1 named=$1
    while [ "$p" ] && [ ! -e "$p" ] && [ ! -L "$p" ]; do named=$p p=${p%/*}; done
    p=${p:-/}
    if [ "$p" = "$1" ]; then
        at=$(stat -L -c %Z -- "$p" 2>/dev/null || stat -c %Z -- "$p" 2>/dev/null) how="last changed"
    else
        at=$(stat -L -c %Y -- "$p" 2>/dev/null) how="not there; $p last changed"
    fi
    [ "$at" ] || return 0
    said "$at" "$how"
    by "$at" "$named"
}
runs() {
    state= up= down= result= status=
    while IFS='=' read -r key value; do
        case $key in
            ActiveState) state=$value ;;
            ActiveEnterTimestamp) up=${value#@} ;;
            InactiveEnterTimestamp) down=${value#@} ;;
            Result) result=$value ;;
            ExecMainStatus) status=$value ;;
        esac
    done <<EOT
$(systemctl show --no-pager --timestamp=unix \
    -p ActiveState,ActiveEnterTimestamp,InactiveEnterTimestamp,Result,ExecMainStatus -- "$1" 2>/dev/null)
EOT
    case $state in
        active | reloading) at=$up how=running ;;
        *) at=$down how=stopped ;;
    esac
    case $result in '' | success) ;; *) how="$how ($result $status)" ;; esac
    case $at in
        [1-9]*) said "$at" "$how"; by "$at" "${1%.service}" ;;
        *) [ "$how" = running ] || said - 'not started since the host booted' ;;
    esac
}
enabled() {
    at=$(stat -c %Y /etc/systemd/system /etc/systemd/system/*.wants 2>/dev/null | sort -n | tail -n 1)
    [ "$at" ] || return 0
    said "$at" 'what starts at boot was last changed'
    by "$at" "${1%.service}"
}
package() {
    name=$1; export name
    line=$(cat /var/log/dpkg.log.1 /var/log/dpkg.log 2>/dev/null | awk '
        $3 ~ /^(install|upgrade|remove|purge)$/ && ($4 == ENVIRON["name"] || index($4, ENVIRON["name"] ":") == 1) { last = $0 }
        END { if (last != "") print last }')
    if [ ! "$line" ]; then
        # Of what is not installed rpm says that in words.
        at=$(rpm -q --qf '%{INSTALLTIME}\n' -- "$1" 2>/dev/null | sort -n | tail -n 1)
        case $at in [1-9]*) said "$at" 'rpm: installed'; by "$at" "$1" ;; esac
        return 0
    fi
    IFS=' ' read -r day time what _ <<EOT
$line
EOT
    at=$(date -d "$day $time" +%s 2>/dev/null) || return 0
    said "$at" "dpkg: $what"
    asked=$(awk '
        BEGIN { RS = ""; FS = "\n" }
        {
            hit = 0; command = ""; user = ""
            for (i = 1; i <= NF; i++) {
                if ($i ~ /^(Install|Upgrade|Remove|Purge|Reinstall|Downgrade): / && index(" " $i, " " ENVIRON["name"] ":")) hit = 1
                if ($i ~ /^Commandline: /) command = substr($i, 14)
                if ($i ~ /^Requested-By: /) user = " of " substr($i, 15)
            }
            if (hit) last = command user
        }
        END { if (last != "") print last }' /var/log/apt/history.log 2>/dev/null)
    if [ "$asked" ]; then said - "by $asked"; else by "$at" "$1"; fi
}
account() {
    name=$1; export name
    line=$(entries 0 "$(date +%s)" -t useradd -t userdel -t usermod -t groupadd -t groupdel -t groupmod \
        -t gpasswd -t passwd -t chpasswd -t chage | awk '
        {
            text = $0; gsub(/[^A-Za-z0-9_.$-]+/, " ", text)
            if (index(text " ", " " ENVIRON["name"] " ")) last = $0
        }
        END { if (last != "") print last }')
    [ "$line" ] || return 0
    IFS=' ' read -r at _ tag text <<EOT
$line
EOT
    at=${at%.*}
    said "$at" "${tag%%[*}: $text"
    by "$at" "$1"
}
