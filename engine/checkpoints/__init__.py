"""Checkpoints: a shadow repository for each session, beside its workspace and never in it."""
