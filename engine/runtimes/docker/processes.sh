# What the scripts beside this one share. Builtins only: they work where no further process may be started.

# Sets `content` to all of a file; NUL bytes are left out.
slurp() {
    content=
    while IFS= read -r line || [ -n "$line" ]; do content="$content $line"; done
}

# Sets `found` to the processes that bear the mark $1, which is in the environment of a command and of all that
# it starts; with `strays` as $2, also to those that bear no mark and have lost their parents. The outermost
# process of a command has no parent in here and is never found.
find_processes() {
    wanted=$1 strays=${2-} found=
    for entry in /proc/[0-9]*; do
        number=${entry#/proc/}
        [ "$number" -eq 1 ] && continue
        { slurp <"$entry/stat"; } 2>/dev/null || continue
        set -- ${content##*) }
        [ "${1-Z}" = Z ] || [ "$2" -eq 0 ] && continue
        { slurp <"$entry/environ"; } 2>/dev/null || continue
        case $content in
            *"ROOCODE_COMMAND=$wanted"*) ;;
            *ROOCODE_COMMAND=*) continue ;;
            *) [ "$strays" ] && [ "$2" -eq 1 ] || continue ;;
        esac
        found="$found $number"
    done
}

# Kills all that find_processes finds, until there is no more of it; fails if that does not end.
kill_all() {
    rounds=0 clean=0
    while [ "$clean" -lt 2 ]; do
        [ "$rounds" -lt 300 ] || return 1
        rounds=$((rounds + 1)) clean=$((clean + 1))
        find_processes "$1" strays
        [ -z "$found" ] || { kill -9 $found 2>/dev/null; clean=0; }
    done
}
