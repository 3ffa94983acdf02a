[ ! -d "$path" ] || no "$path is a folder, not a file"
beside "$path"
if [ -e "./$name" ] && [ ! -L "./$name" ]; then
    old=$(stat -c '%a %u %g' -- "./$name") || exit
    set -- $old
    : "${mode:=$1}"
    kept_owner=$2 kept_group=$3
fi
apart
take >"./$name" || exit
if command -v sha256sum >/dev/null; then
    got=$(sha256sum <"./$name") || exit
    [ "${got%% *}" = "$sum" ] || no "not all of $path arrived; the old file stands"
else
    got=$(wc -c <"./$name") || exit
    [ "$((got))" = "$size" ] || no "not all of $path arrived; the old file stands"
fi
if [ -n "$owner$group" ]; then chown -- "${owner:-${kept_owner-}}${group:+:$group}" "./$name" || exit; fi
if [ -n "${kept_owner-}" ]; then
    [ -n "$owner" ] || [ -n "$group" ] || chown -- "$kept_owner:$kept_group" "./$name" 2>/dev/null
    [ -z "$owner" ] || [ -n "$group" ] || chgrp -- "$kept_group" "./$name" 2>/dev/null
fi
chmod -- "${mode:=644}" "./$name" || exit
label "$name" "$name" file
# A path that others can change must not be what is validated.
if [ $flag = -fT ] && [ -e "/proc/self/cwd/$name" ]; then seen=/proc/self/cwd/$name; else seen=$at/$name; fi
validate "$seen" || no "$path would not be valid; the old file stands"
sync -- "./$name" || exit
if [ -n "$backup" ] && { [ -e "../$name" ] || [ -L "../$name" ]; }; then
    ln -- "../$name" "./$name.was" 2>/dev/null || cp -pP -- "../$name" "./$name.was" || exit
    kept=$name.$$.$(date +%Y-%m-%d@%H:%M:%S~)
    # What is written into later through another name must not change what was kept.
    [ -L "./$name.was" ] || { cp -pP -- "./$name.was" "./$name.kept" && mv -f -- "./$name.kept" "./$name.was"; } || exit
    label "$name.was" "$name" file
    settle "$name.was" "$kept"
    printf '%s\n' "${path%/*}/$kept"
fi
settle "$name"
leave
sync -- . 2>/dev/null || :
