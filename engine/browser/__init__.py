"""A browser for agents: each session has one page, driven by coordinates and observed through screenshots."""
