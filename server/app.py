"""Wires settings, engine, registry and doors together, and does nothing else."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.engine.limits.connections import Connections
from roocode_server.engine.storage.database import Database
from roocode_server.handlers.dialects.dialect import Operations
from roocode_server.handlers.dialects.extension.adapter import Extension
from roocode_server.handlers.dialects.unattended import permitted
from roocode_server.handlers.pipeline import Pipeline
from roocode_server.handlers.registry import build_registry, build_transfers
from roocode_server.models.auth_settings import AuthMode
from roocode_server.models.release import release
from roocode_server.models.settings import Settings
from roocode_server.server.cookies import BrowserCookies, LoginCookies
from roocode_server.server.doors.clients import Clients
from roocode_server.server.doors.crogia import CrogiaDoor
from roocode_server.server.doors.dashboard import DashboardDoor
from roocode_server.server.doors.event_stream import EventStreamDoor, EventStreamServices
from roocode_server.server.doors.metrics import MetricsDoor
from roocode_server.server.doors.opencode import OpencodeDoor
from roocode_server.server.doors.overview import Overviews
from roocode_server.server.doors.pages import add_pages
from roocode_server.server.doors.probes import add_probes
from roocode_server.server.doors.protocol import HttpRunner, Limits
from roocode_server.server.doors.raw import RawDoor, RawServices
from roocode_server.server.doors.rest import RestDoor, request_middleware
from roocode_server.server.doors.sign_in import SignInDoor
from roocode_server.server.doors.socketio import SocketServer
from roocode_server.server.doors.transfers import TransferDoor
from roocode_server.server.doors.websocket import WebSocketDoor
from roocode_server.server.gate import Gate
from roocode_server.server.identity import Authenticator
from roocode_server.server.logs import recorded_by

BACKLOG: Final = 4096

log = structlog.get_logger("server")


class CannotListen(Exception):
    """A port cannot be opened. The message says which one, why, and what to do."""

    def __init__(self, host: str, port: int, failure: OSError) -> None:
        known = failure.errno in errno.errorcode
        reason = os.strerror(failure.errno or 0).lower() if known else failure.strerror or str(failure)
        super().__init__(
            f"The server cannot listen on {host}, port {port}: {reason}. "
            "Name another with --host or --port, or in `server` of the settings (in the environment: "
            "ROOCODE_SERVER__HOST, ROOCODE_SERVER__PORTS)."
        )


@dataclass(frozen=True, slots=True)
class Doors:
    """The application, and the doors whose sockets have to be closed before it."""

    app: web.Application
    sockets: SocketServer
    raw: Sequence[RawDoor | EventStreamDoor]

    async def close(self) -> None:
        """Let calls under way be answered, then close all sockets."""
        await self.sockets.close()
        for door in self.raw:
            await door.close()


def build_doors(engine: Engine) -> Doors:
    """All doors of an engine, on one aiohttp application."""
    settings = engine.settings
    registry, transfers = build_registry(engine), build_transfers(engine)
    pipeline = Pipeline.of(engine)
    gate = Gate(settings.server)
    cookies = BrowserCookies(settings.server.public_url, issuer_id=engine.accounts.issuer_id)
    logins = LoginCookies(cookies, gate, refresh_token_s=settings.auth.refresh_token_s)
    identity = Authenticator(engine.accounts, settings.auth.mode, settings.server, logins)
    app = web.Application(
        middlewares=[request_middleware(gate)],
        client_max_size=settings.server.max_request_bytes,
    )
    operations = Operations(registry, pipeline)
    dialects = [Extension(operations)]
    access = engine.sessions.sharing.watch
    overviews = Overviews(audience=engine.audience, timeline=engine.log.timeline, hub=engine.hub)
    clients = Clients(
        engine.log,
        engine.hub,
        engine.accounts.watch,
        access,
        overviews,
        grace_s=settings.socket.renewal_s,
    )
    connections = Connections(settings.limits)
    traffic = engine.calls.traffic
    sockets = SocketServer(registry, pipeline, identity, clients, connections, traffic, settings, dialects)
    sockets.attach(app)
    TransferDoor(
        transfers, pipeline, identity, engine.accounts.watch, idle_timeout_s=settings.server.idle_timeout_s
    ).add_routes(app)
    streams = EventStreamDoor(
        transfers,
        pipeline,
        identity,
        EventStreamServices(
            log=engine.log,
            hub=engine.hub,
            overviews=overviews,
            watch=engine.accounts.watch,
            connections=connections,
            traffic=traffic,
            settings=settings.socket,
            idle_timeout_s=settings.server.idle_timeout_s,
        ),
    )
    streams.add_routes(app)
    RestDoor(registry, pipeline, identity, settings.server).add_routes(app)
    DashboardDoor(registry, pipeline, identity, gate, logins, settings.server).add_routes(app)
    CrogiaDoor(
        operations, identity, permitted(settings.crogia.allow, settings.approvals), settings.server
    ).add_routes(app)
    SignInDoor(engine.accounts.sign_ins, engine.rates, identity, cookies).add_routes(app)
    services = RawServices(
        operations=operations,
        identity=identity,
        log=engine.log,
        hub=engine.hub,
        watch=engine.accounts.watch,
        access=access,
        connections=connections,
        traffic=traffic,
        settings=settings.socket,
    )
    raw = [
        WebSocketDoor(services),
        OpencodeDoor(
            services,
            engine.rates,
            overviews,
            permitted(settings.opencode.allow, settings.approvals),
            max_message_bytes=settings.server.max_request_bytes,
        ),
    ]
    for door in raw:
        door.add_routes(app)
    add_probes(app, engine.readiness)
    engine.metrics.add_gauge("sockets", "Open sockets", connections.__len__)
    MetricsDoor(engine.metrics, identity, settings).add_routes(app)
    add_pages(app, registry, transfers, identity, is_open=settings.auth.mode is AuthMode.OPEN)
    return Doors(app, sockets, [*raw, streams])


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Sequence[str]]:
    """A running server; yields its addresses. Leaving the block stops it.

    Running tasks are brought to a stored, resumable state before the sockets are closed, so that connected
    clients are informed. Raises: CannotListen; DatabaseUnusable, as soon as nothing can be written any more
    (the block is cancelled).
    """
    engine = await open_engine(settings)
    with recorded_by(engine.log_recorder):
        async with _served(engine, settings) as addresses:
            yield addresses


@asynccontextmanager
async def _served(engine: Engine, settings: Settings) -> AsyncIterator[Sequence[str]]:
    """Serve an engine; leaving the block closes it. Raises: as `running`."""
    try:
        doors = build_doors(engine)
        runner = HttpRunner(
            doors.app,
            limits=_limits(settings),
            traffic=engine.calls.traffic,
            access_log=None,
            shutdown_timeout=1,
        )
        await runner.setup()
        try:
            addresses = await _listen(runner, settings)
            log.info("server started", **_facts(engine, settings), addresses=addresses)
            async with _while_usable(engine.database):
                yield addresses
        finally:
            log.info("server stopping", running_tasks=engine.runner.running)
            try:
                await _stop(engine, doors, settings.server.shutdown_timeout_s)
            finally:
                await runner.cleanup()
    finally:
        await engine.close()
        log.info("server stopped")


def _facts(engine: Engine, settings: Settings) -> dict[str, str]:
    """The facts about this server that are logged at its start."""
    return {
        "version": release(),
        "data_dir": str(Path(settings.server.data_dir).resolve()),
        "auth": settings.auth.mode,
        "runtime": engine.runtime.name,
    }


def _limits(settings: Settings) -> Limits:
    server = settings.server
    return Limits(
        request_s=server.request_timeout_s, keep_alive_s=server.keep_alive_s, idle_s=server.idle_timeout_s
    )


@asynccontextmanager
async def _while_usable(database: Database) -> AsyncIterator[None]:
    """Cancel the block once the database's writer has ended, then raise. Raises: DatabaseUnusable."""

    async def watch(scope: asyncio.Timeout) -> None:
        await database.broken()
        scope.reschedule(asyncio.get_running_loop().time())

    try:
        async with asyncio.timeout(None) as scope:
            watching = asyncio.create_task(watch(scope), name="database watch")
            try:
                yield
            finally:
                watching.cancel()
    except TimeoutError:
        if scope.expired():
            raise await database.broken() from None
        raise


async def _stop(engine: Engine, doors: Doors, limit_s: float) -> None:
    """End the work, then the sockets. Whatever exceeds the limit is ended without informing clients."""
    try:
        async with asyncio.timeout(limit_s):
            await engine.end_work()
            await doors.close()
    except TimeoutError:
        log.warning("stopping took longer than server.shutdown_timeout_s", limit_s=limit_s)


async def _listen(runner: web.AppRunner, settings: Settings) -> list[str]:
    """Open all ports; 0 picks a free one. Raises: CannotListen."""
    addresses = []
    host = settings.server.host
    for port in settings.server.ports:
        site = web.TCPSite(runner, host, port, backlog=BACKLOG)
        try:
            await site.start()
        except OSError as failure:
            raise CannotListen(host, port, failure) from failure
        addresses.append(f"http://{f'[{host}]' if ':' in host else host}:{runner.addresses[-1][1]}")
    return addresses
