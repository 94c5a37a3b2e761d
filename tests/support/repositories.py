"""A stand-in for a git host: git's own server program behind a small HTTP server."""

from __future__ import annotations

import asyncio
import base64
import functools
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

_QUIET = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "somebody" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


@dataclass
class GitHost:
    """The URL, the repositories, and the requests received."""

    folder: Path
    url: str = ""
    token: str | None = None
    """The credentials that are required, if any."""
    moved_to: str | None = None
    """The URL to which all requests are redirected, if any."""
    shown: list[str] = field(default_factory=list)

    def make(self, name: str, files: dict[str, str | bytes]) -> None:
        """Create a repository with one commit on `main`, and the tag `first`."""
        work = self.folder / f"{name}.work"
        work.mkdir(parents=True)
        for path, content in files.items():
            place = work / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git(work, "init", "--quiet", "--initial-branch=main")
        self.commit(name)
        self.git(work, "tag", "first")
        self.git(self.folder, "clone", "--quiet", "--bare", str(work), f"{name}.git")

    def commit(self, name: str) -> None:
        """Commit all files of a repository, even without changes."""
        work = self.folder / f"{name}.work"
        self.git(work, "add", "--all", "--force")
        self.git(work, "commit", "--quiet", "--allow-empty", "--message", "a change")

    def push(self, name: str, branch: str) -> None:
        """Create a branch with the files of a repository."""
        self.commit(name)
        work = self.folder / f"{name}.work"
        self.git(work, "push", "--quiet", str(self.folder / f"{name}.git"), f"HEAD:refs/heads/{branch}")

    def git(self, folder: Path, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=folder, env=_QUIET, capture_output=True, text=True, check=True
        )
        return done.stdout

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.shown.append(request.headers.get("Authorization", ""))
        if self.moved_to is not None:
            raise web.HTTPFound(self.moved_to + request.path_qs)
        if self.token is not None and self.shown[-1] != _basic(self.token):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        environment = {
            **_QUIET,
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": request.method,
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        answering = functools.partial(
            subprocess.run, input=await request.read(), capture_output=True, env=environment, check=False
        )
        printed = (await asyncio.to_thread(answering, ["git", "http-backend"])).stdout
        head, _, body = printed.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        status = int(headers.pop("Status", "200").split()[0])
        return web.Response(status=status, body=body, headers=headers)


@asynccontextmanager
async def git_host(folder: Path) -> AsyncIterator[GitHost]:
    """Run the host on a loopback port while the block runs."""
    folder.mkdir()
    host = GitHost(folder)
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", host.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield host
    finally:
        await runner.cleanup()


def _basic(token: str) -> str:
    return "Basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode()
