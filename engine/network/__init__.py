"""Which addresses may be reached, and the proxy that reaches them."""
