"""Secrets at rest: the keys that seal them, and every column that holds some."""
