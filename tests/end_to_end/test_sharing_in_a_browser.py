"""Sharing as its owner and their guests see it, each in a browser of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from roocode_server.models.identifier import new_id
from tests.support.browser import Chromium, Page, browser_page
from tests.support.server import ServerProcess

PASSWORD = "long enough for anybody"


@dataclass
class Person:
    """Somebody with a key that may everything that they may, and the page they look at."""

    email: str
    key: str
    page: Page


@dataclass
class Pair:
    """Two people on one server, and a session of the first, which they have open."""

    server: ServerProcess
    owner: Person
    guest: Person
    session_id: str

    @property
    def address(self) -> str:
        return f"{self.server.url}/?session={self.session_id}"

    def share(self, access: str) -> None:
        path = f"/api/v1/sessions/{self.session_id}/shares"
        wanted = {"user": self.guest.email, "access": access}
        assert self.server.request("POST", path, wanted, key=self.owner.key).status == 200

    async def guest_enters(self, access: str) -> Page:
        """The guest has the session open, with this access."""
        await asyncio.to_thread(self.share, access)
        await self.guest.page.open(f"{self.address}#token={self.guest.key}")
        await self.guest.page.shows("Together")
        return self.guest.page


def added(server: ServerProcess, name: str, page: Page) -> Person:
    email = f"{new_id('user')}@example.com"
    person = {"email": email, "name": name, "password": PASSWORD}
    assert server.request("POST", "/api/v1/users", person).status == 201
    login = {"email": email, "password": PASSWORD}
    token = server.request("POST", "/api/v1/auth/login", login, key=None).body["tokens"]["accessToken"]
    scopes = {"name": "browser", "scopes": ["read", "write", "admin"]}
    return Person(email, server.request("POST", "/api/v1/keys", scopes, key=token).body["secret"], page)


@pytest.fixture(scope="module")
def server(fresh_server: ServerProcess) -> ServerProcess:
    return fresh_server


@pytest.fixture
async def pair(server: ServerProcess, chromium: Chromium) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as open_:
        owner, guest = [
            added(server, name, await open_.enter_async_context(browser_page(chromium)))
            for name in ("Olga", "Gustav")
        ]
        config = {"provider": "scripted", "model": "write-and-run"}
        session = {"name": "Together", "config": config}
        made = server.request("POST", "/api/v1/sessions", session, key=owner.key)
        pair = Pair(server, owner, guest, made.body["session"]["id"])
        await owner.page.open(f"{pair.address}#token={owner.key}")
        await owner.page.shows("Nothing has happened yet")
        yield pair


async def test_an_owner_lets_somebody_in_and_out_again(pair: Pair) -> None:
    page = pair.owner.page
    await page.press("Share")
    await page.shows("Shared with nobody yet")
    await page.focuses("E-mail")
    await page.type("E-mail", "nobody@example.com")
    await page.evaluate("document.querySelector('dialog .primary').click()")
    await page.shows("Nobody here has this e-mail address.")
    await page.focuses("E-mail")
    await page.fill("E-mail", pair.guest.email)
    await page.choose("They become", "watcher")
    await page.evaluate("document.querySelector('dialog .primary').click()")
    await page.shows("It is shared.")
    await page.shows("Gustav")
    await page.choose("Access of Gustav", "collaborator")
    path = f"/api/v1/sessions/{pair.session_id}"
    await page.press("Remove Gustav")
    await page.shows("Shared with nobody yet")
    await page.focuses("E-mail")
    assert pair.server.request("GET", path, key=pair.guest.key).status == 404
    await page.press("Done")
    await page.focuses("Share")
    assert page.complaints == []


async def test_a_collaborator_finds_the_session_in_the_list_and_works_in_it(pair: Pair) -> None:
    page = pair.guest.page
    await asyncio.to_thread(pair.share, "collaborator")
    await page.open(f"{pair.server.url}/#token={pair.guest.key}")
    await page.shows("shared with you")
    await page.evaluate("document.querySelector('.sessions li a').click()")
    await page.type("Task", "Print some prime numbers")
    await page.press("Start task")
    for word in ("Write file", "Run command", "Approve edit", "Run command"):
        await page.press(word)
    await page.shows("Task completed")
    await pair.owner.page.shows("Task completed")
    assert page.complaints == []


async def test_a_watcher_sees_what_waits_and_nothing_that_would_be_refused(pair: Pair) -> None:
    page = await pair.guest_enters("watcher")
    await page.shows("You watch this session")
    await pair.owner.page.type("Task", "Print some prime numbers")
    await pair.owner.page.press("Start task")
    await page.shows("Write primes.py (10 lines)")
    await page.shows("It waits for somebody who may answer it.")
    buttons = "[...document.querySelectorAll('main button:not(.plain, .copy, .chip)')]"
    assert await page.evaluate(f"{buttons}.map((it) => it.innerText)") == ["People"]
    await page.press("Terminal")
    await page.press("Command")
    await page.shows("You see the commands here, but may run none.")
    assert page.complaints == []
    await pair.owner.page.press("Cancel")
    await page.shows("Task cancelled")


async def test_another_access_shows_at_once(pair: Pair) -> None:
    page = await pair.guest_enters("watcher")
    await page.shows("You watch this session")
    await asyncio.to_thread(pair.share, "collaborator")
    await page.until("document.querySelector('textarea')")
    await asyncio.to_thread(pair.share, "watcher")
    await page.shows("You watch this session")
    assert page.complaints == []


async def test_who_is_removed_is_told_and_stays_logged_in(pair: Pair) -> None:
    page = await pair.guest_enters("collaborator")
    await page.until("document.querySelector('textarea')")
    await pair.owner.page.press("Share")
    await pair.owner.page.press("Remove Gustav")
    await page.shows("The session is gone, or not shared with you any more.")
    await page.shows("No sessions yet")
    await page.shows("Live")


OPENED_WHEN_IT_IS_GONE = """
(async () => {
  const link = [...document.querySelectorAll("a")].find((it) => it.innerText.includes("Going"));
  await fetch("api/v1/sessions/" + ID, { method: "DELETE" });
  link.click();
})()
"""


async def test_a_session_that_goes_while_it_is_opened_is_left(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session("Going")
    await page.open(f"{server.url}/#token={server.key}")
    await page.shows("Going")
    await page.evaluate(OPENED_WHEN_IT_IS_GONE.replace("ID", json.dumps(session_id)))
    await page.shows("The session is gone, or not shared with you any more.")
    await page.shows("No session is open")


async def test_a_guest_sees_who_else_is_there_and_leaves(pair: Pair) -> None:
    page = await pair.guest_enters("watcher")
    await page.press("People")
    await page.shows("Owner: Olga")
    await page.shows("Gustav")
    await page.press("Leave the session")
    await page.shows("No sessions yet")
    await page.shows("No session is open")
    assert "gone" not in await page.evaluate("document.body.innerText")
    assert page.complaints == []


async def test_nothing_hinders_anybody_who_shares(pair: Pair) -> None:
    page = pair.owner.page
    await asyncio.to_thread(pair.share, "watcher")
    await page.press("Share")
    await page.shows("Gustav")
    assert await page.obstacles_at((1280, 800), (390, 844)) == {}
