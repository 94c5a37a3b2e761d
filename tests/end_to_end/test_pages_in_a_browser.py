"""The pages as a person sees them, in a real browser; nothing that they load comes from elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from tests.support.browser import Page
from tests.support.openid_provider import OpenIdProvider
from tests.support.server import DEFAULT_LIMITS, ServerProcess


@pytest.fixture(scope="module")
def server(fresh_server: ServerProcess) -> ServerProcess:
    return fresh_server


def only(server: ServerProcess) -> set[str]:
    return {urlsplit(server.url).netloc}


async def test_swagger_ui_lists_the_operations(server: ServerProcess, page: Page) -> None:
    await page.record_requests()
    await page.open(f"{server.url}/docs")
    await page.press("auth")
    await page.shows("Log in with an e-mail address and a password.")
    await page.press("task")
    await page.finds_below("Create a task in a session and start it.")
    assert page.hosts == only(server)
    assert page.complaints == []


async def test_redoc_shows_the_reference(server: ServerProcess, page: Page) -> None:
    await page.record_requests()
    await page.open(f"{server.url}/redoc")
    await page.shows("Open a session with an empty workspace.")
    assert page.hosts == only(server)
    assert [text for text in page.complaints if "cdn.redoc.ly/redoc/logo" not in text] == []


async def test_somebody_logs_in_gives_a_task_approves_and_reads_the_file(
    server: ServerProcess, page: Page
) -> None:
    await page.record_requests()
    await page.open(server.url)
    await page.log_in(server.admin)
    await page.press("New session")
    await page.type("Name", "In a browser")
    await page.type("Provider", "scripted")
    await page.type("Model", "write-and-run")
    await page.press("Create session")
    await page.focuses("Task")
    await page.type("Task", "Print some prime numbers")
    await page.press("Start task")
    for word in ("Write file", "Run command", "Approve edit", "Run command"):
        await page.press(word)
    await page.shows("Task completed")
    await page.focuses("Message")
    await page.shows("Compare or restore")
    await page.shows("+LIMIT = 50")
    await page.press("primes.py, created")
    await page.shows("def is_prime(number):")
    await page.press("Terminal")
    await page.press("Command")
    await page.type("Command", "echo $((6 * 7)) by hand")
    await page.press("Run")
    await page.shows("42 by hand")
    assert page.hosts == only(server)
    assert page.complaints == []


async def test_a_login_is_out_of_every_script_s_reach_and_lasts_until_somebody_logs_out(
    server: ServerProcess, page: Page
) -> None:
    await page.open(server.url)
    await page.log_in(server.admin)
    await page.shows("New session")
    kept = "[document.cookie, {...localStorage}, {...sessionStorage}]"
    assert await page.evaluate(kept) == ["", {}, {}]
    await page.open("about:blank")
    await page.open(server.url)
    await page.shows("New session")
    await page.press("Log out")
    await page.shows("Password")
    await page.until("fetch('dashboard/login').then((it) => it.json()).then((it) => !it.isLoggedIn)")
    await page.open(f"{server.url}/?again")
    await page.shows("Password")
    assert page.complaints == []


FORGED = """
(async () => {
  const forged = { method: "POST", mode: "no-cors", credentials: "include" };
  await fetch("SERVER/dashboard/logout", forged).catch(() => {});
  await fetch("SERVER/api/v1/sessions", { ...forged, body: '{"name": "Forged"}' }).catch(() => {});
  const socket = new WebSocket("SERVER/socket.io/?EIO=4&transport=websocket".replace("http", "ws"));
  return new Promise((resolve) => {
    socket.onopen = () => resolve("open");
    socket.onerror = () => resolve("refused");
  });
})()
"""
"""What a page elsewhere tries with somebody's cookies."""


