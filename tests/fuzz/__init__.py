"""Generated requests and packets against a real server; `python -m tests.fuzz` runs many of them."""
