"""S2's methods for the API itself and its configuration. Source: S2; docs/extension.md."""

from __future__ import annotations

from typing import Any, Final

from roocode_server.handlers.dialects.extension.method import Call, NoArguments, fields_named, method
from roocode_server.handlers.dialects.extension.settings import names_in, read_settings, settings_of
from roocode_server.handlers.dialects.extension.tasks import open_session
from roocode_server.models.shape import Shape, value


@value
class ConfigurationValues(Shape):
    """S2's settings, by name."""

    values: dict[str, Any]


@method("isReady", "system.health")
async def is_ready(call: Call, arguments: NoArguments) -> bool:
    """Whether the server accepts work."""
    return bool((await call.ask("system.health"))["status"] == "healthy")


@method("getSession", "event.list")
async def get_session(call: Call, arguments: NoArguments) -> dict[str, Any]:
    """The client's session, and the `lastSeq` it has been sent: where to resume after a disconnect.

    It may be asked for after each event: reading the log, as which it counts, has no limit.
    """
    await call.ask_here("event.list", limit=1)
    session_id = call.desk.session_id
    return {"sessionId": session_id, "lastSeq": call.desk.sent.get(session_id, 0) if session_id else 0}


@method("getConfiguration", "session.create", "event.subscribe", "session.get")
async def get_configuration(call: Call, arguments: NoArguments) -> dict[str, Any]:
    """The session's configuration in S2's words."""
    return settings_of(await _config(call))


@method("setConfiguration", "session.create", "event.subscribe", "session.get", "session.update")
async def set_configuration(call: Call, arguments: ConfigurationValues) -> None:
    """Change the session's configuration. Omitted settings stay; a running task keeps its own."""
    settings = read_settings(arguments.values, with_task=False, place="values")
    call.ignored.extend(settings.unknown)
    standing = await _config(call)
    if settings.is_for_session:
        with fields_named(names_in("values")):
            await call.ask_here("session.update", config=settings.config(standing["autoApproval"]))


async def _config(call: Call) -> dict[str, Any]:
    """The configuration of the client's session, which is opened if there is none."""
    if call.desk.session_id is None:
        await open_session(call, {})
    config: dict[str, Any] = (await call.ask_here("session.get"))["session"]["config"]
    return config


CONFIGURATION_METHODS: Final = (is_ready, get_session, get_configuration, set_configuration)
