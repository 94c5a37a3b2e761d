"""The OpenAPI document is valid, complete, and matches the server's answers."""

from __future__ import annotations

from typing import Any

import pytest

from roocode_server.handlers.operation import Registry
from roocode_server.models.quota import Limit
from roocode_server.models.shape import Shape, value
from roocode_server.server.doors.openapi import WITH_BODY
from roocode_server.server.doors.schemas import Schemas
from tests.support.documents import mistakes
from tests.support.server import ServerProcess

Json = dict[str, Any]


@pytest.fixture(scope="module")
def document(server: ServerProcess) -> Json:
    answer = server.request("GET", "/openapi.json", key=None)
    assert answer.status == 200
    found: Json = answer.body
    return found


def entries(document: Json) -> dict[str, Json]:
    """Each operation of the document by its id; those of the dialect S3 are no operations of their own."""
    own = [path for place, path in document["paths"].items() if place.startswith("/api/v1/")]
    return {entry["operationId"]: entry for path in own for entry in path.values()}


def body_of(document: Json, entry: Json) -> Json:
    """The schema of the request's body, its reference followed; empty if there is none."""
    if "requestBody" not in entry:
        return {}
    content = entry["requestBody"]["content"]
    if "application/json" not in content:
        return {}
    reference = content["application/json"]["schema"]["$ref"]
    found: Json = document["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def test_it_is_valid(document: Json) -> None:
    from openapi_spec_validator import validate  # takes half a second, which other tests need not wait for

    validate(document)


def test_every_operation_with_a_route_is_there_and_nothing_else(
    document: Json, declarations: Registry, transfers: Registry
) -> None:
    mirrored = {name for name, found in declarations.items() if found.rest}
    assert set(entries(document)) == mirrored | set(transfers)


def test_every_operation_says_what_it_does(document: Json) -> None:
    assert [name for name, entry in entries(document).items() if not entry["summary"]] == []


def test_each_field_of_a_request_has_one_place(
    document: Json, declarations: Registry, transfers: Registry
) -> None:
    every = {**declarations, **transfers}
    for name, entry in entries(document).items():
        parameters = [each["name"] for each in entry["parameters"] if each["in"] != "header"]
        fields = [*parameters, *body_of(document, entry).get("properties", {})]
        assert sorted(fields) == sorted(every[name].wire_names), name


def test_every_tag_has_its_place_in_the_order(document: Json) -> None:
    used = {tag for path in document["paths"].values() for entry in path.values() for tag in entry["tags"]}
    assert used == {tag["name"] for tag in document["tags"]}


def test_only_methods_with_a_body_have_one(document: Json) -> None:
    for path in document["paths"].values():
        for method, entry in path.items():
            assert "requestBody" not in entry or method.upper() in WITH_BODY


def test_every_declared_error_stands_under_its_status(
    document: Json, declarations: Registry, transfers: Registry
) -> None:
    every = {**declarations, **transfers}
    for name, entry in entries(document).items():
        for error in every[name].errors:
            assert f"`{error.code}`" in entry["responses"][str(error.status)]["description"], name


def test_what_needs_no_credentials_says_so(document: Json, declarations: Registry) -> None:
    open_to_all = {name for name, entry in entries(document).items() if entry.get("security") == []}
    assert open_to_all == {
        name for name, found in declarations.items() if found.permission is None and found.rest is not None
    }
    assert {next(iter(way)) for way in document["security"]} == set(document["components"]["securitySchemes"])


def test_real_answers_fit_their_schemas(server: ServerProcess, document: Json) -> None:
    calls: list[tuple[str, str, str, Any]] = [
        ("session.create", "POST", "/api/v1/sessions", {"name": "Documented"}),
        ("session.list", "GET", "/api/v1/sessions?limit=5", None),
        ("tool.list", "GET", "/api/v1/tools", None),
        ("auth.profile", "GET", "/api/v1/auth/profile", None),
        ("system.health", "GET", "/api/v1/health", None),
        ("system.resources", "GET", "/api/v1/system/resources", None),
        ("system.performance", "GET", "/api/v1/system/performance", None),
        ("session.get", "GET", "/api/v1/sessions/unknown", None),
        ("session.list", "GET", "/api/v1/sessions?limit=many", None),
    ]
    for name, method, path, body in calls:
        answer = server.request(method, path, body)
        response = entries(document)[name]["responses"][str(answer.status)]
        schema = response["content"]["application/json"]["schema"]
        assert mistakes(document, schema, answer.body) == [], (name, path)


def test_a_choice_that_may_be_left_empty_takes_null(document: Json) -> None:
    [status] = [
        parameter["schema"]
        for parameter in entries(document)["session.list"]["parameters"]
        if parameter["name"] == "status"
    ]
    assert mistakes(document, status, None) == []
    assert mistakes(document, status, "active") == []
    assert mistakes(document, status, "asleep") != []


def test_two_shapes_of_one_name_are_refused() -> None:
    def another() -> type[Shape]:
        @value
        class Thing(Shape):
            name: str

        return Thing

    schemas = Schemas()
    schemas.reference(another())
    with pytest.raises(ValueError, match="two shapes are called Thing"):
        schemas.reference(another())


def test_what_is_counted_says_what_is_left_and_when_to_come_again(document: Json) -> None:
    told = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}
    counted = [entry for entry in entries(document).values() if entry["x-limit"] is not None]
    of_sockets = {Limit.CONNECTIONS, Limit.MESSAGES, Limit.MESSAGE_TASKS}
    assert {entry["x-limit"] for entry in counted} == {*Limit} - of_sockets
    for entry in counted:
        responses = entry["responses"]
        assert told | {"Retry-After"} <= responses["429"]["headers"].keys()
        assert all(told <= responses[status]["headers"].keys() for status in ("400", "429", "500"))
        assert told.isdisjoint(responses["401"].get("headers", {}))


def test_what_is_not_counted_is_refused_for_its_number_only_if_it_takes_keys_or_a_connection(
    document: Json,
) -> None:
    free = {name: entry for name, entry in entries(document).items() if entry["x-limit"] is None}
    refused = {entry["operationId"]: entry for entry in free.values() if "429" in entry["responses"]}
    keyed = {
        entry["operationId"]
        for entry in free.values()
        if any(each["name"] == "Idempotency-Key" for each in entry["parameters"])
    }
    assert refused.keys() == {*keyed, "event.stream", "event.tail"}
    assert keyed
    assert all(entry["responses"]["429"]["headers"].keys() == {"Retry-After"} for entry in refused.values())


def test_an_upload_that_may_make_a_file_or_replace_one_has_both_answers(document: Json) -> None:
    responses = entries(document)["file.upload"]["responses"]
    assert {"200", "201"} <= responses.keys()
    assert "Location" in responses["201"]["headers"]
    assert "Location" not in responses["200"]["headers"]


def test_a_download_has_the_answers_to_a_range_and_to_a_condition(document: Json) -> None:
    assert {"200", "206", "304", "416"} <= entries(document)["file.download"]["responses"].keys()


def test_every_request_can_be_told_that_its_head_is_too_large(document: Json) -> None:
    assert [name for name, entry in entries(document).items() if "413" not in entry["responses"]] == []
