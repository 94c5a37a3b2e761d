"""Signing in at an OpenID Connect provider: an independent one, and a browser that follows its redirects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import aiohttp
import pytest
from oauthlib.oauth2 import WebApplicationClient

from roocode_server.models.identifier import new_id
from tests.support.openid_provider import OpenIdProvider, sign_in_at_provider
from tests.support.server import Answer, ServerProcess

VERIFIER = WebApplicationClient("").create_code_verifier(64)
CHALLENGE = WebApplicationClient("").create_code_challenge(VERIFIER, "S256")
PASSWORD = "long enough for anybody"
COOKIE = "roocode-sign-in"


@dataclass
class Browser:
    """Follows redirects, one at a time, and keeps cookies."""

    server: ServerProcess
    session: aiohttp.ClientSession
    person: str = field(default_factory=lambda: f"{new_id('somebody')}@example.com")
    """Who sits there; nobody else knows the address."""

    async def start(self, *, next_path: str | None = None) -> str:
        """Start a sign-in; where the browser is sent."""
        query = {"challenge": CHALLENGE} | ({} if next_path is None else {"next": next_path})
        return await self.go(f"{self.server.url}/auth/company/start?{urlencode(query)}")

    async def go(self, url: str) -> str:
        """Where an address redirects to."""
        async with self.session.get(url, allow_redirects=False) as response:
            assert response.status == 303, await response.text()
            return response.headers["Location"]

    async def sign_in(self) -> str:
        """The whole way; the code that it ends with."""
        return code_in(await self.go(await self.answer()))

    async def answer(self) -> str:
        """Sign in at the provider; its answer, which the server has not got yet."""
        return await sign_in_at_provider(self.session, await self.start(), self.person)


def code_in(location: str) -> str:
    """The code that the dashboard is handed."""
    return parse_qs(urlsplit(location).fragment)["sign-in"][0]


def reason_in(location: str) -> str:
    """The word for what went wrong."""
    return parse_qs(urlsplit(location).fragment)["sign-in-refused"][0]


def changed(url: str, **parameters: str | None) -> str:
    """An address with other parameters; None takes one away."""
    query = {**dict(parse_qsl(urlsplit(url).query)), **parameters}
    return url.partition("?")[0] + "?" + urlencode({k: v for k, v in query.items() if v is not None})


@asynccontextmanager
async def opened(server: ServerProcess) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Browser(server, session)


@pytest.fixture(scope="module")
def company() -> Iterator[OpenIdProvider]:
    """The provider of all tests that leave it as they found it."""
    provider = OpenIdProvider().start()
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def signed(company: OpenIdProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with that provider; each test is about another person."""
    named = {f"ROOCODE_{name.upper()}": text for name, text in company.settings().items()}
    server = ServerProcess(tmp_path_factory.mktemp("signed") / "data", named).start()
    yield server
    server.end()


@pytest.fixture
async def browser(signed: ServerProcess) -> AsyncIterator[Browser]:
    async with opened(signed) as session:
        yield session


def redeem(server: ServerProcess, code: str, verifier: str = VERIFIER) -> Answer:
    body = {"code": code, "codeVerifier": verifier}
    return server.request("POST", "/api/v1/auth/oidc/company", body, key=None)


def log_in(server: ServerProcess, email: str) -> str:
    """An access token of somebody with a password."""
    server.request("POST", "/api/v1/users", {"email": email, "name": "Ada", "password": PASSWORD})
    answer = server.request("POST", "/api/v1/auth/login", {"email": email, "password": PASSWORD}, key=None)
    return str(answer.body["tokens"]["accessToken"])


def link(server: ServerProcess, token: str, code: str) -> Answer:
    body = {"code": code, "codeVerifier": VERIFIER}
    return server.request("POST", "/api/v1/identities/company", body, key=token)


