"""Logins while strangers guess: a thousand wrong passwords a minute, each from another address.

Somebody logs in again and again from where they are known, first with nothing else to do, then while others
guess at other accounts and at theirs. `p99` is the 99th percentile of how long a login takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import itertools
import json
import secrets
import statistics
import tempfile
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import aiohttp

from bench.figure import OURS, Figure, Target
from bench.servers import Server, configured, roocode

IDLE: Final = "idle"
GUESSES_A_MINUTE: Final = 1000
LOGINS_IN_A_ROUND: Final = 50
PAUSE_S: Final = 0.2
OWN_EVERY: Final = 10
"""Each such guess is at the account of the one who is measured."""
HOME: Final = "192.0.2.1"
GUESSERS: Final = ipaddress.ip_network("10.0.0.0/8")
SETTINGS: Final = {
    "ROOCODE_SERVER__TRUSTED_PROXIES": '["127.0.0.1"]',
    "ROOCODE_LIMITS__AUTHENTICATION": "null",
}
"""So that this program can speak for every address, and log in as often as it likes."""


class Person:
    """Logs in from one address, by a proxy that the server trusts."""

    def __init__(self, server: Server, http: aiohttp.ClientSession, entry: dict[str, str]) -> None:
        self._url = f"{server.url}/api/v1/auth/login"
        self._http = http
        self._entry = entry

    async def log_in(self, address: str) -> float:
        """The seconds that it takes. Raises: ValueError, if it fails."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        status = await self.ask(self._entry, address)
        if status != 200:
            raise ValueError(f"a login was answered {status}")
        return loop.time() - began

    async def ask(self, entry: dict[str, str], address: str) -> int:
        """The status of a login's answer."""
        async with self._http.post(self._url, json=entry, headers={"X-Forwarded-For": address}) as answer:
            await answer.read()
            return answer.status


async def run(rounds: int) -> AsyncIterator[Figure]:
    """The p99 of a login while others guess, and without."""
    taken: defaultdict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="roocode-bench-") as folder, configured(SETTINGS):
        data_dir = Path(folder) / "data"
        with roocode(data_dir, is_pinned=False) as server:
            admin = json.loads((data_dir / "admin.json").read_text())
            entry = {"email": admin["email"], "password": admin["password"]}
            connector = aiohttp.TCPConnector(limit=0)
            async with aiohttp.ClientSession(connector=connector) as http:
                person, addresses = Person(server, http, entry), map(str, GUESSERS.hosts())
                await person.log_in(HOME)  # known from there, and with a hash of the usual cost
                for _ in range(rounds):
                    taken[IDLE].append(await _p99(person))
                    async with _guessing(person, entry["email"], addresses):
                        taken[OURS].append(await _p99(person))
    yield Figure(
        name=f"logins, p99 while others guess {GUESSES_A_MINUTE} times a minute",
        unit="ms",
        rounds=taken,
        is_price=True,
        target=Target(peer=IDLE, ratio=2.0),
    )


async def _p99(person: Person) -> float:
    """In milliseconds."""
    taken_s = []
    for _ in range(LOGINS_IN_A_ROUND):
        taken_s.append(await person.log_in(HOME))
        await asyncio.sleep(PAUSE_S)
    return statistics.quantiles(taken_s, n=100, method="inclusive")[-1] * 1000


@contextlib.asynccontextmanager
async def _guessing(person: Person, email: str, addresses: Iterator[str]) -> AsyncIterator[None]:
    """Wrong passwords at an even pace, however slow the answers. Raises: ValueError, if one is right."""
    answers: Counter[int] = Counter()

    async def guess(number: int) -> None:
        account = email if number % OWN_EVERY == 0 else f"{secrets.token_hex(8)}@example.com"
        answers[await person.ask({"email": account, "password": "a guess"}, next(addresses))] += 1

    async def all_guesses() -> None:
        async with asyncio.TaskGroup() as guesses:
            for number in itertools.count():
                guesses.create_task(guess(number))
                await asyncio.sleep(60 / GUESSES_A_MINUTE)

    guessing = asyncio.create_task(all_guesses())
    try:
        yield
    finally:
        guessing.cancel()
        await asyncio.gather(guessing, return_exceptions=True)
    if answers.keys() - {401, 503}:
        raise ValueError(f"guesses were answered {dict(answers)}")
