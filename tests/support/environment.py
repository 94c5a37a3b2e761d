"""The environment of all tests, without keys and URLs of the person who runs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from roocode_server.engine.providers.vendors import VENDORS

VARIABLES = [
    variable for vendor in VENDORS.values() for variable in (*vendor.key_variables, vendor.url_variable)
]


@pytest.fixture(scope="session", autouse=True)
def no_keys() -> Iterator[None]:
    """Remove keys, so that no real model is called; servers inherit the environment."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in VARIABLES:
            patch.delenv(variable, raising=False)
        yield
