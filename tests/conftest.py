"""Fixtures for every test; each lives in the module of what it gives."""

pytest_plugins = [
    "tests.support.documents",
    "tests.support.environment",
    "tests.support.mock_models",
    "tests.support.replaying",
    "tests.support.server",
    "tests.support.storage",
    "tests.support.streams",
]
