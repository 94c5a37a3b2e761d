"""Checkpoints: a shadow git repository for each session, stored outside its workspace."""
