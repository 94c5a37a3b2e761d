"""Passwords that are hashed with the least work that Argon2 can do.

A usual hash takes a fifth of a second of processor time, and whoever makes a user or logs in needs one.
`test_passwords.py` says what the usual ones are made of, and `test_command.py` looks at one that the command
itself has stored.
"""

from __future__ import annotations

from typing import Final

from argon2 import PasswordHasher

from roocode_server.engine.accounts import passwords

CHEAP: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
USUAL: Final = passwords.USUAL_HASHER


def hash_cheaply() -> None:
    """From now on, in this process and its forks."""
    passwords.USUAL_HASHER = CHEAP  # type: ignore[misc]
