begin=$PWD room='' leaf=''

no() { printf '%s\n' "$*" >&2; exit 1; }

# The real name of the current folder, as the kernel knows it.
at() { at=$(pwd -P && echo .) || exit; at=${at%??}; }

# Whether nobody but root and ourselves can change the names in FOLDER, which has this OWNER and MODE.
closed() {
    case $3 in *[2367]? | *[2367]) return 1 ;; esac
    [ "$2" = 0 ] || [ -O "$1" ]
}

# Makes FOLDER the current one. A folder that was entered is no name any more: nobody can swap it.
enter() {
    leave
    case $1 in /*) ;; *) set -- "${begin%/}/$1" ;; esac
    { cd -P -- "$1"; } 2>/dev/null || no "there is no folder $1"
    at
    [ "$at" = "$1" ] || walk "$1"
    [ -z "$leaf" ] || no "$1 is no folder"
}

# Makes the folder of PATH the current one; `name` is what PATH is called there.
beside() {
    name=${1##*/}
    case $1 in
    /*) set -- "${1%/*}" && enter "${1:-/}" ;;
    */*) enter "${1%/*}" ;;
    *) enter . ;;
    esac
}

# Goes to PATH a name at a time; the last one may be a file's, which is then the `leaf`. A link that
# somebody else could have laid is followed only into what is theirs.
walk() {
    rest=${1#/}/ hops=0 laid='' leaf=''
    cd / || exit
    while [ -n "$rest" ]; do
        step=${rest%%/*} rest=${rest#*/}
        case $step in
        '' | .) continue ;;
        ..) cd -P .. || exit; continue ;;
        esac
        if [ -L "./$step" ]; then
            hops=$((hops + 1))
            [ $hops -le 40 ] || no "$1 leads through more than 40 links"
            foreign "./$step"
            to=$(readlink -- "./$step" && echo .) || exit
            to=${to%??}
            case $to in /*) cd / || exit ;; esac
            rest=$to/$rest
        elif [ -d "./$step" ]; then
            at
            was=${at%/}/$step
            { cd -P -- "./$step"; } 2>/dev/null || no "$was can't be entered"
            at
            [ "$at" = "$was" ] || no "$was was changed while it was looked at"
        else
            [ -z "$rest" ] || no "there is no folder $1"
            leaf=$step
        fi
    done
    at
    for uid in $laid; do
        [ "$(stat -c %u -- "./$leaf" 2>/dev/null)" = "$uid" ] || no "$link is a link that user $uid could have laid, and it leads to ${at%/}/$leaf, which is not theirs: it is not followed; name the real path, or remove the link"
    done
}

# Adds to `laid` who else could have laid the link LINK in the current folder.
foreign() {
    set -- "$1" $(stat -c '%u %a' . && stat -c %u -- "$1")
    ! closed . "$2" "$3" || return 0
    if [ "$2" = 0 ] || [ -O . ]; then
        # With the sticky bit, a name is its owner's alone.
        case $3:$4 in [1357]???:0 | [1357]???:"$(id -u)") return 0 ;; esac
        laid="$laid $4"
    else
        laid="$laid $2 $4"
    fi
    at
    link=${at%/}/${1#./}
}

# Makes a folder within the current one that nobody else may enter, and enters it. Nobody else can
# move it out of the folder around it either, so `..` stays true whatever names are changed.
apart() {
    around=$at
    made=$(umask 077 && mktemp -d ./.trueup.XXXXXX) || no "nothing can be made in $around"
    trap clear EXIT
    trap '' PIPE
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    cd -P -- "$made" || exit
    at
    set -- $(stat -c '%u %a' . ..)
    if [ "$at" != "${around%/}/${made#./}" ] || [ ! -O . ]; then
        no "$around was changed while it was worked in"
    fi
    # Where others can lay a folder under the name, mv must not move into it; old tools lack the flag.
    # Where they can't, the disk may be one without permissions.
    if closed .. "$3" "$4"; then
        flag=-f
    else
        flag=-fT
        case $2 in 700 | 2700) ;; *) no "$around keeps no permissions, and others can write to it" ;; esac
    fi
    room=$made
}

# Where SELinux is on, gives NAME, which `apart` let us make, the context of what it will replace: of LIKE
# around it; else the one that the policy has for a KIND of that name. A file system that keeps no
# contexts is no reason to stop.
label() {
    selinuxenabled 2>/dev/null || return 0
    if [ -e "../$2" ] && [ ! -L "../$2" ] && [ -n "$3" ]; then
        chcon --reference="../$2" -- "./$1" 2>/dev/null || :
    else
        context=$(matchpathcon -n -m "${3:-lnk_file}" -- "${around%/}/$2" 2>/dev/null) || return 0
        [ "$context" = '<<none>>' ] || chcon -h -- "$context" "./$1" 2>/dev/null || :
    fi
}

# Moves NAME out of the folder that `apart` made, to where it belongs, there under AS.
settle() { mv $flag -- "./$1" "../${2:-$1}" || exit; }

# Takes the folder that `apart` made away, and goes back to the one around it.
leave() {
    [ -n "$room" ] || return 0
    room=
    cd -P .. && rmdir -- "$made"
    at=$around
}

# The same with what is still in it.
clear() {
    [ -z "$room" ] || rm -rf -- ./* ./.[!.]* ./..?*
    leave
}

# Makes NAMEs of the current folder, no folders themselves, stay what was SEEN of them: `DEVICE:INODE`
# of each. Where others can change the names, other names are laid that they can't change.
hold() {
    seen=$1
    shift
    around=$at
    if ! closed . $(stat -c '%u %a' .); then
        apart
        for each do
            ln -- "../$each" "./$each" || no "$around/$each can't be held on to while others can change what it is"
        done
    fi
    for each do
        shift
        set -- "$@" "./$each"
    done
    # shellcheck disable=SC2046
    [ "$(echo $(stat -c %d:%i -- "$@" 2>/dev/null))" = "$seen" ] || no "$around/${1#./} is no longer what was looked at"
    [ -n "$room" ] || return 0
    read -r guarded 2>/dev/null </proc/sys/fs/protected_hardlinks || guarded=1
    [ "$guarded" = 0 ] || return 0
    for each in $(stat -c %h -- "$@"); do
        [ "$each" -le 2 ] || no "$around/${1#./} has another name elsewhere, and may be somebody else's file"
    done
}

# PATH SEEN WHOM MODE
folder_is() {
    enter "$1"
    [ "$(stat -c %d:%i .)" = "$2" ] || no "$1 is no longer what was looked at"
    [ -z "$3" ] || chown -- "$3" . || exit
    [ -z "$4" ] || chmod -- "$4" . || exit
}

# FOLDER SEEN WHOM MODE NAME...: the owner comes first, since chown takes setuid and setgid away.
files_are() {
    enter "$1"
    whom=$3 bits=$4 held=$2
    shift 4
    hold "$held" "$@"
    for each do
        shift
        set -- "$@" "./$each"
    done
    [ -z "$whom" ] || chown -h -- "$whom" "$@" || exit
    [ -z "$bits" ] || chmod -- "$bits" "$@" || exit
    clear
}

# PATH SEEN TIME...: each TIME is the options of a touch.
touched() {
    held=$2
    if [ -d "$1" ] && [ ! -L "$1" ]; then
        enter "$1"
        [ "$(stat -c %d:%i .)" = "$held" ] || no "$1 is no longer what was looked at"
        name=
    else
        beside "$1"
        hold "$held" "$name"
    fi
    shift 2
    date_it "$@"
    clear
}

date_it() {
    for each do
        # shellcheck disable=SC2086
        touch $each "./$name" || exit
    done
}

# Ends what was made as NAME in the folder that `apart` made: WHOM and MODE, then its place, which
# must be free.
own() {
    [ -z "$2" ] || chown -h -- "$2" "./$1" || exit
    [ -z "$3" ] || chmod -- "$3" "./$1" || exit
    if [ -d "./$1" ]; then label "$1" "$1" dir; else label "$1" "$1" file; fi
    if [ -e "../$1" ] || [ -L "../$1" ]; then no "$around/$1 is there already"; fi
    settle "$1"
    leave
}

# PATH WHOM MODE
make_folder() {
    beside "$1"
    apart
    mkdir -- "./$name" || exit
    own "$name" "$2" "$3"
}

# PATH WHOM MODE: with all the folders above it.
make_folders() {
    if [ -z "$1" ] || [ -d "$1" ]; then return 0; fi
    case $1 in */*) make_folders "${1%/*}" '' '' ;; esac
    make_folder "$1" "$2" "$3"
}

