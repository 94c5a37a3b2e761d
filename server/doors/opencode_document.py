"""The plain WebSocket at `/ws` as a channel of the AsyncAPI document, made from the declared messages.

Source: S4; S1, "Real-time Communication"; AsyncAPI Specification 3.0.0.
"""

from __future__ import annotations

from typing import Final

from roocode_server.handlers.dialects.opencode.answers import UPDATES, Greeting
from roocode_server.handlers.dialects.opencode.conversation import MESSAGES
from roocode_server.handlers.dialects.opencode.message import TypedMessage
from roocode_server.handlers.dialects.opencode.refusals import RefusalCode, TypedRefusal
from roocode_server.handlers.dialects.opencode.tasks import NEEDED, TaskData
from roocode_server.handlers.dialects.opencode.typed_answer import TypedAnswer
from roocode_server.models.event import EVENTS, Event
from roocode_server.models.login import Renew
from roocode_server.models.shape import Shape
from roocode_server.server.doors.opencode import SESSION, OpencodeDoor
from roocode_server.server.doors.schemas import (
    Json,
    Schemas,
    documentation,
    event_payload_name,
    schema_reference,
    split_documentation,
)

TYPED: Final = "typed"
"""The name of the channel and of its server, and the beginning of the names of its messages."""
ERROR_MESSAGE: Final = f"{TYPED}.{TypedRefusal.kind}"
BROADCAST: Final = f"{TYPED}.broadcast"
RENEWAL: Final = f"{TYPED}.renewal"
_SAID_UNASKED: Final[tuple[type[TypedAnswer], ...]] = (Greeting, *UPDATES)


def typed_messages(schemas: Schemas) -> dict[str, Json]:
    """The messages of `/ws` in both directions, by their names in the document."""
    messages: dict[str, Json] = {}
    for declared in MESSAGES.values():
        messages[_name(declared.name)] = _request(schemas, declared)
        messages[_name(declared.response.kind)] = _answer(schemas, declared.response)
    for answer in _SAID_UNASKED:
        messages[_name(answer.kind)] = _answer(schemas, answer)
    schemas.all[TaskData.__name__]["required"] = list(NEEDED)
    codes = [code.value for code in RefusalCode]
    error = _answer(schemas, TypedRefusal)
    error["payload"]["properties"]["code"]["examples"] = codes
    messages[ERROR_MESSAGE] = error | {"x-errors": codes}
    messages[BROADCAST] = _broadcast()
    messages[RENEWAL] = _message(RENEWAL, documentation(Renew), schemas.reference(Renew))
    return messages


def typed_channel() -> Json:
    """The channel. Source: AsyncAPI WebSockets bindings 0.1.0."""
    names = [*_requests(), *_told(), BROADCAST, RENEWAL]
    query = {
        "type": "object",
        "properties": {
            SESSION: {"type": "string", "description": "Where to work, instead of in the automation session"},
            "token": {"type": "string", "description": "An access token or an API key"},
        },
    }
    return {
        "address": OpencodeDoor.path,
        "title": "Typed messages (S4), and events for those who only listen (S1)",
        "description": "Until its first typed message, a connection is sent every event as `{event, data}`. "
        "Messages are answered one after the other, in their order.",
        "servers": [{"$ref": f"#/servers/{TYPED}"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"ws": {"method": "GET", "query": query}},
    }


def typed_operations() -> dict[str, Json]:
    """What the server receives on the channel with its answers, and what it sends by itself."""
    made: dict[str, Json] = {}
    for declared in MESSAGES.values():
        answers = [_name(declared.response.kind), ERROR_MESSAGE]
        made[_name(declared.name)] = {
            **_operation("receive", _name(declared.name)),
            "reply": {"channel": _CHANNEL, "messages": [_reference(name) for name in answers]},
        }
    made[RENEWAL] = _operation("receive", RENEWAL)
    for name in (*(_name(answer.kind) for answer in _SAID_UNASKED), ERROR_MESSAGE, BROADCAST):
        made[name] = _operation("send", name)
    return made


_CHANNEL: Final = {"$ref": f"#/channels/{TYPED}"}


def _operation(action: str, name: str) -> Json:
    return {"action": action, "channel": _CHANNEL, "messages": [_reference(name)]}


def _requests() -> list[str]:
    return [_name(name) for name in MESSAGES]


def _told() -> list[str]:
    answers = [each.response for each in MESSAGES.values()]
    answers += [*_SAID_UNASKED, TypedRefusal]
    return [_name(answer.kind) for answer in answers]


def _request(schemas: Schemas, declared: TypedMessage) -> Json:
    payload = _typed(schemas, declared.request, declared.name)
    message = _message(declared.name, declared.documentation, payload)
    return message | {"x-operations": list(declared.operations)}


def _answer(schemas: Schemas, answer: type[TypedAnswer]) -> Json:
    payload = _typed(schemas, answer, answer.kind) | {"additionalProperties": False}
    return _message(answer.kind, documentation(answer), payload)


def _typed(schemas: Schemas, shape: type[Shape], kind: str) -> Json:
    """An object with the shape's fields beside its type."""
    properties: Json = {"type": {"type": "string", "const": kind}}
    required = ["type"]
    for name, schema, is_required in schemas.properties(shape):
        properties[name] = schema
        required += [name] if is_required else []
    return {"type": "object", "properties": properties, "required": required}


def _broadcast() -> Json:
    payload = {"oneOf": [_broadcast_event(happened) for happened in EVENTS.values() if happened.in_session]}
    text = "An event of a session, as Socket.IO clients get it in `data`.\nUntil the first typed message."
    return _message(BROADCAST, text, payload)


def _broadcast_event(happened: type[Event]) -> Json:
    return {
        "type": "object",
        "properties": {
            "event": {"type": "string", "const": happened.name},
            "data": schema_reference(event_payload_name(happened)),
        },
        "required": ["event", "data"],
        "additionalProperties": False,
    }


def _message(name: str, text: str, payload: Json) -> Json:
    summary, description = split_documentation(text)
    message: Json = {"name": name, "title": name, "summary": summary, "payload": payload}
    return message | ({"description": description} if description else {})


def _name(kind: str) -> str:
    return f"{TYPED}.{kind}"


def _reference(name: str) -> Json:
    return {"$ref": f"#/channels/{TYPED}/messages/{name}"}
