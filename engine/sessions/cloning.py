"""Cloning a git repository into a workspace. Source: git-clone(1), git-config(1); gitprotocol-http(5).

git runs in the session's sandbox with its limits, reaches the network through a proxy that checks every
address, and uses neither this machine's configuration nor any hooks.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import stat
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from roocode_server.engine.concurrency.limit import ConcurrencyLimiter
from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.network.addresses import AddressRefused
from roocode_server.engine.network.proxy import Proxy
from roocode_server.engine.runtimes.runtime import Command, Exit, Runtime, SandboxSpec
from roocode_server.engine.sessions.clone_progress import CloneProgress, without_progress
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.workspace.walk import walk
from roocode_server.models.error import (
    Conflict,
    InvalidField,
    NotFound,
    PermissionDenied,
    ToolExecutionFailed,
    WorkspaceLimitExceeded,
)
from roocode_server.models.exhaustion import exhausted_by_words
from roocode_server.models.file import CloneStep, RepositoryClone, RepositoryCloned, WorkspaceImported
from roocode_server.models.session import Session
from roocode_server.models.settings import FileSettings

MOST_CLONES_AT_ONCE: Final = 1
"""Concurrent clones of one session: only one can fill the workspace."""

_USER: Final = "x-access-token"
"""Git hosts accept a token as the password of any user name."""
_COMPLAINT_CHARACTERS: Final = 500
_OF_A_REF: Final = re.compile(r"(?!-)[^\s\x00-\x20\x7f~^:?*\[\\]+")
"""Source: git-check-ref-format(1); git itself refuses anything else that is not valid."""
_NO_ACCESS: Final = ("Authentication failed", "could not read Username", "error: 401", "error: 403")
_NO_REPOSITORY: Final = ("not found", "error: 404", "does not appear to be a git repository")
_TOO_LARGE: Final = ("File size limit exceeded", "died of signal 25", "File too large")
_BROKEN_OFF: Final = "fatal: fetch-pack: invalid index-pack output"
"""git's only message when the kernel has killed its writer because of a file's size."""
_SETTINGS: Final = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "credential.helper": "",
    "http.followRedirects": "initial",
    "submodule.recurse": "false",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fetched:
    """What a clone brought."""

    commit: str | None
    branch: str | None
    files: int
    size: int


class Repositories:
    """Clones repositories into the workspaces of sessions."""

    def __init__(
        self, settings: FileSettings, sessions: Sessions, programs: Runtime, log: EventLog, hub: Hub
    ) -> None:
        self._hosts = frozenset(settings.repository_hosts)
        self._sessions = sessions
        self._programs = programs
        self._log = log
        self._hub = hub
        self._at_once = ConcurrencyLimiter(MOST_CLONES_AT_ONCE, "clones")

    async def clone(self, request: RepositoryClone, session: Session | None = None) -> RepositoryCloned:
        """Fill a session's workspace from a repository, completely or not at all.

        Raises: NotFound, if the session, repository or ref does not exist; Conflict, if the workspace is not
        empty and `replace` is not set; InvalidField; PermissionDenied, if the session may not reach the host,
        or the host rejects the credentials; WorkspaceLimitExceeded; ServerOverload; ToolExecutionFailed.
        """
        session = await self._sessions.get_active(request.session_id, session)
        place = self._checked(session, request)
        workspace = self._sessions.workspace(session.id)
        if not request.replace and (await workspace.list(include_hidden=True, max_entries=1)).is_anything:
            raise Conflict("The workspace is not empty; set `replace` to replace its content")
        async with workspace.undoable() as undoable:
            with self._at_once.one_more(session.id):
                proxy = Proxy(allow_private=False, private_hosts=self._hosts)
                try:
                    await proxy.address(place.hostname or "")
                    fetch = partial(self._fetch, session, request, await proxy.start())
                    fetched = await undoable.fill(fetch, replace=request.replace)
                except AddressRefused as refusal:
                    raise InvalidField("url", f"It cannot be reached: {refusal}.") from refusal
                finally:
                    await proxy.close()
            told = WorkspaceImported(files=fetched.files, size=fetched.size, repository=request.url)
            await self._log.append(session.id, told)
        return RepositoryCloned(
            url=request.url,
            commit=fetched.commit,
            branch=fetched.branch,
            files=fetched.files,
            size=fetched.size,
        )

    def _checked(self, session: Session, request: RepositoryClone) -> SplitResult:
        """Validate the request and return its parsed URL. Raises: InvalidField, PermissionDenied."""
        place = _place(request.url)
        if request.ref is not None and _OF_A_REF.fullmatch(request.ref) is None:
            raise InvalidField("ref", "This cannot be the name of a branch or tag.")
        is_trusted = place.hostname in self._hosts
        if request.token is not None:
            if not request.token.isascii() or not request.token.isprintable():
                raise InvalidField(
                    "token", "This is not a token: it contains characters that cannot be sent."
                )
            if place.scheme != "https" and not is_trusted:
                raise InvalidField("token", "A token is only sent over https.")
        if not session.config.network and not is_trusted:
            raise PermissionDenied(
                "This session has no network; set its `config.network`, or have the server's operator add "
                "the host to `files.repository_hosts`",
                host=place.hostname,
            )
        return place

    async def _fetch(self, session: Session, request: RepositoryClone, proxy: str, folder: Path) -> _Fetched:
        """Clone into an empty directory. Raises: as `clone`."""
        told: list[str] = []

        def tell(step: str, percent: int) -> None:
            self._hub.signal(session.id, CloneStep(repository=request.url, step=step, percent=percent))

        progress = CloneProgress(tell)

        async def hear(stream: str, text: str) -> None:
            if stream == "stdout":
                told.append(text)
            else:
                progress.hear(text)

        standing = self._sessions.sandbox(session)
        sandbox = SandboxSpec(
            session_id=session.id,
            folder=folder,
            limits=standing.limits,
            network=False,
            reaches_server=True,
        )
        command = Command(line=_line(request), environment=_environment(request, proxy))
        done = await self._programs.run(sandbox, command, on_output=hear)
        _check_outcome(done, request, standing.limits.max_execution_time)
        commit, _, branch = "".join(told).rstrip().partition(" ")
        files, size = await asyncio.to_thread(_measure, folder)
        return _Fetched(commit=commit or None, branch=branch or None, files=files, size=size)


def _place(url: str) -> SplitResult:
    """Parse the URL. Raises: InvalidField."""
    try:
        place = urlsplit(url)
        _ = place.port
    except ValueError:
        raise InvalidField("url", "This is not a URL.") from None
    if place.scheme not in ("https", "http") or not place.hostname:
        raise InvalidField("url", "Repositories are fetched over https:// or http:// only.")
    if place.username is not None or place.password is not None:
        raise InvalidField("url", "Do not put credentials into the URL; use `token`.")
    if not url.isascii() or not url.isprintable() or " " in url or place.query or place.fragment:
        raise InvalidField("url", "This is not the URL of a repository.")
    return place


def _line(request: RepositoryClone) -> str:
    options = ["--progress", "--template=", "--no-recurse-submodules"]
    if request.depth is not None:
        options.append(f"--depth={request.depth}")
    if request.ref is not None:
        options.append('--branch="$CLONE_REF"')
    head = '"$(git rev-parse --verify --quiet HEAD)" "$(git symbolic-ref --quiet --short HEAD)"'
    return f"git clone {' '.join(options)} -- \"$CLONE_URL\" . && printf '%s %s\\n' {head}"


def _environment(request: RepositoryClone, proxy: str) -> dict[str, str]:
    """Return git's configuration as environment variables, so that none of it is stored in the repository."""
    settings = {**_SETTINGS, "http.proxy": proxy}
    if request.token is not None:
        place = urlsplit(request.url)
        secret = base64.b64encode(f"{_USER}:{request.token}".encode()).decode()
        settings[f"http.{place.scheme}://{place.netloc}/.extraHeader"] = f"Authorization: Basic {secret}"
    numbered = {
        f"GIT_CONFIG_{part}_{number}": text
        for number, setting in enumerate(settings.items())
        for part, text in zip(("KEY", "VALUE"), setting, strict=True)
    }
    return {
        **numbered,
        "GIT_CONFIG_COUNT": str(len(settings)),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "https:http",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "CLONE_URL": request.url,
        "CLONE_REF": request.ref or "",
    }


