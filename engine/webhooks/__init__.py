"""Webhooks: sends the events of a user's sessions to URLs of theirs."""
