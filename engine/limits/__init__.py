"""How much callers may ask for: counting their calls and their open connections."""
