"""Fixtures for all tests, imported from the modules that define them."""

import gc
import os
import signal
import sys
from asyncio import AbstractEventLoop
from collections.abc import Callable, Generator, Mapping

import pytest
import structlog
import uvloop

from tests.support.forked import share_fork_server

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
"""Cache bytecode, as by default: otherwise each server compiles all that it imports."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
"""A script's background job ignores it, and so would the commands in terminals."""

structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)
"""An exception with all variables in colours, as by default, takes a second to print."""

FIXTURES = (
    "tests.support.browser",
    "tests.support.containers",
    "tests.support.documents",
    "tests.support.environment",
    "tests.support.mock_models",
    "tests.support.outside",
    "tests.support.replaying",
    "tests.support.server",
    "tests.support.command_line",
    "tests.support.openid_provider",
    "tests.support.place",
    "tests.support.storage",
    "tests.support.streams",
)
pytest.register_assert_rewrite(*FIXTURES)

gc.disable()
"""While modules are imported and tests collected: nearly all that is made then remains to the end."""


def pytest_configure(config: pytest.Config) -> None:
    """Load the fixtures, and with them the engine, where tests run: not in the process that hands them to
    workers, which would take some seconds before it starts them.
    """
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        share_fork_server()
        return
    from hypothesis import settings

    from tests.support.hashing import hash_cheaply
    from tests.support.statements import share_statements

    hash_cheaply()
    share_statements()
    # No deadline for examples: no test depends on how long one takes, even on a busy machine.
    settings.register_profile("whole suite", deadline=None)
    settings.load_profile("whole suite")
    for module in FIXTURES:
        config.pluginmanager.import_plugin(module)


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """The tests run on the event loop that the server runs on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """From here on look for garbage, but not in what has been collected: that would take half a second.

    Around the collection, not after it: the process that hands tests to workers collects none itself.
    """
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
