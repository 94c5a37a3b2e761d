"""Traces: which work a call has led to, from the door to the last command."""