# PATH SKELETON WHOM MODE
make_home() {
    case $1 in */*) make_folders "${1%/*}" '' '' ;; esac
    beside "$1"
    apart
    mkdir -- "./$name" || exit
    [ ! -d "$2" ] || cp -R -- "$2/." "./$name/" || exit
    chown -R -h -- "$3" "./$name" || exit
    own "$name" '' "$4"
}

# PATH WHOM MODE TIME...
make_empty() {
    beside "$1"
    whom=$2 bits=$3
    shift 3
    apart
    : >"./$name" || exit
    date_it "$@"
    own "$name" "$whom" "$bits"
}

# PATH TARGET WHOM: replaces a file, a link and an empty folder.
make_link() {
    beside "$1"
    apart
    ln -s -- "$2" "./$name" || exit
    [ -z "$3" ] || chown -h -- "$3" "./$name" || exit
    label "$name" "$name" ''
    if [ -d "../$name" ]; then
        if [ -L "../$name" ]; then rm -f -- "../$name"; else rmdir -- "../$name"; fi || exit
    fi
    settle "$name"
    leave
}

# PATH TARGET SEEN
make_hard_link() {
    beside "$1"
    apart
    ln -- "$2" "./$name" || exit
    [ "$(stat -c %d:%i -- "./$name")" = "$3" ] || no "$2 is no longer what was looked at"
    settle "$name"
    leave
}

# PATH SEEN
remove() {
    beside "$1"
    if closed . $(stat -c '%u %a' .); then
        [ "$(stat -c %d:%i -- "./$name")" = "$2" ] || no "$1 is no longer what was looked at"
        rm -rf -- "./$name" || exit
        return
    fi
    apart
    mv -- "../$name" "./$name" || exit
    if [ "$(stat -c %d:%i -- "./$name")" != "$2" ]; then
        mv $flag -- "./$name" "../$name"
        no "$1 is no longer what was looked at"
    fi
    rm -rf -- "./$name" || exit
    leave
}

# The word by which TOOL takes a place as it is named, and follows no name again; busybox has none.
as_named() {
    named=''
    ! "$1" --help 2>&1 | grep -q -e --no-canonicalize || named=-c
}

# Mounts on the folder PATH, with the WORDs of mount.
mount_on() {
    enter "$1"
    shift
    as_named mount
    mount $named "$@" . || exit
    leave
}

# Takes away what is mounted at PATH. A name on which something is mounted can't be swapped.
mount_off() {
    beside "$1"
    as_named umount
    umount $named "./$name" || exit
}

# Removes the empty folder PATH.
remove_empty() {
    beside "$1"
    rmdir -- "./$name" || exit
}
