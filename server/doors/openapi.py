"""The OpenAPI 3.1 document of the REST interface, generated from the registry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from roocode_server.handlers.operation import Operation, Registry, RestBinding, annotations_of
from roocode_server.models.error import (
    AppError,
    AuthenticationFailed,
    InternalError,
    PayloadTooLarge,
    PermissionDenied,
    RangeNotSatisfiable,
    RateLimitExceeded,
    RequestTimeout,
    TokenExpired,
    ValidationFailed,
)
from roocode_server.models.release import release
from roocode_server.server.doors.crogia_document import TAG, crogia_paths
from roocode_server.server.doors.rest import (
    CONDITIONS,
    IDEMPOTENCY_KEY_HEADER,
    LAST_EVENT_ID_HEADER,
    WITH_BODY,
)
from roocode_server.server.doors.schemas import (
    ERROR,
    Json,
    Schemas,
    documentation,
    schema_reference,
    split_documentation,
)

COMMON: Final = (
    ValidationFailed,
    AuthenticationFailed,
    TokenExpired,
    PermissionDenied,
    PayloadTooLarge,
    InternalError,
)
"""What any request can be refused for, before its operation is looked at or where the server itself fails.

The head of a request has a bound, too: addresses and headers can be too large.
"""

SECURITY_SCHEMES: Final[Json] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The `accessToken` of a login, or an API key.",
    },
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key."},
}

LIMIT_HEADERS: Final[Json] = {
    name: {"description": description, "schema": {"type": "integer"}}
    for name, description in {
        "X-RateLimit-Limit": "Requests of this class per minute; left out without a limit",
        "X-RateLimit-Remaining": "How many of them remain",
        "X-RateLimit-Reset": "When all of them are available again, in seconds since 1970",
    }.items()
}
UNCOUNTED: Final = frozenset({"401", "403"})
"""Statuses of refused callers, whose calls are not counted."""

RETRY_AFTER: Final[Json] = {
    "Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}},
}

OF_S3: Final = "A second interface to the same sessions as `/api/v1`. Its events: `/ws/{session_id}`."
OPENAPI_DESCRIPTION: Final = """\
Open a session, give its agent a task, follow it and approve what is risky. Every operation here is also a
Socket.IO event of the same name, and its acknowledgement is the same body: see `/asyncapi.json`.
"""


def openapi_document(registry: Registry, transfers: Registry) -> Json:
    """The document, JSON-ready. Source: OpenAPI Specification 3.1.1."""
    schemas = Schemas()
    paths: dict[str, Json] = {}
    for declared in (*registry.values(), *transfers.values()):
        if declared.rest is not None:
            entry = _operation(schemas, declared, declared.rest)
            paths.setdefault(declared.rest.path, {})[declared.rest.method.lower()] = entry
    paths |= crogia_paths(schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "roocode-server",
            "version": release(),
            "description": OPENAPI_DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "./", "description": "The server that provides this document"}],
        "security": [{name: []} for name in SECURITY_SCHEMES],
        "tags": [
            *({"name": name} for name in _tags(registry, transfers)),
            {"name": TAG, "description": OF_S3},
        ],
        "paths": paths,
        "components": {"schemas": schemas.all, "securitySchemes": SECURITY_SCHEMES},
    }


def _tags(*registries: Registry) -> list[str]:
    declared = (each for registry in registries for each in registry.values() if each.rest)
    return list(dict.fromkeys(_tag(each) for each in declared))


def _tag(declared: Operation) -> str:
    return declared.name.partition(".")[0]


def _operation(schemas: Schemas, declared: Operation, binding: RestBinding) -> Json:
    summary, description = split_documentation(declared.documentation)
    entry: Json = {
        "operationId": declared.name,
        "tags": [_tag(declared)],
        "summary": summary,
        "description": description,
        "parameters": [*_parameters(schemas, declared, binding), *_condition(declared)],
        "responses": _responses(schemas, declared, binding),
        **annotations_of(declared),
    }
    if declared.permission is None:
        entry["security"] = []
    if (body := _body(schemas, declared, binding)) is not None:
        entry["requestBody"] = body
    return entry


def _parameters(schemas: Schemas, declared: Operation, binding: RestBinding) -> Iterator[Json]:
    """Parameters in the path, and for methods without a body all other fields."""
    for name, schema, is_required in schemas.properties(declared.request):
        in_path = name in binding.placeholders
        if not in_path and binding.method in WITH_BODY and declared.streams is None:
            continue
        parameter: Json = {
            "name": name,
            "in": "path" if in_path else "query",
            "required": in_path or is_required,
            "schema": schema,
        }
        texts = [schema.pop("description", None), "Takes slashes." if name == binding.tail else None]
        if any(texts):
            parameter["description"] = ". ".join(text for text in texts if text)
        yield parameter


def _condition(declared: Operation) -> Iterator[Json]:
    """Headers that give fields, and those of a download."""
    named = {
        name: f"As `{field}`: RFC 9110, 13.1"
        for field, name in CONDITIONS.items()
        if field in declared.wire_names
    }
    if declared.needs_receipt:
        named[IDEMPOTENCY_KEY_HEADER] = "As `idempotencyKey`, in quotation marks or without"
    if "lastEventId" in declared.wire_names:
        named[LAST_EVENT_ID_HEADER] = "As `lastEventId`, over which it prevails: WHATWG HTML, 9.2.4"
    if RangeNotSatisfiable in declared.errors:
        named |= {
            "Range": "One range of bytes: RFC 9110, 14.2",
            "If-Range": "An `ETag`: the range applies only to this content",
            "If-None-Match": "An `ETag`: the answer is 304 if the caller already has this content",
        }
    for name, description in named.items():
        yield {
            "name": name,
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "description": description,
        }


def _body(schemas: Schemas, declared: Operation, binding: RestBinding) -> Json | None:
    if binding.method not in WITH_BODY:
        return None
    if declared.streams is not None:
        return {"required": True, "content": _bytes(declared.streams.upload)}
    reference = schemas.without(declared.request, binding.placeholders)
    if reference is None:
        return None
    is_required = any(
        required and name not in binding.placeholders
        for name, _, required in schemas.properties(declared.request)
    )
    return {"required": is_required, "content": _json(reference)}


def _responses(schemas: Schemas, declared: Operation, binding: RestBinding) -> Json:
    made = () if binding.made_if is None else (201,)
    responses = {str(status): _success(schemas, declared, status) for status in (binding.status, *made)}
    if RangeNotSatisfiable in declared.errors:
        responses["206"] = {**responses["200"], "description": "The range that was asked for."}
        responses["304"] = {"description": "The caller has the file already."}
    by_status: dict[int, list[type[AppError]]] = {}
    for error in errors_of(declared):
        by_status.setdefault(error.status, []).append(error)
    for number, errors in sorted(by_status.items()):
        responses[str(number)] = _refusal(errors)
    if declared.limit is not None:
        for status, response in responses.items():
            if status not in UNCOUNTED:
                response["headers"] = {**response.get("headers", {}), **LIMIT_HEADERS}
    refused = responses.get(str(RateLimitExceeded.status))
    if refused is not None:
        refused["headers"] = {**refused.get("headers", {}), **RETRY_AFTER}
    return responses


def _success(schemas: Schemas, declared: Operation, status: int) -> Json:
    shape = declared.response
    success: Json = {
        "description": documentation(shape) or "Done.",
        "headers": {
            "X-Request-ID": {
                "description": "Finds the call in the server's log",
                "schema": {"type": "string"},
            }
        },
        "content": _json(schemas.reference(shape)),
    }
    if status == 201:
        success["headers"]["Location"] = {
            "description": "Where what was made can be read",
            "schema": {"type": "string", "format": "uri"},
        }
    if declared.streams is not None and declared.streams.download:
        success["content"] = _bytes(declared.streams.download)
    return success


def errors_of(declared: Operation) -> list[type[AppError]]:
    """All errors that the operation can answer with, each once."""
    has_body = declared.rest is not None and declared.rest.method in WITH_BODY
    of_body = (RequestTimeout,) if has_body else ()
    return list(dict.fromkeys((*declared.errors, *COMMON, *of_body)))


def _refusal(errors: list[type[AppError]]) -> Json:
    """The response for one status: its codes, each with its meaning."""
    codes = {error.code: split_documentation(documentation(error))[0] for error in errors}
    narrowed = {"properties": {"error": {"properties": {"code": {"enum": list(codes)}}}}}
    return {
        "description": "\n".join(f"- `{code}`: {meaning}" for code, meaning in codes.items()),
        "content": _json({"allOf": [schema_reference(ERROR), narrowed]}),
    }


def _bytes(media_types: Sequence[str]) -> dict[str, Any]:
    """Raw bytes, or a text that is no JSON."""
    return {
        each: {"schema": {"type": "string"} | ({} if each.startswith("text/") else {"format": "binary"})}
        for each in media_types
    }


def _json(schema: Json) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
