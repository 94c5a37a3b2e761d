"""The dashboard's login: tokens in cookies that no script reads, which count for its own requests alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from http.cookies import Morsel, SimpleCookie
from typing import Any

import aiohttp
import pytest
import socketio

from tests.end_to_end.hostile.talking import code_of, talking
from tests.support.server import ServerProcess

PROFILE = "/api/v1/auth/profile"


class Browser:
    """What a browser sends from a page of the server, or of another place: its cookies, and what it says."""

    def __init__(self, server: ServerProcess, http: aiohttp.ClientSession) -> None:
        self.server = server
        self.http = http
        self.cookies: dict[str, str] = {}
        self.given: dict[str, Morsel[str]] = {}
        """The cookies of the last answer."""

    async def ask(
        self, method: str, path: str, body: Any = None, *, page: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """A request of a page; `page` is what the browser says of it: by default, the server's own."""
        said = {"Sec-Fetch-Site": "same-origin"} if page is None else page
        headers = {**said, **self.cookie_header()}
        async with self.http.request(method, self.server.url + path, json=body, headers=headers) as answer:
            self._keep(answer)
            return answer.status, await answer.json()

    async def log_in(self) -> dict[str, Any]:
        admin = {name: self.server.admin[name] for name in ("email", "password")}
        status, body = await self.ask("POST", "/dashboard/login", admin)
        assert status == 200, body
        found: dict[str, Any] = body
        return found

    def cookie_header(self) -> dict[str, str]:
        pairs = "; ".join(f"{name}={content}" for name, content in self.cookies.items())
        return {"Cookie": pairs} if pairs else {}

    def named(self, kind: str) -> str:
        [name] = [name for name in self.cookies if kind in name]
        return name

    def _keep(self, answer: aiohttp.ClientResponse) -> None:
        self.given = {}
        for line in answer.headers.getall("Set-Cookie", []):
            self.given.update(SimpleCookie(line))
        for name, morsel in self.given.items():
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value


@asynccontextmanager
async def browsing(server: ServerProcess) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield Browser(server, http)


@pytest.fixture
async def browser(server: ServerProcess) -> AsyncIterator[Browser]:
    async with browsing(server) as opened:
        yield opened


def origin(server: ServerProcess) -> dict[str, str]:
    return {"Origin": server.url}


OTHER_PAGES = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": ""},
]


async def test_the_tokens_of_a_login_are_in_cookies_and_nowhere_else(browser: Browser) -> None:
    body = await browser.log_in()
    assert body["user"]["email"] == browser.server.admin["email"]
    assert "tokens" not in body
    assert len(browser.given) == 2
    for morsel in browser.given.values():
        assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "Strict", "/")
        assert int(morsel["max-age"]) > 0
        assert morsel.value not in str(body)


async def test_the_cookies_authenticate_the_server_s_own_pages(browser: Browser) -> None:
    assert (await browser.ask("GET", "/dashboard/login"))[1] == {"isLoggedIn": False}
    assert (await browser.ask("GET", PROFILE))[0] == 401
    await browser.log_in()
    assert (await browser.ask("GET", "/dashboard/login"))[1] == {"isLoggedIn": True}
    for page in ({"Sec-Fetch-Site": "same-origin"}, origin(browser.server), {}):
        assert (await browser.ask("GET", PROFILE, page=page))[0] == 200, page
    for page in ({"Sec-Fetch-Site": "same-origin"}, origin(browser.server)):
        assert (await browser.ask("PUT", PROFILE, {"name": "Administrator"}, page=page))[0] == 200, page


@pytest.mark.parametrize("page", OTHER_PAGES)
async def test_for_another_page_of_the_same_site_they_count_for_nothing(
    browser: Browser, page: dict[str, str]
) -> None:
    await browser.log_in()
    assert (await browser.ask("GET", PROFILE, page=page))[0] == 401
    assert (await browser.ask("PUT", PROFILE, {"name": "Stolen"}, page=page))[0] == 401
    assert (await browser.ask("PUT", PROFILE, {"name": "Stolen"}, page={}))[0] == 401
    assert (await browser.ask("GET", "/dashboard/login", page=page))[1] == {"isLoggedIn": False}


