"""This program's own package; it shares nothing with `roocode_server.models` but its name."""
