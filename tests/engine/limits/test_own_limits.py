"""The limits of a new key: an administrator gives any, others no more than they have."""

from __future__ import annotations

import pytest

from roocode_server.engine.limits.rates import RateLimits
from roocode_server.models.error import InvalidField, PermissionDenied
from roocode_server.models.identifier import UserId
from roocode_server.models.limit_settings import LimitSettings
from roocode_server.models.quota import NO_LIMITS, Limit, OwnLimits
from roocode_server.models.user import Caller, Credential, Role

SETTINGS = LimitSettings(file_operations=100, tool_execution=20, connections=None)


def caller(role: Role, limits: OwnLimits | None = None) -> Caller:
    return Caller(
        user_id=UserId("user-1"),
        email="one@example.com",
        roles=(role,),
        permissions=frozenset(),
        expires_at=None,
        credential=Credential.KEY,
        credential_id="key-1",
        request_id="",
        base_url="",
        limits=limits,
    )


def by_limit(given: OwnLimits | None) -> dict[Limit, int | None] | None:
    return given and {Limit(name): number for name, number in given.items()}


@pytest.mark.parametrize(
    ("role", "own", "given", "of_key"),
    [
        (Role.DEVELOPER, None, None, None),
        (Role.DEVELOPER, None, {}, None),
        (Role.DEVELOPER, None, {"file_operations": 100}, {"file_operations": 100}),
        (Role.DEVELOPER, None, {"connections": None}, {"connections": None}),
        (Role.DEVELOPER, {"file_operations": 500}, {"file_operations": 300}, {"file_operations": 300}),
        (Role.DEVELOPER, {"file_operations": 500}, None, None),
        (Role.DEVELOPER, {"file_operations": 5}, None, {"file_operations": 5}),
        (
            Role.DEVELOPER,
            {"connections": 5},
            {"file_operations": 9},
            {"connections": 5, "file_operations": 9},
        ),
        (Role.ADMIN, None, {"file_operations": None}, {"file_operations": None}),
        (Role.ADMIN, {"file_operations": 5}, {"file_operations": 9}, {"file_operations": 9}),
        (Role.ADMIN, NO_LIMITS, None, None),
    ],
)
def test_a_key_has_what_is_given_and_what_its_maker_has_less_of(
    role: Role, own: OwnLimits | None, given: OwnLimits | None, of_key: OwnLimits | None
) -> None:
    assert RateLimits(SETTINGS).of_new_key(caller(role, own), by_limit(given)) == of_key


@pytest.mark.parametrize(
    ("own", "given"),
    [
        (None, {"file_operations": 101}),
        (None, {"tool_execution": None}),
        ({"file_operations": 5}, {"file_operations": 6}),
        ({"connections": 5}, {"connections": None}),
    ],
)
def test_nobody_but_an_administrator_gives_more_than_they_have(
    own: OwnLimits | None, given: OwnLimits
) -> None:
    with pytest.raises(PermissionDenied):
        RateLimits(SETTINGS).of_new_key(caller(Role.DEVELOPER, own), by_limit(given))


@pytest.mark.parametrize("number", [0, -1, 1_000_001])
def test_what_is_no_limit_is_named(number: int) -> None:
    with pytest.raises(InvalidField) as refused:
        RateLimits(SETTINGS).of_new_key(caller(Role.ADMIN), {Limit.CONNECTIONS: number})
    assert refused.value.details["field"] == "limits.connections"
