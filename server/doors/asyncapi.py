"""The AsyncAPI 3.0 document of the Socket.IO door and of `/ws`, made from what is declared.

Seen from the server, as AsyncAPI 3 asks: it receives calls and answers them, and it sends events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from roocode_server.handlers.operation import Operation, Registry, annotations_of
from roocode_server.models.event import EVENTS, BroadcastRecord, Event, EventRecord
from roocode_server.models.release import release
from roocode_server.server.doors.opencode_document import (
    TYPED,
    typed_channel,
    typed_messages,
    typed_operations,
)
from roocode_server.server.doors.schemas import (
    ERROR,
    Json,
    Schemas,
    documentation,
    event_payload_name,
    schema_reference,
    split_documentation,
)

ROOT: Final = "/"
DEFAULT_SERVER_URL: Final = "http://localhost:3000"
CALL, ANSWER = "call", "answer"

ASYNCAPI_DESCRIPTION: Final = """\
The Socket.IO door (protocol 5): a channel is a namespace; each area has its own, and `/` carries
everything. And the plain WebSocket at `/ws`, the channel `typed`, which says itself what it is.

Connect with `auth: {token}` (an access token or an API key). With `sessionId`, the connection follows that
session from now on; with `lastSeq` as well, all events after that number come first, in order and once.

To make a call, emit its event with one object; the acknowledgement is the result, or `{error}`. Durable
events have a `seq`, which counts 1, 2, 3 … within the session; ephemeral ones have none and are not sent
again.
"""


def asyncapi_document(registry: Registry, *, with_typed: bool = True) -> Json:
    """The document, JSON-ready; without `/ws` for the SDKs, which do not speak its messages.

    Source: AsyncAPI Specification 3.0.0.
    """
    schemas = Schemas()
    messages: dict[str, Json] = {}
    for declared in registry.values():
        messages |= _call_messages(schemas, declared)
    for happened in EVENTS.values():
        messages[happened.name] = _event_message(schemas, happened)
    namespaces = sorted({*registry.namespaces, *(happened.namespace for happened in EVENTS.values())})
    channels: dict[str, Json] = {}
    operations: dict[str, Json] = {}
    for namespace in namespaces:
        calls = registry.within(namespace)
        events = _events_within(namespace)
        channels[channel_name(namespace)] = _channel(namespace, calls, events)
        operations |= _operations(channel_name(namespace), calls, events)
    if with_typed:
        messages |= typed_messages(schemas)
        channels[TYPED] = typed_channel()
        operations |= typed_operations()
    return {
        "asyncapi": "3.0.0",
        "id": "urn:roocode-server",
        "defaultContentType": "application/json",
        "info": {
            "title": "roocode-server",
            "version": release(),
            "description": ASYNCAPI_DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "servers": _servers(DEFAULT_SERVER_URL),
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": schemas.all,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "apiKey": {"type": "httpApiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def at(base_url: str, document: Json) -> Json:
    """The document of a server that is reached at this address."""
    return {**document, "servers": _servers(base_url)}


def channel_name(namespace: str) -> str:
    """`/tasks` is the channel `tasks`; `/` is `root`."""
    return namespace.strip("/") or "root"


def _servers(base_url: str) -> Json:
    parts = urlsplit(base_url)
    typed = "wss" if parts.scheme == "https" else "ws"
    return {
        "here": _server(base_url, f"{parts.path}/socket.io", "socket.io"),
        TYPED: _server(base_url, parts.path or "/", typed),
    }


def _server(base_url: str, path: str, protocol: str) -> Json:
    return {
        "host": urlsplit(base_url).netloc,
        "pathname": path,
        "protocol": protocol,
        "description": f"This server: {base_url}",
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in ("bearer", "apiKey")],
    }


def _events_within(namespace: str) -> dict[str, type[Event]]:
    return {name: happened for name, happened in EVENTS.items() if namespace in (ROOT, happened.namespace)}


def _call_messages(schemas: Schemas, declared: Operation) -> dict[str, Json]:
    summary, description = split_documentation(declared.documentation)
    answer = schemas.reference(declared.response)
    call: Json = {
        "name": declared.name,
        "title": declared.name,
        "summary": summary,
        "payload": schemas.reference(declared.request),
        **annotations_of(declared),
        "x-errors": [error.code for error in declared.errors],
    }
    if description:
        call["description"] = description
    return {
        f"{declared.name}.{CALL}": call,
        f"{declared.name}.{ANSWER}": {
            "name": f"{declared.name} acknowledgement",
            "title": f"{declared.name} acknowledgement",
            "summary": "The result, or the error.",
            "payload": {"oneOf": [answer, schema_reference(ERROR)]},
        },
    }


def _event_message(schemas: Schemas, happened: type[Event]) -> Json:
    summary, description = split_documentation(documentation(happened))
    fixed = {"type": {"const": happened.name}}
    envelope = EventRecord if happened.in_session else BroadcastRecord
    payload = schemas.with_others(event_payload_name(happened), happened, envelope, fixed)
    message: Json = {
        "name": happened.name,
        "title": happened.name,
        "summary": summary,
        "payload": payload,
        "x-durable": happened.durable,
    }
    return message | ({"description": description} if description else {})


def _channel(namespace: str, calls: Mapping[str, Operation], events: Mapping[str, type[Event]]) -> Json:
    names = [f"{name}.{part}" for name in calls for part in (CALL, ANSWER)] + list(events)
    return {
        "address": namespace,
        "title": f"Namespace {namespace}",
        "servers": [{"$ref": "#/servers/here"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }


def _operations(
    channel: str, calls: Mapping[str, Operation], events: Mapping[str, type[Event]]
) -> dict[str, Json]:
    place = {"$ref": f"#/channels/{channel}"}
    made: dict[str, Json] = {}
    for name in calls:
        made[f"{channel}.{name}"] = {
            "action": "receive",
            "channel": place,
            "messages": [_message(channel, f"{name}.{CALL}")],
            "reply": {"channel": place, "messages": [_message(channel, f"{name}.{ANSWER}")]},
        }
    for name, happened in events.items():
        made[f"{channel}.{name}"] = {
            "action": "send",
            "channel": place,
            "summary": split_documentation(documentation(happened))[0],
            "messages": [_message(channel, name)],
        }
    return made


def _message(channel: str, name: str) -> Json:
    return {"$ref": f"#/channels/{channel}/messages/{name}"}
