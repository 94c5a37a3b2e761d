"""A network of its own for each session in jails that has one: it reaches the outside, but not this machine.

slirp4netns forwards outgoing connections as a program of the server's user. This machine's loopback interface
and its abstract sockets are in another network namespace; the machine's own addresses are blocked one by one.
The commands of a session share its network, so that one can connect to what another serves. Source:
slirp4netns(1), unshare(1).
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import shutil
import socket
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.runtimes.helper_program import DEVNULL, STDOUT, HelperProgram
from roocode_server.engine.runtimes.runtime import RuntimeUnavailable
from roocode_server.models.exhaustion import exhausted
from roocode_server.models.identifier import SessionId

NETWORK_LINGER_S: Final = 30.0
"""How long a network stays after its last command, so that the next one starts at once."""

_NEEDED: Final = {
    "slirp4netns": "slirp4netns",
    "ip": "iproute2",
    "unshare": "util-linux",
    "nsenter": "util-linux",
}
_ENVIRONMENT: Final = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
_RANGES: Final = ("10.0.2.0/24", "10.233.101.0/24", "172.29.101.0/24", "192.168.201.0/24", "198.18.101.0/24")
_NAMESERVER: Final = 3
_START_TIMEOUT_S: Final = 20.0
_COMPLAINT_BYTES: Final = 1000


def missing() -> str | None:
    """Return the packages that are needed and not installed, for people; None if there are none."""
    packages = {package for program, package in _NEEDED.items() if _found(program) is None}
    return ", ".join(sorted(packages)) or None


class Network:
    """The network of one session: a process that holds the namespace, and slirp4netns; `close` ends both."""

    def __init__(self, range_: ipaddress.IPv4Network) -> None:
        self._range = range_
        self._opened = ExitStack()
        self._holder: HelperProgram | None = None
        self._carrier: HelperProgram | None = None
        self._listener: asyncio.Task[None] | None = None
        self._complaint = b""
        self._closed_addresses: set[str] = set()

    @classmethod
    async def start(cls) -> Network:
        """Create a network. Raises: RuntimeUnavailable, naming what to install."""
        absent = missing()
        if absent is not None:
            raise RuntimeUnavailable(
                f"Commands of a session with the network need what is not installed here: install {absent}, "
                "or set the session's `config.network` to false."
            )
        made = cls(_free_range())
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                await made._start()
        except (OSError, TimeoutError) as failure:
            await run_to_completion(made.close())
            reason = f"A network could not be created: {failure}."
            raise exhausted(failure) or RuntimeUnavailable(reason) from failure
        except BaseException:
            await run_to_completion(made.close())
            raise
        return made

    @property
    def lives(self) -> bool:
        """Whether both of its processes are running."""
        return all(each is not None and each.returncode is None for each in (self._holder, self._carrier))

    def resolver(self) -> str:
        """Return the content of /etc/resolv.conf: names are resolved by slirp4netns, as on this machine."""
        kept = [
            line for line in _resolver_lines() if line.split(maxsplit=1)[0] in ("search", "domain", "options")
        ]
        return "\n".join([*kept, f"nameserver {self._range[_NAMESERVER]}", ""])

    def entered(self) -> Sequence[str]:
        """Return the words that, before a command line, make it run in this network."""
        assert self._holder is not None  # noqa: S101 - it has been started
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        return [_found("nsenter") or "nsenter", f"--target={self._holder.pid}", *user, "--net", "--"]

    async def close_to(self, addresses: Collection[str]) -> None:
        """Block these addresses from now on. Raises: RuntimeUnavailable."""
        added = set(addresses) - self._closed_addresses
        if not added:
            return
        program = HelperProgram(
            *self.entered(), _found("ip") or "ip", "-batch", "-", environment=_ENVIRONMENT
        )
        lines = "".join(f"route replace prohibit {address}/32\n" for address in sorted(added))
        try:
            _, complaint = await run_to_completion(program.communicate(lines.encode()))
        finally:
            await program.end()
        if program.returncode != 0:
            raise RuntimeUnavailable(f"A network could not be closed: {complaint.decode(errors='replace')}.")
        self._closed_addresses |= added

    async def close(self) -> None:
        """End it; commands still in it cannot connect to anything any more."""
        self._opened.close()
        for program in (self._carrier, self._holder):
            if program is not None:
                await program.end()
        if self._listener is not None:
            await self._listener

    async def _start(self) -> None:
        heard, word = os.pipe2(os.O_CLOEXEC)
        self._opened.callback(os.close, word)
        try:
            await self._hold(heard)
            await self._carry(heard)
        finally:
            os.close(heard)

    async def _hold(self, heard: int) -> None:
        """Start a process in a new network; it ends when this server ends or closes the other end of
        `heard`.
        """
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        program = self._holder = HelperProgram(
            *(_found("unshare") or "unshare", *user, "--net", "--"),
            *("/bin/sh", "-c", "echo; read -r word"),
            environment=_ENVIRONMENT,
            stdin=heard,
            stderr=STDOUT,
            is_apart=True,
        )
        said = await program.stdout.read()
        if said.strip() or not said:
            raise RuntimeUnavailable(
                f"A network cannot be made here ({said.decode(errors='replace').strip()}): allow user "
                "namespaces, or set the session's `config.network` to false."
            )

    async def _carry(self, heard: int) -> None:
        assert self._holder is not None  # noqa: S101 - it has been started
        ready, told = os.pipe2(os.O_CLOEXEC)
        try:
            program = self._carrier = HelperProgram(
                *(_found("slirp4netns") or "slirp4netns", "--configure", "--mtu=65520"),
                *("--disable-host-loopback", "--enable-sandbox", "--enable-seccomp", f"--cidr={self._range}"),
                *(f"--exit-fd={heard}", f"--ready-fd={told}", str(self._holder.pid), "tap0"),
                environment=_ENVIRONMENT,
                stdin=DEVNULL,
                stdout=DEVNULL,
                descriptors=(heard, told),
                is_apart=True,
            )
        finally:
            os.close(told)
        try:
            self._listener = asyncio.create_task(self._listen(program))
            is_ready = await _readable(ready)
        finally:
            os.close(ready)
        if not is_ready:
            await program.wait()
            await self._listener
            raise RuntimeUnavailable(
                "A network could not be made by slirp4netns, which needs to write /dev/net/tun: "
                f"{self._complaint.decode(errors='replace').strip()}."
            )

    async def _listen(self, program: HelperProgram) -> None:
        while piece := await program.stderr.read(_COMPLAINT_BYTES):
            self._complaint = (self._complaint + piece)[-_COMPLAINT_BYTES:]


@dataclass(slots=True)
class _Shared:
    """A session's network, and the number of commands in it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    network: Network | None = None
    users: int = 0
    timer: asyncio.TimerHandle | None = None


