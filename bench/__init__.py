"""Benchmarks of this server against minimal peers, in the same run on the same machine."""
