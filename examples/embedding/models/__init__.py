"""What this program is about. It shares nothing with `roocode_server.models` but its name."""