async def test_a_page_on_another_port_of_the_host_can_use_nobody_s_login(
    server: ServerProcess, page: Page
) -> None:
    async def serve(request: web.Request) -> web.Response:
        return web.Response(text="<p>Another page</p>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await page.open(server.url)
        await page.log_in(server.admin)
        await page.shows("New session")
        await page.open(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        await page.shows("Another page")
        assert await page.evaluate(FORGED.replace("SERVER", server.url)) == "refused"
        await page.open(server.url)
        await page.shows("New session")
        listed = await asyncio.to_thread(server.request, "GET", "/api/v1/sessions?limit=100")
        assert "Forged" not in [session["name"] for session in listed.body["sessions"]]
    finally:
        await runner.cleanup()


async def test_a_refusal_and_its_reason_are_shown(server: ServerProcess, page: Page) -> None:
    config = {"provider": "scripted", "model": "write-and-run"}
    created = server.request("POST", "/api/v1/sessions", {"name": "Refused", "config": config})
    session_id = created.body["session"]["id"]
    await page.open(f"{server.url}/?session={session_id}#token={server.key}")
    await page.type("Task", "Print some prime numbers")
    await page.press("Start task")
    await page.shows("Write primes.py (10 lines)")
    await page.evaluate("document.querySelector('.answer input').focus()")
    await page.call("Input.insertText", text="no scripts today")
    await page.press("Reject")
    await page.shows("Rejected by admin@localhost: no scripts today")


async def test_a_wrong_password_is_told(server: ServerProcess, page: Page) -> None:
    await page.open(server.url)
    await page.log_in({"email": "nobody@localhost", "password": "not the password"})
    await page.shows("The e-mail address or the password is wrong")


async def test_a_link_s_token_logs_in_and_leaves_the_address(server: ServerProcess, page: Page) -> None:
    created = server.request("POST", "/api/v1/sessions", {"name": "<b>Opened</b> by a link"})
    session_id = created.body["session"]["id"]
    await page.open(f"{server.url}/?session={session_id}#token={server.key}")
    await page.shows("Nothing has happened yet")
    assert await page.evaluate("location.href") == f"{server.url}/?session={session_id}"
    assert await page.evaluate("document.querySelector('h1').innerText") == "<b>Opened</b> by a link"


async def test_a_refresh_token_in_a_link_works_once(server: ServerProcess, page: Page) -> None:
    admin = {"email": server.admin["email"], "password": server.admin["password"]}
    tokens = server.request("POST", "/api/v1/auth/login", admin, key=None).body["tokens"]
    link = f"{server.url}/#token={tokens['refreshToken']}"
    await page.open(link)
    await page.shows("New session")
    await page.open("about:blank")
    await page.open(link)
    await page.shows("The link's token is no longer valid")


async def test_an_open_server_asks_nobody_to_log_in(
    start_server: Callable[..., ServerProcess], page: Page
) -> None:
    server = start_server(auth__mode="open")
    await page.open(server.url)
    await page.shows("No sessions yet")


async def test_somebody_signs_in_at_a_provider_links_and_unlinks_it(
    openid_provider: OpenIdProvider, start_server: Callable[..., ServerProcess], page: Page
) -> None:
    server = start_server(**openid_provider.settings(sign_up="false"))
    await page.open(server.url)
    await page.press("Sign in with Company")
    await sign_in_in_browser(page, "ada@example.com")
    await page.shows("Signing in has not worked: You have no account here")
    await page.log_in(server.admin)
    await page.press("Account of Administrator")
    await page.press("Sign-in")
    await page.press("Link Company")
    await page.shows("ada@example.com")
    await page.press("Log out")
    await page.press("Sign in with Company")
    await page.press("Account of Administrator")
    assert await page.evaluate("sessionStorage.length + location.hash.length") == 0
    await page.press("Sign-in")
    await page.press("Unlink Company")
    await page.press("Unlink it")
    await page.shows("No sign-in is linked")


async def test_a_sign_in_that_the_provider_refuses_is_told(
    openid_provider: OpenIdProvider, start_server: Callable[..., ServerProcess], page: Page
) -> None:
    server = start_server(**openid_provider.settings())
    await page.open(server.url)
    await page.press("Sign in with Company")
    await page.press("[ Cancel ]")
    await page.shows("Signing in has not worked: you, or the provider, said no")


async def test_a_link_with_somebody_elses_sign_in_does_nothing(
    openid_provider: OpenIdProvider, start_server: Callable[..., ServerProcess], page: Page
) -> None:
    server = start_server(**openid_provider.settings())
    await page.open(f"{server.url}/#sign-in=code-of-somebody-else")
    await page.shows("Signing in has not worked: it took too long, or was started in another window")


async def sign_in_in_browser(page: Page, login: str) -> None:
    """The pages of the provider, which ask for a name and for consent."""
    await page.until("document.querySelector('input[name=login]') !== null")
    await page.evaluate(f"document.querySelector('input[name=login]').value = {login!r}")
    await page.evaluate("document.querySelector('input[name=password]').value = 'any'")
    await page.press("Sign-in")
    await page.press("Continue")


class Line:
    """A connection to the server that can be cut and restored."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._open: set[asyncio.StreamWriter] = set()
        self._is_cut = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.close()
            return
        there, onwards = await asyncio.open_connection("127.0.0.1", urlsplit(self._server.url).port)
        self._open |= {writer, onwards}
        await asyncio.gather(self._pass_on(reader, onwards), self._pass_on(there, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(65_536):
                writer.write(piece)
        writer.close()

    def cut(self) -> None:
        self._is_cut = True
        for writer in self._open:
            writer.close()

    def mend(self) -> None:
        self._is_cut = False


async def test_what_happens_while_the_line_is_cut_is_seen_once_it_is_mended(
    server: ServerProcess, page: Page
) -> None:
    config = {"provider": "scripted", "model": "survey"}
    created = server.request("POST", "/api/v1/sessions", {"name": "Cut off", "config": config})
    session_id = created.body["session"]["id"]
    line = Line(server)
    async with await asyncio.start_server(line.carry, "127.0.0.1", 0) as listening:
        address = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        await page.open(f"{address}/?session={session_id}#token={server.key}")
        await page.shows("Nothing has happened yet")
        line.cut()
        await page.shows("Disconnected")
        server.request("POST", f"/api/v1/sessions/{session_id}/tasks", {"input": "Look round"})
        line.mend()
        await page.shows("Connected again: nothing was missed.")
        await page.shows("Task completed")
        await page.press("Tasks")
        await page.press("Events")
        seen = await page.until(
            "[...document.querySelectorAll('.events .seq')].map((one) => Number(one.innerText))"
        )
        assert seen == list(range(len(seen), 0, -1))
        await page.open("about:blank")
        line.cut()


async def test_a_call_that_a_rule_forbids_is_shown_as_failed_with_its_reason(
    server: ServerProcess, page: Page
) -> None:
    config = {
        "provider": "scripted",
        "model": "write-and-run",
        "approvals": [{"decision": "never", "group": "edit"}],
    }
    created = server.request("POST", "/api/v1/sessions", {"name": "Forbidden", "config": config})
    session_id = created.body["session"]["id"]
    server.request("POST", f"/api/v1/sessions/{session_id}/tasks", {"input": "Print some prime numbers"})
    await page.open(f"{server.url}/?session={session_id}#token={server.key}")
    await page.shows("Task failed")
    await page.shows("A rule of this session forbids this.")
    assert await page.evaluate("document.querySelector('.call.failed .tool').title") == "write_to_file"


async def test_calls_that_a_kill_cut_off_are_shown_as_interrupted(tmp_path: Path, page: Page) -> None:
    server = ServerProcess(tmp_path / "data").start()
    try:
        session_id = server.request("POST", "/api/v1/sessions", {"name": "Cut off"}).body["session"]["id"]
        await page.open(f"{server.url}/?session={session_id}#token={server.key}")
        await page.press("Terminal")
        await page.press("Command")
        await page.type("Command", "sleep 1000")
        await page.press("Run")
        await page.until("document.querySelector('.call.running')")
        server.kill()
        server.start()
        await page.open(f"{server.url}/?session={session_id}#token={server.key}")
        await page.shows("The server was stopped while this ran.")
        assert await page.evaluate("document.querySelectorAll('.call.running').length") == 0
        assert await page.evaluate("document.querySelectorAll('.call.interrupted').length") == 1
    finally:
        server.end()


async def test_a_page_forgets_what_a_restored_server_does_not_know(tmp_path: Path, page: Page) -> None:
    server = ServerProcess(tmp_path / "data").start()
    backup = tmp_path / "backup"

    def run(session_id: str, command: str) -> None:
        path = f"/api/v1/sessions/{session_id}/tools/execute_command"
        assert server.request("POST", path, {"parameters": {"command": command}}).status == 200

    try:
        session_id = server.request("POST", "/api/v1/sessions", {"name": "Restored"}).body["session"]["id"]
        run(session_id, "echo known before")
        assert server.stop() == 0
        shutil.copytree(server.data_dir, backup)
        server.start()
        line = Line(server)
        async with await asyncio.start_server(line.carry, "127.0.0.1", 0) as listening:
            address = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
            await page.open(f"{address}/?session={session_id}#token={server.key}")
            await asyncio.to_thread(run, session_id, "echo forgotten words")
            await page.shows("forgotten words")
            line.cut()
            await page.shows("Disconnected")
            assert server.stop() == 0
            shutil.rmtree(server.data_dir)
            backup.rename(server.data_dir)
            server.start()
            for number in range(3):
                await asyncio.to_thread(run, session_id, f"echo after the restoration {number}")
            line.mend()
            await page.shows("after the restoration 2")
            await page.shows("known before")
            assert "forgotten" not in await page.evaluate("document.body.innerText")
            assert await page.evaluate("document.querySelectorAll('.call').length") == 4
    finally:
        server.end()


async def log_in_and_open_a_session(server: ServerProcess, page: Page) -> str:
    """Log in and create a session in the page; return its id."""
    await page.open(server.url)
    await page.log_in(server.admin)
    await page.press("New session")
    await page.type("Name", "Busy")
    await page.press("Create session")
    await page.shows("The workspace is empty")
    listed = await asyncio.to_thread(server.request, "GET", "/api/v1/sessions")
    return str(listed.body["sessions"][0]["id"])


def make_files(server: ServerProcess, session_id: str, names: list[str]) -> None:
    for name in names:
        path = f"/api/v1/sessions/{session_id}/files/{name}"
        assert server.request("POST", path, {"content": f"This is {name}"}).status == 201


async def test_a_page_that_shows_hard_work_stays_within_s0_s_limits(
    start_server: Callable[..., ServerProcess], page: Page
) -> None:
    server = start_server(
        **{name.removeprefix("ROOCODE_").lower(): most for name, most in DEFAULT_LIMITS.items()}
    )
    session_id = await log_in_and_open_a_session(server, page)
    names = [f"{folder}/file-{number}.txt" for number in range(50) for folder in ("one", "two", "three")]
    await asyncio.to_thread(make_files, server, session_id, names)
    await asyncio.to_thread(make_files, server, session_id, ["last.txt"])
    await page.shows("last.txt")
    assert "RATE_LIMIT_EXCEEDED" not in server.log
    assert page.complaints == []


async def test_a_page_that_has_to_wait_says_so_and_takes_other_calls_meanwhile(
    start_server: Callable[..., ServerProcess], page: Page
) -> None:
    server = start_server(limits__file_operations="2")
    session_id = await log_in_and_open_a_session(server, page)
    await asyncio.to_thread(make_files, server, session_id, ["one.txt", "two.txt"])
    await page.press("one.txt, created")
    await page.shows("the page goes on by itself")
    await page.press("Terminal")
    await page.press("Command")
    await page.type("Command", "echo $((6 * 7)) by hand")
    await page.press("Run")
    await page.shows("42 by hand")
    assert "RATE_LIMIT_EXCEEDED" in server.log
    assert page.complaints == []


def invited(server: ServerProcess, email: str) -> str:
    """Return the link that the command line prints for a new user."""
    server.request("POST", "/api/v1/users", {"email": email, "name": "Grace", "roles": ["developer"]})
    return server.roocode("user", "invite", email, "--url", server.url).strip()


async def test_an_invitation_leads_to_a_password_once(server: ServerProcess, page: Page) -> None:
    email, password = "grace@example.com", "a password of one's own"
    link = await asyncio.to_thread(invited, server, email)
    await page.open(link)
    await page.type("New password", password)
    await page.type("Repeat password", "something else")
    await page.press("Choose password")
    await page.shows("The two passwords differ")
    await page.evaluate("document.querySelector('[name=again]').select()")
    await page.type("Repeat password", password)
    await page.press("Choose password")
    await page.shows("New session")
    assert "invitation" not in await page.evaluate("location.href")
    login = {"email": email, "password": password}
    assert server.request("POST", "/api/v1/auth/login", login, key=None).status == 200
    await page.open("about:blank")
    await page.open(link)
    await page.type("New password", "another password")
    await page.type("Repeat password", "another password")
    await page.press("Choose password")
    await page.shows("The invitation is no longer valid")
    assert server.request("POST", "/api/v1/auth/login", login, key=None).status == 200


async def test_a_session_begins_in_the_mode_that_was_chosen_in_its_form(
    server: ServerProcess, page: Page
) -> None:
    await page.open(server.url)
    await page.log_in(server.admin)
    await page.press("New session")
    await page.type("Name", "To be designed")
    options = "[...document.querySelector('dialog select[name=mode]').options].map((it) => it.text)"
    await page.until(f"{options}[0] === 'Code (default)' && {options}.includes('Architect')")
    assert await page.obstacles_in_both_schemes() == []
    await page.evaluate("document.querySelector('dialog input[name=model]').focus()")
    await page.key("Tab")
    await page.until("document.activeElement.name === 'mode'")
    await page.key("Tab")
    await page.until("document.activeElement.name === 'rules'")
    await page.choose("Mode", "architect")
    await page.press("Create session")
    await page.until("document.querySelector('select[aria-label=Mode]')?.value === 'architect'")
    listed = server.request("GET", "/api/v1/sessions?limit=1").body["sessions"]
    assert [each["config"]["mode"] for each in listed] == ["architect"]
    assert page.complaints == []


async def test_whoever_chooses_no_mode_gets_the_server_s(server: ServerProcess, page: Page) -> None:
    await page.open(server.url)
    await page.log_in(server.admin)
    await page.press("New session")
    await page.type("Name", "As usual")
    await page.press("Create session")
    await page.until("document.querySelector('select[aria-label=Mode]')?.value === 'code'")
    standing = server.request("GET", "/api/v1/modes").body
    assert standing["default"] == "code"
    assert "architect" in [mode["slug"] for mode in standing["modes"]]
