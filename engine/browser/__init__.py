"""A browser for agents: one page of a session, driven by coordinates and seen in pictures."""