@pytest.mark.parametrize("page", [*OTHER_PAGES, {}])
@pytest.mark.parametrize("name", ["login", "invitation", "refresh", "credential", "logout"])
async def test_another_page_logs_nobody_in_or_out(browser: Browser, page: dict[str, str], name: str) -> None:
    await browser.log_in()
    admin = {each: browser.server.admin[each] for each in ("email", "password")}
    status, body = await browser.ask("POST", f"/dashboard/{name}", admin, page=page)
    assert (status, body["error"]["code"]) == (403, "PERMISSION_DENIED")
    assert browser.given == {}
    assert (await browser.ask("GET", PROFILE))[0] == 200


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_a_socket_of_an_own_page_needs_no_token(browser: Browser, transport: str) -> None:
    await browser.log_in()
    page = {**origin(browser.server), **browser.cookie_header()}
    client = socketio.AsyncClient(reconnection=False)
    await client.connect(browser.server.url, headers=page, transports=[transport])
    try:
        answer = await client.call("auth.profile", {})
        assert answer["user"]["email"] == browser.server.admin["email"]
    finally:
        await client.disconnect()


@pytest.mark.parametrize("page", [*OTHER_PAGES, {}])
async def test_a_socket_of_another_page_is_refused(browser: Browser, page: dict[str, str]) -> None:
    await browser.log_in()
    async with talking(browser.server, headers={**page, **browser.cookie_header()}) as client:
        refusal = await client.connect(None)
        assert code_of(refusal["data"]) == "AUTHENTICATION_FAILED"


async def test_the_plain_websocket_takes_them_from_own_pages_only(browser: Browser) -> None:
    await browser.log_in()
    _, made = await browser.ask("POST", "/api/v1/sessions", {"name": "Followed"})
    url = f"{browser.server.url}/ws/{made['session']['id']}"
    own = {**origin(browser.server), **browser.cookie_header()}
    async with browser.http.ws_connect(url, headers=own) as socket:
        assert not socket.closed
    for page in ({}, {"Sec-Fetch-Site": "same-site"}):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await browser.http.ws_connect(url, headers={**page, **browser.cookie_header()})
        assert refusal.value.status == 401


async def test_a_token_in_a_header_comes_before_the_cookies(browser: Browser) -> None:
    await browser.log_in()
    wrong = {"Sec-Fetch-Site": "same-origin", "Authorization": "Bearer roo_wrong"}
    assert (await browser.ask("GET", PROFILE, page=wrong))[0] == 401
    right = {"Authorization": f"Bearer {browser.server.key}"}
    assert (await browser.ask("PUT", PROFILE, {"name": "Administrator"}, page=right))[0] == 200


async def test_tabs_that_renew_at_once_stay_logged_in(browser: Browser) -> None:
    await browser.log_in()
    before = dict(browser.cookies)
    async with browsing(browser.server) as other:
        other.cookies = dict(before)
        answers = await asyncio.gather(
            *(tab.ask("POST", "/dashboard/refresh") for tab in (browser, other, browser))
        )
        assert [status for status, _ in answers] == [200, 200, 200]
        assert other.cookies == browser.cookies != before
    assert (await browser.ask("POST", "/dashboard/refresh"))[0] == 200
    assert (await browser.ask("GET", PROFILE))[0] == 200


