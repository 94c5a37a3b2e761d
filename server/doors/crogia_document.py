"""S3's endpoints for the OpenAPI document, made from their declarations. Source: S3; OpenAPI 3.1.1."""

from __future__ import annotations

import re
from typing import Final

from roocode_server.handlers.dialects.crogia.endpoint import CrogiaEndpoint
from roocode_server.handlers.dialects.crogia.endpoints import ENDPOINTS
from roocode_server.server.doors.schemas import (
    ERROR,
    Json,
    Schemas,
    documentation,
    schema_reference,
    split_documentation,
)

TAG: Final = "S3"
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_DETAIL: Final[Json] = {
    "type": "object",
    "properties": {"detail": {"type": "string"}},
    "required": ["detail"],
}
_REFUSAL: Final[Json] = {
    "description": "Refused; `detail` says why",
    "content": {"application/json": {"schema": _DETAIL}},
}
_EARLY_REFUSAL: Final[Json] = {
    "description": "Refused; in the words of `/api/v1`, where the request was not even looked at: for its "
    "`Host` or `Origin` (403), or for the size of its head (413)",
    "content": {"application/json": {"schema": {"anyOf": [_DETAIL, schema_reference(ERROR)]}}},
}


def crogia_paths(schemas: Schemas) -> dict[str, Json]:
    """Paths of the document, JSON-ready."""
    paths: dict[str, Json] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.verb.lower()] = _entry(schemas, endpoint)
    return paths


def _entry(schemas: Schemas, endpoint: CrogiaEndpoint) -> Json:
    summary, description = split_documentation(endpoint.documentation)
    in_path = _PLACEHOLDER.findall(endpoint.path)
    fields = list(schemas.properties(endpoint.request))
    in_body = [each for each in fields if endpoint.verb == "POST" and each[0] not in in_path]
    entry: Json = {
        "operationId": endpoint.name,
        "tags": [TAG],
        "summary": summary,
        "description": description,
        "parameters": [
            {
                "name": name,
                "in": "path" if name in in_path else "query",
                "required": name in in_path or is_required,
                "schema": schema,
            }
            for name, schema, is_required in fields
            if name not in [each[0] for each in in_body]
        ],
        "responses": {
            "200": _success(schemas, endpoint),
            "403": _EARLY_REFUSAL,
            "413": _EARLY_REFUSAL,
            "default": _REFUSAL,
        },
        "x-operations": list(endpoint.operations),
    }
    if endpoint.is_open:
        entry["security"] = []
    if in_body:
        entry["requestBody"] = {
            "required": any(is_required for _, _, is_required in in_body),
            "content": {"application/json": {"schema": _object(in_body)}},
        }
    return entry


def _object(fields: list[tuple[str, Json, bool]]) -> Json:
    return {
        "type": "object",
        "properties": {name: schema for name, schema, _ in fields},
        "required": [name for name, _, is_required in fields if is_required],
        "additionalProperties": False,
    }


def _success(schemas: Schemas, endpoint: CrogiaEndpoint) -> Json:
    item = schemas.reference(endpoint.response)
    schema = {"type": "array", "items": item} if endpoint.is_list else item
    return {
        "description": documentation(endpoint.response),
        "content": {"application/json": {"schema": schema}},
    }
