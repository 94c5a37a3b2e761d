"""Services for a session's callers: files, searches, commands, terminals, processes."""
