"""What models were used for and what it has cost, as people see it in a real browser."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Callable, Sequence

import pytest

from tests.support.browser import Page
from tests.support.server import ServerProcess

BARS = "document.querySelectorAll('.usage .chart canvas').length === 1"
TILES = (
    "Object.fromEntries([...document.querySelectorAll('.usage .tiles > div')].map((it) =>"
    "[it.querySelector('dt').innerText, it.querySelector('.figure').innerText]))"
)
ROWS = (
    "[...document.querySelectorAll('.usage .scrolled tbody tr')].map((row) =>"
    "[...row.cells].map((cell) => cell.innerText.trim()))"
)
Used = tuple[int, str, str, str, int, float, int]
"""How many days ago, session, provider, model, requests, cost, unpriced requests."""


@pytest.fixture
def server(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    return start_server()


def use(server: ServerProcess, *uses: Used, user_id: str = "") -> None:
    """Have models been used, also on days that are past, as no client can."""
    user_id = user_id or server.curl("GET", "/api/v1/auth/profile").body["user"]["id"]
    today = datetime.datetime.now(datetime.UTC).date()
    with sqlite3.connect(server.data_dir / "roocode.sqlite3", timeout=20) as database:
        for ago, session, provider, model, requests, cost, unpriced in uses:
            day = (today - datetime.timedelta(days=ago)).isoformat()
            counted = (requests, requests * 1000, requests * 10, requests * 500, 0, cost, unpriced)
            row: Sequence[object] = (day, user_id, session, provider, model, *counted)
            database.execute(f"INSERT INTO usage_days VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608


async def visit(page: Page, server: ServerProcess, key: str = "") -> None:
    await page.open(f"{server.url}/?page=usage#token={key or server.key}")


async def test_usage_is_summed_up_and_a_price_that_is_not_known_is_said(
    server: ServerProcess, page: Page
) -> None:
    session = server.open_session("Known")
    use(
        server,
        (0, session, "anthropic", "claude-haiku-4-5", 3, 0.5, 0),
        (2, session, "anthropic", "claude-haiku-4-5", 4, 1.25, 0),
        (2, "session-gone", "ollama", "ours", 5, 0.0, 5),
        (60, session, "openai", "gpt-5-mini", 100, 9.0, 0),
    )
    await visit(page, server)
    await page.until(BARS)
    await page.until(f"{ROWS}.length === 2")
    assert await page.evaluate(TILES) == {
        "Cost": "$1.75 + ?",
        "Requests": "12",
        "Tokens in": "12K",
        "Tokens out": "120",
    }
    await page.shows("The price of 5 requests is not known.")
    assert await page.evaluate(ROWS) == [
        ["anthropic · claude-haiku-4-5", "7", "7K", "3.5K", "70", "$1.75"],
        ["ollama · ours", "5", "5K", "2.5K", "50", "?"],
    ]
    await page.press("Day")
    await page.until(f"{ROWS}.length === 2 && {ROWS}[1][5] === '$1.25 + ?'")
    await page.press("90 days")
    await page.until(f"{ROWS}.length === 3")
    await page.shows("$10.75 + ?")
    await page.press("Session")
    await page.shows("session-gone (deleted)")
    await page.press("Known")
    await page.until(f"location.search === '?session={session}'")
    assert page.complaints == []


async def test_the_chart_has_a_bar_for_each_day_and_its_figures_as_a_table(
    server: ServerProcess, page: Page
) -> None:
    use(server, (1, "session-1", "openai", "gpt-5-mini", 4, 0.0, 4))
    await visit(page, server)
    await page.until(BARS)
    await page.shows("Tokens of each day (UTC)")  # no cost is known
    await page.press("Requests")
    await page.shows("Requests of each day (UTC)")
    await page.press("7 days")
    await page.evaluate("document.querySelector('.figures summary').click()")
    figures = "[...document.querySelectorAll('.figures td')].map((it) => it.innerText)"
    await page.until(f"{figures}.length === 7")
    assert await page.evaluate(figures) == ["0", "4", "0", "0", "0", "0", "0"]
    assert page.complaints == []


async def test_administrators_see_whose_it_is_and_others_their_own(server: ServerProcess, page: Page) -> None:
    person = {"email": "dev@example.com", "name": "Dev", "roles": ["developer"], "password": "long enough!"}
    user_id = server.curl("POST", "/api/v1/users", person).body["user"]["id"]
    use(server, (0, "session-1", "openai", "gpt-5-mini", 4, 0.25, 0))
    use(server, (0, "session-2", "openai", "gpt-5-mini", 6, 0.75, 0), user_id=user_id)
    await visit(page, server)
    await page.press("Person")
    await page.until(f"{ROWS}[0]?.[0] === 'dev@example.com'")
    assert [row[1] for row in await page.evaluate(ROWS)] == ["6", "4"]
    await page.choose("Whose", user_id)
    await page.until(f"{TILES}.Requests === '6'")
    credentials = {name: person[name] for name in ("email", "password")}
    login = server.curl("POST", "/api/v1/auth/login", credentials, key=None).body["tokens"]["accessToken"]
    await page.open("about:blank")
    await visit(page, server, login)
    await page.until(f"{TILES}.Requests === '6'")
    buttons = "[...document.querySelectorAll('.usage button')].map((it) => it.innerText)"
    assert "Person" not in await page.evaluate(buttons)
    await page.shows("Of your sessions, whoever works in them")
    assert page.complaints == []


async def test_who_has_used_nothing_is_told_so(server: ServerProcess, page: Page) -> None:
    await visit(page, server)
    await page.shows("No model was asked in this time.")
    assert await page.evaluate("document.querySelector('.usage .chart')") is None
    assert page.complaints == []


async def test_nothing_hinders_anybody_and_all_fits(server: ServerProcess, page: Page) -> None:
    name = "a-model-with-a-long-name-of-which-nobody-knows-what-it-is-good-for:120b-instruct-q8"
    use(
        server,
        (0, "session-1", "openai", name, 4_000, 0.25, 3),
        (3, "session-2", "anthropic", "claude-haiku-4-5", 1_234_567, 12_345.67, 0),
    )
    await visit(page, server)
    await page.until(BARS)
    await page.until(f"{ROWS}.length === 2")
    assert await page.obstacles_at((1280, 800), (640, 400), (390, 844)) == {}
    assert page.complaints == []
