"""Which network addresses may be reached, and the proxy that enforces it."""
