"""The client of roocode-server."""
