"""Detection of changes that commands make in a workspace, with inotify, reported as file events."""
