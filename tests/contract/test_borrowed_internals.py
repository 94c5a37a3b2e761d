"""Internals of other libraries that this server relies on, by names that are not part of their API.

Their versions are bound to a minor release (`~=`) in `pyproject.toml`. When one is raised, this test fails
first if something is gone.
"""

from __future__ import annotations

import inspect
import tomllib
from typing import Any

import aiodocker.stream
import aiosqlite
import engineio
import pytest
import socketio
from aiohttp import web
from engineio.async_socket import AsyncSocket
from packaging.requirements import Requirement
from sqlalchemy import create_engine, select
from sqlalchemy.dialects.sqlite import aiosqlite as dialect
from sqlalchemy.sql.compiler import SQLCompiler

from tests.support.server import PROJECT

LIBRARIES = ("aiodocker", "aiohttp", "aiosqlite", "mcp", "python-engineio", "python-socketio", "sqlalchemy")

INTERNALS: list[tuple[Any, str]] = [
    # server/doors/socketio.py
    (socketio.AsyncServer, "_handle_eio_connect"),
    (socketio.AsyncServer, "_handle_eio_message"),
    (socketio.AsyncServer, "_handle_connect"),
    (socketio.AsyncServer, "_handle_event"),
    (socketio.AsyncServer, "_send_packet"),
    (socketio.AsyncServer, "_trigger_event"),
    (socketio.AsyncServer, "_engineio_server_class"),
    # server/doors/transport.py
    (engineio.AsyncServer(async_mode="aiohttp"), "_async"),
    (engineio.AsyncServer, "create_queue"),
    (engineio.AsyncServer, "_bad_request"),
    (AsyncSocket, "receive"),
    (AsyncSocket(engineio.AsyncServer(async_mode="aiohttp"), "sid"), "queue"),
    (AsyncSocket(engineio.AsyncServer(async_mode="aiohttp"), "sid"), "upgrading"),
    # server/doors/opencode.py
    (web.WebSocketResponse, "_pong_not_received"),
    # server/doors/protocol.py
    (web.RequestHandler, "finish_response"),
    (web.RequestHandler, "force_close"),
    (web.RequestHandler, "handle_error"),
    # engine/storage/driver.py
    (dialect.AsyncAdapt_aiosqlite_cursor, "_awaitable_cursor_close"),
    (dialect.AsyncAdapt_aiosqlite_cursor, "_execute_async"),
    (dialect.AsyncAdapt_aiosqlite_cursor, "_executemany_async"),
    (dialect.AsyncAdapt_aiosqlite_cursor, "_async_soft_close"),
    (dialect.AsyncAdapt_aiosqlite_connection, "_cursor_cls"),
    (dialect.AsyncAdapt_aiosqlite_connection, "_execute_mutex"),
    (aiosqlite.Connection, "_execute"),
    (aiosqlite.Connection, "_conn"),
    # engine/storage/prepared.py and engine/storage/selects.py
    (select(1), "_compile_w_cache"),
    (select(1).compile(), "_bind_processors"),
    (SQLCompiler, "_process_parameters_for_postcompile"),
    (create_engine("sqlite://"), "_compiled_cache"),
]


@pytest.mark.parametrize(("owner", "name"), INTERNALS, ids=lambda part: part if isinstance(part, str) else "")
def test_what_is_leaned_on_is_still_there(owner: Any, name: str) -> None:
    assert hasattr(owner, name) or name in getattr(owner, "__slots__", ())


@pytest.mark.parametrize("name", ["ReadStream", "WriteStream"])
def test_what_fits_the_streams_of_mcp_servers_is_still_there(name: str) -> None:
    """engine/mcp/fitting.py names the types of what it wraps."""
    from mcp.shared import _stream_protocols  # takes a second, which other tests need not wait for

    assert hasattr(_stream_protocols, name)


def test_the_response_of_a_stream_of_the_container_engine_is_kept_under_its_name() -> None:
    """engine/runtimes/docker/child.py ends a stream whose other side does not read."""
    assert "self._resp" in inspect.getsource(aiodocker.stream.Stream)


@pytest.mark.parametrize("library", LIBRARIES)
def test_their_versions_are_bound_to_a_minor_release(library: str) -> None:
    asked = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]
    [wanted] = [each.specifier for each in map(Requirement, asked) if each.name == library]
    assert [(bound.operator, bound.version.count(".")) for bound in wanted] == [("~=", 2)]
