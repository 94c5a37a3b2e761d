"""Forged, foreign and expired tokens, in each place where credentials can be sent."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import aiohttp
import jwt
import pytest

from tests.end_to_end.hostile.talking import code_of, talking
from tests.support.server import ServerProcess

PROFILE = "/api/v1/auth/profile"


@pytest.fixture(scope="module")
def login(server: ServerProcess) -> dict[str, Any]:
    """The tokens of the administrator's login."""
    admin = server.admin
    answer = server.request(
        "POST", "/api/v1/auth/login", {"email": admin["email"], "password": admin["password"]}, key=None
    )
    assert answer.status == 200, answer.body
    body: dict[str, Any] = answer.body["tokens"]
    return body


def _part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def _forgeries(login: dict[str, Any]) -> dict[str, str]:
    """Tokens that are none, by what is wrong with them."""
    token = login["accessToken"]
    claims = jwt.decode(token, options={"verify_signature": False})
    head, body, signature = token.split(".")
    soon = int(time.time()) + 3600
    wrong = "a secret of the attacker's own choosing"
    return {
        "no algorithm": f"{_part({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        "no algorithm, in capitals": f"{_part({'alg': 'NONE'})}.{body}.{signature}",
        "another algorithm": jwt.encode(claims, wrong * 2, algorithm="HS512"),
        "another secret": jwt.encode(claims, wrong, algorithm="HS256"),
        "an empty secret": f"{head}.{body}.",
        "another user": f"{head}.{_part({**claims, 'sub': 'user-0'})}.{signature}",
        "another expiry": f"{head}.{_part({**claims, 'exp': soon * 2})}.{signature}",
        "another audience": jwt.encode({**claims, "aud": "elsewhere"}, wrong, algorithm="HS256"),
        "cut short": token[:-1],
        "cut in half": token[: len(token) // 2],
        "one part too many": f"{token}.{signature}",
        "parts without content": "..",
        "a refresh token": login["refreshToken"],
        "a key that nobody has": "rk_" + "0" * 40,
        "no token": "x",
        "too long": "x" * 6000,
        "an object for a key id": f"{_part({'alg': 'HS256', 'kid': '../../etc/passwd'})}.{body}.{signature}",
    }


NAMES = list(_forgeries({"accessToken": jwt.encode({"sub": "x"}, "k" * 32), "refreshToken": "r"}))
PLACES = ("header", "key header", "query", "subprotocol", "auth", "api key")


async def _offer(server: ServerProcess, place: str, token: str, session_id: str) -> str | None:
    """The code with which credentials in a place are refused; None if they are taken."""
    if place in ("auth", "api key"):
        async with talking(server) as client:
            answer = await client.connect(None, **{"token" if place == "auth" else "apiKey": token})
            return code_of(answer.get("data"))
    headers = {"header": {"Authorization": f"Bearer {token}"}, "key header": {"X-API-Key": token}}
    headers["subprotocol"] = {"Sec-WebSocket-Protocol": f"bearer.{token}"}
    query = {"token": token} if place == "query" else {}
    async with (
        aiohttp.ClientSession() as http,
        http.get(server.url + PROFILE, headers=headers.get(place, {}), params=query) as answer,
    ):
        return code_of(await answer.json())


@pytest.mark.parametrize("name", NAMES)
async def test_a_forged_token_is_refused_in_every_place(
    server: ServerProcess, login: dict[str, Any], session_id: str, name: str
) -> None:
    token = _forgeries(login)[name]
    refused = {place: await _offer(server, place, token, session_id) for place in PLACES}
    assert refused == dict.fromkeys(PLACES, "AUTHENTICATION_FAILED")


async def test_the_genuine_token_is_taken_in_every_place(
    server: ServerProcess, login: dict[str, Any], session_id: str
) -> None:
    token = login["accessToken"]
    taken = {place: await _offer(server, place, token, session_id) for place in PLACES}
    assert taken == dict.fromkeys(PLACES)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "bearer", "Token x", "Bearer a b", "Bearer \u00fc"]
)
def test_a_header_that_bears_no_token_authenticates_nobody(server: ServerProcess, header: str) -> None:
    answer = server.curl("GET", PROFILE, None, "-H", f"Authorization: {header}", key=None)
    assert (answer.status, code_of(answer.body)) == (401, "AUTHENTICATION_FAILED")


def test_a_wrong_header_is_not_saved_by_a_right_query(server: ServerProcess) -> None:
    answer = server.request("GET", f"{PROFILE}?token={server.key}", None, key="forged")
    assert (answer.status, code_of(answer.body)) == (401, "AUTHENTICATION_FAILED")


def test_an_access_token_refreshes_nothing(server: ServerProcess, login: dict[str, Any]) -> None:
    answer = server.request("POST", "/api/v1/auth/refresh", {"refreshToken": login["accessToken"]}, key=None)
    assert (answer.status, code_of(answer.body)) == (401, "AUTHENTICATION_FAILED")