def _check_outcome(done: Exit, request: RepositoryClone, most_s: int) -> None:
    """Raises: as `clone`, depending on git's messages."""
    complaint = without_progress(done.output)[-_COMPLAINT_CHARACTERS:].strip()
    if done.stopped_by == "time":
        raise ToolExecutionFailed(f"The clone took longer than {most_s} seconds, the session's limit.")
    overload = exhausted_by_words(complaint) if done.code != 0 else None
    if overload is not None:
        raise overload
    is_too_large = complaint == _BROKEN_OFF or any(words in complaint for words in _TOO_LARGE)
    if done.stopped_by == "disk" or is_too_large:
        raise WorkspaceLimitExceeded("The repository, or a file of it, is larger than the session's limits.")
    if done.stopped_by is not None:
        raise ToolExecutionFailed(f"The clone reached the session's {done.stopped_by} limit.")
    if done.code == 0:
        return
    if request.ref is not None and f"Remote branch {request.ref} not found" in complaint:
        raise NotFound("ref", request.ref)
    if any(words in complaint for words in _NO_ACCESS):
        raise PermissionDenied(
            "There is no such repository, or these credentials do not give access to it", url=request.url
        )
    if any(words in complaint for words in _NO_REPOSITORY):
        raise NotFound("repository", request.url)
    raise ToolExecutionFailed(f"git could not clone the repository: {complaint}")


def _measure(folder: Path) -> tuple[int, int]:
    """Return the number of files and links, and their size in bytes."""
    files, size = 0, 0
    for entry in walk(folder, leave_out=frozenset({".git"})):
        if stat.S_ISREG(entry.facts.st_mode) or stat.S_ISLNK(entry.facts.st_mode):
            files += 1
            size += entry.facts.st_size
    return files, size
