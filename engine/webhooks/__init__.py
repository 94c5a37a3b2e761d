"""What happens in a user's sessions, sent to the addresses that they name."""