class Networks:
    """The networks of all sessions, each created when first needed."""

    def __init__(self) -> None:
        self._shared: dict[SessionId, _Shared] = {}
        self._ending: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def joined(self, session_id: SessionId) -> AsyncIterator[Network]:
        """The network of a session, for one command. Raises: RuntimeUnavailable."""
        shared = self._shared.setdefault(session_id, _Shared())
        shared.users += 1
        if shared.timer is not None:
            shared.timer.cancel()
        try:
            yield await self._network(shared)
        finally:
            shared.users -= 1
            if not shared.users:
                shared.timer = asyncio.get_running_loop().call_later(
                    NETWORK_LINGER_S, self._end_later, session_id
                )

    async def close(self, session_id: SessionId) -> None:
        """Close the network of a session whose commands have ended."""
        shared = self._shared.pop(session_id, None)
        if shared is None:
            return
        if shared.timer is not None:
            shared.timer.cancel()
        async with shared.lock:
            if shared.network is not None:
                await run_to_completion(shared.network.close())

    async def close_all(self) -> None:
        """Close the networks of all sessions."""
        for session_id in list(self._shared):
            await self.close(session_id)
        if self._ending:
            await asyncio.wait(self._ending)

    async def _network(self, shared: _Shared) -> Network:
        async with shared.lock:
            if shared.network is not None and not shared.network.lives:
                lost, shared.network = shared.network, None
                await run_to_completion(lost.close())
            if shared.network is None:
                shared.network = await Network.start()
            await shared.network.close_to(own_addresses())
            return shared.network

    def _end_later(self, session_id: SessionId) -> None:
        ending = asyncio.get_running_loop().create_task(self.close(session_id))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


def own_addresses() -> set[str]:
    """Return the IPv4 addresses of this machine, without loopback."""
    return {str(interface.ip) for interface in _interfaces() if not interface.is_loopback}


def _interfaces() -> Iterator[ipaddress.IPv4Interface]:
    for addresses in psutil.net_if_addrs().values():
        for each in addresses:
            if each.family == socket.AF_INET:
                yield ipaddress.IPv4Interface(f"{each.address}/{each.netmask or 32}")


def _free_range() -> ipaddress.IPv4Network:
    """Return an address range that no network of this machine uses. Raises: RuntimeUnavailable."""
    taken = [interface.network for interface in _interfaces()]
    for each in map(ipaddress.IPv4Network, _RANGES):
        if not any(each.overlaps(other) for other in taken):
            return each
    raise RuntimeUnavailable(f"A network needs one of {', '.join(_RANGES)}, which this machine uses itself.")


def _resolver_lines() -> list[str]:
    try:
        return [line for line in Path("/etc/resolv.conf").read_text().splitlines() if line.strip()]
    except OSError:
        return []  # this machine has no resolver either


def _found(program: str) -> str | None:
    """Find a program, also in the administrator's folders that may be missing from PATH."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")


async def _readable(descriptor: int) -> bool:
    """Wait for input or its end, and return whether there is any."""
    loop, come = asyncio.get_running_loop(), asyncio.Event()
    os.set_blocking(descriptor, False)
    loop.add_reader(descriptor, come.set)
    try:
        await come.wait()
    finally:
        loop.remove_reader(descriptor)
    return bool(os.read(descriptor, 1))