async def test_a_refresh_token_of_long_ago_ends_the_login_and_is_forgotten(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server()
    async with browsing(server) as browser:
        await browser.log_in()
        before = dict(browser.cookies)
        assert (await browser.ask("POST", "/dashboard/refresh"))[0] == 200
        renewed = dict(browser.cookies)
        assert server.stop() == 0  # what it remembers of renewals goes with it
        server.start()
        browser.cookies = before
        assert (await browser.ask("POST", "/dashboard/refresh"))[0] == 401
        assert browser.cookies == {}
        browser.cookies = renewed
        assert (await browser.ask("GET", PROFILE))[0] == 401


@pytest.mark.parametrize("lost", [None, "credential", "refresh"])
async def test_logging_out_ends_the_login_whatever_is_left_of_it(browser: Browser, lost: str | None) -> None:
    await browser.log_in()
    every = dict(browser.cookies)
    if lost is not None:
        del browser.cookies[browser.named(lost)]
    assert (await browser.ask("POST", "/dashboard/logout"))[1] == {"loggedOut": True}
    assert browser.cookies == {}
    assert (await browser.ask("GET", PROFILE))[0] == 401
    browser.cookies = every
    assert (await browser.ask("GET", PROFILE))[0] == 401
    assert (await browser.ask("POST", "/dashboard/refresh"))[0] == 401


async def test_logging_out_without_a_login_is_no_mistake(browser: Browser) -> None:
    assert await browser.ask("POST", "/dashboard/logout") == (200, {"loggedOut": True})


async def test_an_api_key_is_kept_until_the_browser_is_closed_and_outlives_the_logout(
    browser: Browser,
) -> None:
    await browser.log_in()
    page = {"Sec-Fetch-Site": "same-origin", "Authorization": f"Bearer {browser.server.key}"}
    status, body = await browser.ask("POST", "/dashboard/credential", page=page)
    assert (status, body["user"]["email"]) == (200, browser.server.admin["email"])
    assert list(browser.cookies.values()) == [browser.server.key]
    assert browser.given[browser.named("credential")]["max-age"] == ""
    assert (await browser.ask("GET", PROFILE))[0] == 200
    assert (await browser.ask("POST", "/dashboard/logout"))[0] == 200
    assert browser.cookies == {}
    assert browser.server.request("GET", PROFILE).status == 200


async def test_a_key_that_is_wrong_or_missing_is_not_kept(browser: Browser) -> None:
    for said in ({"Authorization": "Bearer roo_wrong"}, {}):
        page = {"Sec-Fetch-Site": "same-origin", **said}
        status, body = await browser.ask("POST", "/dashboard/credential", page=page)
        assert (status, body["error"]["code"]) == (401, "AUTHENTICATION_FAILED")
        assert browser.given == {}


async def test_a_wrong_password_gives_no_cookies(browser: Browser) -> None:
    wrong = {"email": "nobody@localhost", "password": "not the password"}
    status, body = await browser.ask("POST", "/dashboard/login", wrong)
    assert (status, body["error"]["code"], browser.given) == (401, "AUTHENTICATION_FAILED", {})


async def test_an_open_server_does_not_mind_cookies_that_are_good_for_nothing(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server(auth__mode="open")
    async with browsing(server) as browser:
        await browser.log_in()
        browser.cookies = dict.fromkeys(browser.cookies, "stale")
        assert (await browser.ask("GET", PROFILE))[0] == 200


@pytest.mark.parametrize(
    ("public_url", "prefix", "path"),
    [
        ("https://agents.example", "__Host-", "/"),
        ("https://example.com/agents/", "__Secure-", "/agents"),
        ("http://agents.example:8080", "roocode-", "/"),
    ],
)
async def test_behind_tls_the_cookies_and_the_browser_keep_to_it(
    start_server: Callable[..., ServerProcess], public_url: str, prefix: str, path: str
) -> None:
    server = start_server(server__public_url=public_url)
    is_secure = public_url.startswith("https:")
    async with browsing(server) as browser:
        await browser.log_in()
        for name, morsel in browser.given.items():
            assert name.startswith(prefix)
            assert (bool(morsel["secure"]), morsel["path"]) == (is_secure, path)
        assert (await browser.ask("GET", PROFILE))[0] == 200
    for each in ("/", "/api/v1/health", "/nowhere"):
        headers = server.request("GET", each, key=None).headers
        assert headers.get("strict-transport-security") == ("max-age=31536000" if is_secure else None)


async def test_servers_on_one_host_do_not_take_each_other_s_cookies(
    browser: Browser, start_server: Callable[..., ServerProcess]
) -> None:
    await browser.log_in()
    async with browsing(start_server()) as other:
        await other.log_in()
        assert set(other.cookies).isdisjoint(browser.cookies)
        other.cookies |= browser.cookies
        assert (await other.ask("GET", PROFILE))[0] == 200


async def test_no_token_that_came_in_whatever_way_is_in_the_log(browser: Browser) -> None:
    await browser.log_in()
    assert (await browser.ask("POST", "/dashboard/refresh"))[0] == 200
    server, token = browser.server, browser.cookies[browser.named("credential")]
    for path in (PROFILE, "/ws/session-none", "/nowhere", "/socket.io/?EIO=5", "/api/sessions"):
        joint = "&" if "?" in path else "?"
        assert server.request("GET", f"{path}{joint}token={token}", key=None).status >= 200
        assert server.curl("GET", path, None, "-H", f"X-API-Key: {token}x", key=None).status >= 200
    for secret in (*browser.cookies.values(), server.key, server.admin["password"]):
        assert secret not in server.log
