"""Changes that commands make in a session's workspace, seen by inotify and told as events of files."""
