"""What a session's callers ask for: files, searches, commands, terminals, processes."""
