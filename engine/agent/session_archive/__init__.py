"""Sessions as archives: written by one server, and read by another that does not trust them."""
