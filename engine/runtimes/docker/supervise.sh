# Sets `kills` to how often the kernel has killed something in the container for memory, and `peak` to the most
# memory (bytes) that it had at once.
read_counters() {
    kills=0 peak=0
    for file in memory.events memory/memory.oom_control; do
        while read -r name count; do
            [ "$name" != oom_kill ] || kills=$count
        done <"/sys/fs/cgroup/$file"
    done
    for file in memory.peak memory/memory.max_usage_in_bytes; do
        read -r peak <"/sys/fs/cgroup/$file" && break
    done
}

# Runs the command line $1 and ends all that it leaves behind. Then prints on stderr what $2 introduces: the exit
# code, whether anything is left, kills for memory before and after, and the most memory used, in a line; and
# below it the processor time as `times` prints it. What the shell itself has to say of how the command ended is
# for nobody. Where $2 is empty, behind a terminal, it waits for a line first and prints nothing after.
supervise() {
    unset ROOCODE_SCRIPTS
    exec 3>&2 2>/dev/null
    [ -n "$2" ] || read -r go
    read_counters
    before=$kills
    trap : HUP INT QUIT TERM
    (exec /bin/sh -c "$1" 2>&3 3>&-)
    code=$?
    trap '' HUP INT QUIT TERM
    kill_all "$ROOCODE_COMMAND"
    left=$?
    [ -z "$2" ] || {
        read_counters
        printf '%s%s %s %s %s %s\n' "$2" "$code" "$left" "$before" "$kills" "${peak:-0}" >&3
        times >&3
    }
    exit "$code"
}
