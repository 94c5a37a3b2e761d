"""Limits of callers: counts their calls and their open connections."""