class TestSigningIn:
    async def test_the_first_sign_in_makes_an_account_and_the_next_one_finds_it(
        self, browser: Browser
    ) -> None:
        server = browser.server
        first = redeem(server, await browser.sign_in())
        assert first.status == 200, first.body
        user = first.body["user"]
        name = browser.person.partition("@")[0]
        assert (user["email"], user["name"], user["roles"]) == (browser.person, name, ["developer"])
        profile = server.request("GET", "/api/v1/auth/profile", key=first.body["tokens"]["accessToken"])
        assert profile.body["user"]["id"] == user["id"]
        assert redeem(server, await browser.sign_in()).body["user"]["id"] == user["id"]

    async def test_the_provider_is_asked_with_state_nonce_and_pkce(self, browser: Browser) -> None:
        sent_to = await browser.start()
        asked = dict(parse_qsl(urlsplit(sent_to).query))
        again = dict(parse_qsl(urlsplit(await browser.start()).query))
        assert asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == f"{browser.server.url}/auth/company/callback"
        assert asked["scope"] == "openid email profile"
        for name in ("state", "nonce", "code_challenge"):
            assert len(asked[name]) == 43
            assert asked[name] != again[name]

    async def test_the_browser_goes_on_where_it_was(self, browser: Browser) -> None:
        there = await browser.start(next_path="/?session=session-1")
        location = await browser.go(await sign_in_at_provider(browser.session, there, browser.person))
        assert location.startswith(f"{browser.server.url}/?session=session-1#sign-in=")

    async def test_the_cookie_is_for_this_browser_alone(self, browser: Browser) -> None:
        address = f"{browser.server.url}/auth/company/start?challenge={CHALLENGE}"
        async with browser.session.get(address, allow_redirects=False) as response:
            [cookie] = response.headers.getall("Set-Cookie")
        assert cookie.startswith(f"{COOKIE}-")
        assert {"HttpOnly", "SameSite=Lax", "Max-Age=600"} <= set(cookie.split("; "))
        for secret in (VERIFIER, "company"):
            assert secret not in cookie

    async def test_everybody_may_know_where_one_can_sign_in(self, signed: ServerProcess) -> None:
        told = signed.request("GET", "/api/v1/auth/providers", key=None).body
        start = f"{signed.url}/auth/company/start"
        assert told == {"providers": [{"name": "company", "label": "Company", "startUrl": start}]}

    async def test_it_is_an_entry_of_the_audit_log(self, browser: Browser) -> None:
        request_id = redeem(browser.server, await browser.sign_in()).headers["x-request-id"]
        entries = browser.server.request("GET", "/api/v1/audit?operation=auth.oidc&limit=100").body["data"]
        [entry] = [each for each in entries if each["requestId"] == request_id]
        assert (entry["subject"], entry["status"]) == ({"provider": "company"}, 200)


