"""A server behind nginx, at its root or below the path `/agents`: pages, links and sockets stay there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import aiohttp
import pytest
import socketio
from yarl import URL

from tests.support.browser import Page
from tests.support.nginx import behind_nginx
from tests.support.nightly import IS_NIGHTLY
from tests.support.ports import free_port
from tests.support.server import ServerProcess

PATH = "/agents"
SURVEY = {"provider": "scripted", "model": "survey"}


@dataclass
class Site:
    """The server, and its public URL."""

    server: ServerProcess
    url: str

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


PLACES = {
    "a public_url": (PATH, True),
    "no public_url": (PATH, False),
    "a host of its own": ("", False),
}
"""By their names: the path, and whether the server is told where it is."""


SHOWN = {
    "docs": "A second interface to the same sessions as /api/v1.",
    "redoc": "Open a session with an empty workspace.",
}
"""What each reader of the document shows of it."""

IN_ONE_PLACE = ("a public_url", "docs")
"""By day: this reader takes two seconds of the processor for its own program."""

READERS = [
    (place, name)
    for place in PLACES
    for name in SHOWN
    if IS_NIGHTLY or name == "redoc" or (place, name) == IN_ONE_PLACE
]

FEW_OPERATIONS = """
const whole = fetch;
window.fetch = async (...asked) => {
  const answer = await whole(...asked);
  if (!answer.url.endsWith("/openapi.json")) return answer;
  const read = await answer.json();
  read.paths = { "/api/v1/sessions": read.paths["/api/v1/sessions"] };
  return new Response(JSON.stringify(read), answer);
};
"""
"""What the readers of others are given to draw of the document that they have asked for: to draw all of it
takes six seconds of the processor, and is tried in `test_pages_in_a_browser.py`.
"""


@pytest.fixture(scope="module", params=PLACES)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    path, is_told = PLACES[request.param]
    port, folder = free_port(), tmp_path_factory.mktemp("site")
    url = f"http://127.0.0.1:{port}{path}"
    told = {"ROOCODE_SERVER__PUBLIC_URL": f"{url}/"} if is_told else {}
    server = ServerProcess(folder / "data", told).start()
    try:
        with behind_nginx(server, port, folder / "nginx", is_below=bool(path)):
            yield Site(server, url)
    finally:
        server.end()


def stayed(page: Page, site: Site) -> bool:
    """Check that all requests of the page are below the site's path."""
    asked = [urlsplit(url) for url in page.requests.values() if urlsplit(url).scheme not in ("data", "blob")]
    here = urlsplit(site.url).netloc
    return bool(asked) and all(url.netloc == here and url.path.startswith(f"{site.path}/") for url in asked)


async def test_the_dashboard_works_there(site: Site, page: Page) -> None:
    await page.record_requests()
    await page.open(site.url if site.path else f"{site.url}/")
    await page.log_in(site.server.admin)
    await page.press("New session")
    await page.type("Name", "Below a path")
    await page.type("Provider", "scripted")
    await page.type("Model", "survey")
    await page.press("Create session")
    await page.type("Task", "Look round")
    await page.press("Start task")
    await page.shows("Task completed")
    assert (await page.evaluate("location.pathname")) == f"{site.path}/"
    assert any(urlsplit(url).scheme == "ws" for url in page.requests.values())
    assert stayed(page, site), page.requests
    assert page.complaints == []


@pytest.mark.parametrize(("site", "name"), READERS, indirect=["site"])
async def test_the_documents_readers_work_there(site: Site, page: Page, name: str) -> None:
    await page.call("Page.addScriptToEvaluateOnNewDocument", source=FEW_OPERATIONS)
    await page.record_requests()
    await page.open(f"{site.url}/{name}")
    await page.shows(SHOWN[name])
    assert [text for text in page.complaints if "cdn.redoc.ly/redoc/logo" not in text] == []
    assert stayed(page, site), page.requests
    links = await page.evaluate("[...document.querySelectorAll('nav:first-of-type > a')].map((a) => a.href)")
    assert {f"{site.url}/", f"{site.url}/docs", f"{site.url}/openapi.json"} <= set(links)


async def test_a_client_of_socket_io_names_the_path(site: Site) -> None:
    client, done = socketio.AsyncClient(), asyncio.Event()
    client.on("task.completed", lambda event: done.set())
    await client.connect(
        site.url,
        socketio_path=f"{site.path}/socket.io",
        auth={"token": site.server.key},
        transports=["websocket"],
    )
    try:
        made = await client.call("session.create", {"name": "Below a path", "config": SURVEY})
        session = made["session"]["id"]
        await client.call("event.subscribe", {"sessionId": session, "lastSeq": 0})
        await client.call("task.create", {"sessionId": session, "input": "Look round"})
        async with asyncio.timeout(60):
            await done.wait()
    finally:
        await client.disconnect()


@pytest.mark.parametrize("name", ["a b", "100%", "Grüße#1?", "caf\\xe9", "deep/er;x=1"])
@pytest.mark.parametrize("site", ["no public_url"], indirect=True)
async def test_any_name_of_a_file_gets_through(site: Site, name: str) -> None:
    headers = {"Authorization": f"Bearer {site.server.key}"}
    async with aiohttp.ClientSession(headers=headers) as client:
        async with client.post(f"{site.url}/api/v1/sessions", json={"config": SURVEY}) as answer:
            session = (await answer.json())["session"]["id"]
        file = URL(f"{site.url}/api/v1/sessions/{session}/files/{quote(name)}", encoded=True)
        async with client.post(file, json={"content": "through"}) as answer:
            assert answer.status == 201, await answer.text()
        async with client.get(file) as answer:
            found = await answer.json()
        assert (found["path"], found["content"]) == (f"/{name}", "through")


@pytest.mark.parametrize("site", ["a public_url"], indirect=True)
async def test_links_in_answers_lead_there(site: Site) -> None:
    headers = {"Authorization": f"Bearer {site.server.key}"}
    async with aiohttp.ClientSession(headers=headers) as client:
        async with client.post(f"{site.url}/api/v1/sessions", json={"config": SURVEY}) as answer:
            session = await answer.json()
            made = answer.headers["Location"]
        assert made.startswith(f"{site.url}/api/v1/sessions/")
        async with client.get(made) as answer:
            assert (await answer.json())["session"] == session["session"]
        async with client.get(session["workspace"]["url"]) as answer:
            assert (await answer.json())["total"] == 0
        async with client.post(f"{made}/tasks", json={"input": "Look round"}) as answer:
            task = await answer.json()
        async with client.ws_connect(task["websocket"]) as socket, asyncio.timeout(60):
            said = [message.json()["type"] async for message in _until_completed(socket)]
        assert said[0] == "task_started"
        async with client.get(f"{site.url}/asyncapi.json") as answer:
            here = (await answer.json())["servers"]["here"]
        assert (here["host"], here["pathname"]) == (urlsplit(site.url).netloc, f"{PATH}/socket.io")


async def _until_completed(
    socket: aiohttp.ClientWebSocketResponse,
) -> AsyncIterator[aiohttp.WSMessage]:
    async for message in socket:
        yield message
        if message.json()["type"] == "task_completed":
            return
