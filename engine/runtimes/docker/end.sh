# Sends the signal $2 to the processes of the command with the mark $1; KILL until there are none.
end_processes() {
    if [ "$2" = KILL ]; then
        kill_all "$1"
    else
        find_processes "$1"
        [ -z "$found" ] || kill -s "$2" $found 2>/dev/null || :
    fi
}