class TestRefusals:
    @pytest.mark.parametrize(
        "next_path",
        [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "evil.example",
            "javascript:alert(1)",
            "/#sign-in=x",
            "/\nx",
            "",
        ],
    )
    async def test_no_sign_in_leads_elsewhere(self, signed: ServerProcess, next_path: str) -> None:
        query = urlencode({"challenge": CHALLENGE, "next": next_path})
        refusal = signed.request("GET", f"/auth/company/start?{query}", key=None)
        assert (refusal.status, refusal.body["error"]["details"]["field"]) == (400, "next")

    @pytest.mark.parametrize("challenge", ["", "short", "x" * 44, "é" * 43])
    async def test_a_sign_in_needs_a_challenge(self, signed: ServerProcess, challenge: str) -> None:
        query = urlencode({"challenge": challenge})
        assert signed.request("GET", f"/auth/company/start?{query}", key=None).status == 400

    async def test_a_provider_that_there_is_not(self, signed: ServerProcess) -> None:
        for path in (f"/auth/other/start?challenge={CHALLENGE}", "/auth/other/callback?state=x&code=x"):
            assert signed.request("GET", path, key=None).code == "RESOURCE_NOT_FOUND"

    async def test_an_answer_counts_once(self, browser: Browser) -> None:
        answer = await browser.answer()
        cookies = list(browser.session.cookie_jar)
        code_in(await browser.go(answer))
        browser.session.cookie_jar.update_cookies({each.key: each for each in cookies})
        assert any(each.key.startswith(COOKIE) for each in browser.session.cookie_jar)
        assert reason_in(await browser.go(answer)) == "expired"
        assert "has ended before" in browser.server.log

    async def test_an_answer_in_another_browser_counts_for_nothing(self, browser: Browser) -> None:
        answer = await browser.answer()
        async with opened(browser.server) as stranger:
            assert reason_in(await stranger.go(answer)) == "expired"
            await stranger.start()
            assert reason_in(await stranger.go(answer)) == "expired"
        code_in(await browser.go(answer))

    async def test_a_state_that_is_forged_counts_for_nothing(self, browser: Browser) -> None:
        answer = await browser.answer()
        assert reason_in(await browser.go(changed(answer, state="x" * 43))) == "expired"

    async def test_an_answer_of_another_issuer_counts_for_nothing(self, browser: Browser) -> None:
        answer = await browser.answer()
        assert reason_in(await browser.go(changed(answer, iss="https://evil.example"))) == "untrusted"

    async def test_an_answer_without_its_issuer_counts_for_nothing(self, browser: Browser) -> None:
        answer = await browser.answer()
        assert "iss=" in answer
        assert reason_in(await browser.go(changed(answer, iss=None))) == "untrusted"

    async def test_a_code_that_is_not_the_providers_counts_for_nothing(self, browser: Browser) -> None:
        answer = await browser.answer()
        assert reason_in(await browser.go(changed(answer, code="forged"))) == "expired"

    async def test_a_code_of_another_sign_in_counts_for_nothing(self, browser: Browser) -> None:
        async with opened(browser.server) as attacker:
            stolen = dict(parse_qsl(urlsplit(await attacker.answer()).query))["code"]
        answer = await browser.answer()
        assert reason_in(await browser.go(changed(answer, code=stolen))) == "expired"

    async def test_pkce_cannot_be_taken_away_on_the_way(self, browser: Browser) -> None:
        """The provider then gives a code for no verifier, and does not take it with one (RFC 9700, 2.1.1)."""
        there = changed(await browser.start(), code_challenge=None, code_challenge_method=None)
        answer = await sign_in_at_provider(browser.session, there, browser.person)
        assert "code=" in answer
        assert reason_in(await browser.go(answer)) == "expired"

    async def test_somebody_changes_their_mind_at_the_provider(self, browser: Browser) -> None:
        there = await browser.start()
        async with browser.session.get(there) as response:
            abort = f"{response.url}/abort"
        async with browser.session.get(abort, allow_redirects=False) as response:
            resume = response.headers["Location"]
        answer = await sign_in_at_provider(browser.session, resume, browser.person)
        assert "error=access_denied" in answer
        assert reason_in(await browser.go(answer)) == "denied"

    async def test_a_code_works_once_and_with_its_verifier_alone(self, browser: Browser) -> None:
        code = await browser.sign_in()
        assert redeem(browser.server, code, "x" * 43).code == "AUTHENTICATION_FAILED"
        assert redeem(browser.server, code).code == "AUTHENTICATION_FAILED"
        code = await browser.sign_in()
        assert redeem(browser.server, code).status == 200
        assert redeem(browser.server, code).code == "AUTHENTICATION_FAILED"

    async def test_an_address_that_is_not_allowed(self, browser: Browser) -> None:
        browser.person = "somebody@example.org"
        refusal = redeem(browser.server, await browser.sign_in())
        assert refusal.code == "PERMISSION_DENIED"

    async def test_an_address_that_nobody_has_verified(self, browser: Browser) -> None:
        browser.person = "unverified@example.com"
        refusal = redeem(browser.server, await browser.sign_in())
        assert refusal.code == "PERMISSION_DENIED"

    async def test_where_nobody_signs_up_a_stranger_gets_no_account(
        self, company: OpenIdProvider, start_server: Callable[..., ServerProcess]
    ) -> None:
        server = start_server(**company.settings(sign_up="false"))
        async with opened(server) as browser:
            assert redeem(server, await browser.sign_in()).code == "PERMISSION_DENIED"
        assert server.request("GET", "/api/v1/users").body["pagination"]["total"] == 1

    async def test_an_address_with_an_account_joins_it_to_nobody(self, browser: Browser) -> None:
        log_in(browser.server, browser.person)
        refusal = redeem(browser.server, await browser.sign_in())
        assert refusal.code == "RESOURCE_CONFLICT"
        assert "log in to it and link" in refusal.body["error"]["message"]

    async def test_who_is_disabled_does_not_get_in(self, browser: Browser) -> None:
        user = redeem(browser.server, await browser.sign_in()).body["user"]
        browser.server.request("PUT", f"/api/v1/users/{user['id']}", {"disabled": True})
        assert redeem(browser.server, await browser.sign_in()).code == "AUTHENTICATION_FAILED"

    async def test_sign_ins_are_counted(
        self, company: OpenIdProvider, start_server: Callable[..., ServerProcess]
    ) -> None:
        server = start_server(**company.settings(), limits__authentication="1")
        async with opened(server) as browser:
            assert (await browser.start()).startswith(company.issuer)
            assert reason_in(await browser.start()) == "busy"


