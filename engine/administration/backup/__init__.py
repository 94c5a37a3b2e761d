"""Backups of a data directory: one file each, which a running server does not notice being made."""
