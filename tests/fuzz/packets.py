"""Packets of Engine.IO and Socket.IO: right ones, changed at random, while another client is served."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from tests.end_to_end.hostile.talking import SOCKET, Talker, connected
from tests.support.server import ServerProcess

RIGHT: Final = (
    '40{"token":"KEY"}',
    '40/tasks,{"token":"KEY","sessionId":"SESSION","lastSeq":0}',
    '40/extension,{"token":"KEY"}',
    '421["session.list",{}]',
    '42/tasks,7["task.list",{"sessionId":"SESSION"}]',
    '422["file.create",{"sessionId":"SESSION","path":"a.txt","content":"one"}]',
    '423["event.subscribe",{"sessionId":"SESSION","lastSeq":0}]',
    '42["system.health"]',
    '42/extension,4["startNewTask",{"text":"small errand"}]',
    '451-5["file.create",{"content":{"_placeholder":true,"num":0}}]',
    '431["answered"]',
    "41/tasks,",
    "41",
    '44{"message":"no"}',
    "2probe",
    "3",
    "5",
    "6",
)
PIECES: Final = (
    *'0123456789[]{}",:-/.\\ue\x00\x1e\n\ud7ff\U0001f600',
    "null",
    "true",
    "1e999",
    "\\ud83d",
    "9" * 40,
    "[" * 200,
    '{"a":' * 200,
    "/tasks,",
    "/extension,",
    "__proto__",
    "SESSION",
    "KEY",
)
MARK: Final = 777_777_777
"""The number of the call behind each packet."""
CLOSED: Final = "closed"
OFTEN: Final = 50
"""A connection that outlives so many packets is replaced, and the other client is asked how it is."""


@dataclass
class PacketFindings:
    """What became of the packets; `mistakes` are what no packet may lead to."""

    cases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    mistakes: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        counted = ", ".join(f"{outcome}: {number}" for outcome, number in self.outcomes.most_common())
        yield f"{self.cases} packets; {counted}; {len(self.mistakes)} mistakes"
        yield from self.mistakes


def changed(dice: random.Random, server: ServerProcess, session_id: str) -> str | bytes:
    """A right packet with a few changes; now and then bytes."""
    packet = list(dice.choice(RIGHT))
    for _ in range(dice.choice((0, 1, 1, 2, 3, 8))):
        at = dice.randrange(len(packet) + 1)
        match dice.randrange(4):
            case 0:
                packet.insert(at, dice.choice(PIECES))
            case 1:
                del packet[at : at + dice.randrange(1, 6)]
            case 2:
                packet[at : at + 1] = [dice.choice(PIECES)]
            case _:
                packet += packet[at : at + dice.randrange(1, 30)]
    text = "".join(packet).replace("KEY", server.key).replace("SESSION", session_id)
    return text.encode() if dice.random() < 0.05 else text


async def fuzz_packets(
    server: ServerProcess, cases: int, *, beginning: int = 0, tell: Callable[[str], None] = lambda line: None
) -> PacketFindings:
    """So many packets. After each, the connection goes on or is closed; no call is answered with a failure.

    `beginning` is the seed: the same one makes the same packets. `tell` gets a line now and then.
    """
    dice = random.Random(beginning)  # noqa: S311 - it has to be repeatable
    findings = PacketFindings()
    async with connected(server) as other, aiohttp.ClientSession() as http:
        made = await other.call("session.create", {"name": "Fuzzed", "config": {"provider": "scripted"}})
        session_id, told = made["session"]["id"], 0
        while findings.cases < cases:
            await _one_connection(server, http, dice, session_id, findings, cases)
            health = await other.call("system.health")
            if health is None or health.get("status") != "healthy":
                findings.mistakes.append(f"after {findings.cases} packets the other client was told {health}")
                return findings
            if findings.cases // 1000 > told:
                told = findings.cases // 1000
                tell(f"{findings.cases} packets, {len(findings.mistakes)} mistakes")
    return findings


async def _one_connection(
    server: ServerProcess,
    http: aiohttp.ClientSession,
    dice: random.Random,
    session_id: str,
    findings: PacketFindings,
    most: int,
) -> None:
    async with http.ws_connect(server.url + SOCKET, max_msg_size=0) as socket:
        client = Talker(socket)
        await client.receive()
        if dice.random() < 0.9:
            await client.connect(server.key)
        for _ in range(min(OFTEN, most - findings.cases)):
            packet = changed(dice, server, session_id)
            findings.cases += 1
            outcome = await _outcome(client, packet, findings)
            findings.outcomes[outcome] += 1
            if outcome == CLOSED:
                return


async def _outcome(client: Talker, packet: str | bytes, findings: PacketFindings) -> str:
    """Send a packet and a call behind it: that is answered, or the connection closed.

    A server that does neither keeps its client waiting.
    """
    try:
        await client.send(packet, f'42{MARK}["system.health",{{}}]')
        while (told := await client.receive()) is not None:
            if '"INTERNAL_ERROR"' in told:
                findings.mistakes.append(f"{packet[:500]!r} was answered {told[:500]}")
            if told.startswith(f"43{MARK}["):
                return "answered"
    except TimeoutError:
        findings.mistakes.append(f"nothing came after {packet[:500]!r}")
    except (ConnectionError, aiohttp.ClientError):
        pass  # closed while the packet was being sent
    return CLOSED