async def test_a_server_starts_without_its_provider_and_finds_the_keys_that_it_has_later(
    openid_provider: OpenIdProvider, start_server: Callable[..., ServerProcess]
) -> None:
    openid_provider.stop()
    server = start_server(**openid_provider.settings())
    async with opened(server) as browser:
        assert reason_in(await browser.start()) == "unavailable"
        openid_provider.start(urlsplit(openid_provider.issuer).port or 0)
        first = redeem(server, await browser.sign_in())
        assert first.status == 200, first.body
        openid_provider.restart()
        browser.session.cookie_jar.clear()
        again = redeem(server, await browser.sign_in())
        assert again.body["user"]["id"] == first.body["user"]["id"]


@pytest.mark.parametrize(
    ("public_url", "cookie_name", "path"),
    [
        ("https://agents.example.com", f"__Host-{COOKIE}-", "Path=/"),
        ("https://example.com/agents", f"__Secure-{COOKIE}-", "Path=/agents"),
    ],
)
async def test_over_tls_the_cookie_is_for_this_host_and_path_alone(
    company: OpenIdProvider,
    start_server: Callable[..., ServerProcess],
    public_url: str,
    cookie_name: str,
    path: str,
) -> None:
    server = start_server(**company.settings(), server__public_url=public_url)
    started = server.request("GET", f"/auth/company/start?challenge={CHALLENGE}", key=None)
    asked = dict(parse_qsl(urlsplit(started.headers["location"]).query))
    assert asked["redirect_uri"] == f"{public_url}/auth/company/callback"
    cookie = started.headers["set-cookie"]
    assert cookie.startswith(cookie_name.lower())
    assert {path.lower(), "secure", "httponly", "samesite=lax"} <= set(cookie.split("; "))
    ended = server.request("GET", "/auth/company/callback?state=x&code=x", key=None)
    assert ended.headers["location"] == f"{public_url}/#sign-in-refused=expired"


class TestLinking:
    async def test_who_is_logged_in_links_a_sign_in_to_their_account(self, browser: Browser) -> None:
        server, token = browser.server, log_in(browser.server, f"linked-{browser.person}")
        linked = link(server, token, await browser.sign_in())
        assert linked.status == 200, linked.body
        identity = linked.body["identity"]
        assert (identity["provider"], identity["email"]) == ("company", browser.person)
        listed = server.request("GET", "/api/v1/identities", key=token).body["identities"]
        assert [each["id"] for each in listed] == [identity["id"]]
        user = redeem(server, await browser.sign_in()).body["user"]
        assert user["email"] == f"linked-{browser.person}"

    async def test_a_key_links_nobody(self, browser: Browser) -> None:
        assert link(browser.server, browser.server.key, "code").code == "RESOURCE_CONFLICT"

    async def test_a_sign_in_belongs_to_one_account(self, browser: Browser) -> None:
        server = browser.server
        redeem(server, await browser.sign_in())
        token = log_in(server, f"linked-{browser.person}")
        assert link(server, token, await browser.sign_in()).code == "RESOURCE_CONFLICT"

    async def test_a_sign_in_that_is_unlinked_logs_in_no_more(self, browser: Browser) -> None:
        server, token = browser.server, log_in(browser.server, browser.person)
        identity = link(server, token, await browser.sign_in()).body["identity"]
        path = f"/api/v1/identities/{identity['id']}"
        assert server.request("DELETE", path, key=token).status == 200
        assert server.request("DELETE", path, key=token).code == "RESOURCE_NOT_FOUND"
        assert redeem(server, await browser.sign_in()).code == "RESOURCE_CONFLICT"

    async def test_nobody_takes_away_another_ones_sign_in(self, browser: Browser) -> None:
        server, token = browser.server, log_in(browser.server, browser.person)
        identity = link(server, token, await browser.sign_in()).body["identity"]
        path = f"/api/v1/identities/{identity['id']}"
        assert server.request("DELETE", path).code == "RESOURCE_NOT_FOUND"

    async def test_the_only_way_to_log_in_stays(self, browser: Browser) -> None:
        server = browser.server
        tokens: dict[str, Any] = redeem(server, await browser.sign_in()).body["tokens"]
        token = tokens["accessToken"]
        [only] = server.request("GET", "/api/v1/identities", key=token).body["identities"]
        path = f"/api/v1/identities/{only['id']}"
        assert server.request("DELETE", path, key=token).code == "RESOURCE_CONFLICT"
        async with opened(server) as another:
            assert link(server, token, await another.sign_in()).status == 200
        assert server.request("DELETE", path, key=token).status == 200
