"""Limits, shields, shares of time and processes for work that runs side by side."""
