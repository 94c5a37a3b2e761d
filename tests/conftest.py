"""Fixtures for every test; each lives in the module of what it gives."""

import os
import sys

from hypothesis import settings

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
"""Bytecode is kept as it is by default: else each of the servers compiles all that it imports."""

pytest_plugins = [
    "tests.support.containers",
    "tests.support.documents",
    "tests.support.environment",
    "tests.support.mock_models",
    "tests.support.outside",
    "tests.support.replaying",
    "tests.support.server",
    "tests.support.openid_provider",
    "tests.support.place",
    "tests.support.storage",
    "tests.support.streams",
]

settings.register_profile("whole suite", deadline=None)
settings.load_profile("whole suite")
"""A busy machine makes no example wrong: no test depends on how long one takes."""
