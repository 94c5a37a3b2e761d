"""Figures of this server beside those of minimal peers, taken in the same run on the same machine."""
