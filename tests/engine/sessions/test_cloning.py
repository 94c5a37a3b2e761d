"""Workspaces that are filled from a git repository."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.models.error import (
    Conflict,
    InvalidField,
    NotFound,
    PermissionDenied,
    ServerOverload,
    WorkspaceLimitExceeded,
)
from roocode_server.models.file import RepositoryClone, RepositoryCloned
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import SessionCreate
from roocode_server.models.settings import Settings
from roocode_server.models.user import Caller
from tests.support.repositories import GitHost, git_host

FILES: dict[str, str | bytes] = {"README.md": "# hello\n", "src/main.py": "print(6 * 7)\n"}
TOKEN = "very-secret-token"


@dataclass
class Bench:
    """A session of an engine whose settings trust the host."""

    engine: Engine
    caller: Caller
    host: GitHost
    session_id: SessionId

    async def session(self, **config: Any) -> SessionId:
        return (await self.engine.sessions.create(self.caller, SessionCreate.load({"config": config}))).id

    async def clone(self, name: str = "hello.git", **more: Any) -> RepositoryCloned:
        raw = {"sessionId": self.session_id, "url": f"{self.host.url}/{name}", **more}
        return await self.engine.repositories.clone(RepositoryClone.load(raw))

    @property
    def folder(self) -> Path:
        return self.engine.sessions.workspace(self.session_id).folder

    def is_untouched(self) -> bool:
        """Check that nothing was cloned and nothing is left in the staging area."""
        staging = self.folder.parent / ".staging"
        return not list(self.folder.iterdir()) and not (staging.exists() and list(staging.iterdir()))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    settings = {
        "server": {"data_dir": str(tmp_path / "data")},
        "runtime": {"kind": "local"},
        "files": {"repository_hosts": ["127.0.0.1"]},
    }
    async with git_host(tmp_path / "host") as host:
        host.make("hello", FILES)
        engine = await open_engine(Settings.load_plain(settings))
        try:
            identity = await engine.accounts.open_identity()
            caller = Caller.of(identity, request_id="test", base_url="http://test")
            made = await engine.sessions.create(caller, SessionCreate.load({}))
            yield Bench(engine, caller, host, made.id)
        finally:
            await engine.close()


async def test_a_repository_becomes_the_workspace(bench: Bench) -> None:
    cloned = await bench.clone()
    assert (bench.folder / "src/main.py").read_text() == FILES["src/main.py"]
    assert (cloned.branch, cloned.files) == ("main", 2)
    assert cloned.commit == bench.host.git(bench.folder, "rev-parse", "HEAD").strip()
    assert bench.host.git(bench.folder, "status", "--porcelain") == ""
    assert bench.host.git(bench.folder, "remote", "get-url", "origin").strip() == cloned.url


async def test_it_is_told_once(bench: Bench) -> None:
    await bench.clone()
    stored = await bench.engine.log.read(bench.session_id, after=0, limit=100)
    told = [orjson.loads(each.body) for each in stored if each.type == "workspace.imported"]
    assert [(each["files"], each["repository"]) for each in told] == [(2, f"{bench.host.url}/hello.git")]


async def test_a_branch_or_a_tag_can_be_wanted(bench: Bench) -> None:
    (bench.host.folder / "hello.work/new").write_text("new")
    bench.host.push("hello", "feature/new")
    assert (await bench.clone(ref="feature/new")).branch == "feature/new"
    assert (bench.folder / "new").exists()
    tagged = await bench.clone(ref="first", replace=True)
    assert tagged.branch is None and not (bench.folder / "new").exists()


async def test_some_commits_can_be_enough(bench: Bench) -> None:
    for _ in range(3):
        bench.host.push("hello", "main")
    await bench.clone(depth=1)
    assert bench.host.git(bench.folder, "rev-list", "--count", "HEAD").strip() == "1"


async def test_an_empty_repository_makes_an_empty_checkout(bench: Bench) -> None:
    bench.host.git(bench.host.folder, "init", "--quiet", "--bare", "empty.git")
    cloned = await bench.clone("empty.git")
    assert (cloned.commit, cloned.files) == (None, 0)


async def test_a_workspace_that_holds_something_is_replaced_only_if_that_is_said(bench: Bench) -> None:
    (bench.folder / "mine").write_text("mine")
    with pytest.raises(Conflict, match="replace"):
        await bench.clone()
    assert [each.name for each in bench.folder.iterdir()] == ["mine"]
    await bench.clone(replace=True)
    assert not (bench.folder / "mine").exists()


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"name": "nothing.git"}, NotFound),
        ({"ref": "nothing"}, NotFound),
    ],
)
async def test_what_is_not_there_is_not_found(bench: Bench, more: dict[str, Any], error: type) -> None:
    with pytest.raises(error):
        await bench.clone(**more)
    assert bench.is_untouched()


@pytest.mark.parametrize(
    "url",
    [
        "git@example.org:a/b.git",
        "ssh://example.org/a.git",
        "git://example.org/a.git",
        "file:///etc",
        "/etc",
        "ext::sh -c 'touch /tmp/x'",
        "--upload-pack=touch x",
        "https://",
        "https://user:password@example.org/a.git",
        "https://example.org/a.git?x=1",
        "https://example.org/a b.git",
        "https://example.org/\n",
        "https://example.org:port/",
        "https://exämple.org/",
    ],
)
async def test_other_addresses_are_refused(bench: Bench, url: str) -> None:
    request = RepositoryClone.load({"sessionId": bench.session_id, "url": url})
    with pytest.raises(InvalidField):
        await bench.engine.repositories.clone(request)


@pytest.mark.parametrize("ref", ["--upload-pack=x", "-b", "a b", "a\nb", "$(touch x)~", "a:b", ""])
async def test_other_names_of_refs_are_refused(bench: Bench, ref: str) -> None:
    with pytest.raises((InvalidField, NotFound)):
        await bench.clone(ref=ref)
    assert bench.is_untouched()


async def test_names_that_a_shell_would_run_are_only_names(bench: Bench) -> None:
    with pytest.raises(NotFound):
        await bench.clone("$(touch${IFS}x);`id`.git")
    with pytest.raises(NotFound):
        await bench.clone(ref='"$(id)"')
    assert bench.is_untouched()


async def test_without_the_network_only_hosts_that_are_named_are_reached(bench: Bench) -> None:
    request = {"sessionId": bench.session_id, "url": "https://example.org/a.git"}
    with pytest.raises(PermissionDenied, match="repository_hosts"):
        await bench.engine.repositories.clone(RepositoryClone.load(request))


@pytest.mark.parametrize("host", ["localhost", "127.1.2.3", "[::1]", "169.254.169.254", "10.0.0.1"])
async def test_with_the_network_no_private_address_is_reached(bench: Bench, host: str) -> None:
    session_id = await bench.session(network=True)
    port = bench.host.url.rpartition(":")[2]
    request = {"sessionId": session_id, "url": f"http://{host}:{port}/hello.git"}
    with pytest.raises(InvalidField) as refused:
        await bench.engine.repositories.clone(RepositoryClone.load(request))
    assert "cannot be reached" in str(refused.value.details)


async def test_nor_is_one_that_a_host_leads_to(bench: Bench) -> None:
    bench.host.moved_to = f"http://localhost:{bench.host.url.rpartition(':')[2]}"
    with pytest.raises(PermissionDenied):
        await bench.clone()
    assert len(bench.host.shown) == 1 and bench.is_untouched()


async def test_a_token_opens_a_private_repository_and_is_kept_nowhere(bench: Bench, tmp_path: Path) -> None:
    bench.host.token = TOKEN
    with pytest.raises(PermissionDenied):
        await bench.clone()
    with pytest.raises(PermissionDenied) as refused:
        await bench.clone(token="another")
    assert "another" not in str(refused.value.details)
    await bench.clone(token=TOKEN)
    for file in (tmp_path / "data").rglob("*"):
        if file.is_file():
            assert TOKEN.encode() not in file.read_bytes(), file


async def test_a_token_is_not_sent_in_clear_to_a_host_that_nobody_trusts(bench: Bench) -> None:
    session_id = await bench.session(network=True)
    request = {"sessionId": session_id, "url": "http://example.org/a.git", "token": TOKEN}
    with pytest.raises(InvalidField) as refused:
        await bench.engine.repositories.clone(RepositoryClone.load(request))
    assert "https" in str(refused.value.details)


async def test_a_link_that_leads_out_is_a_link_and_no_door_follows_it(bench: Bench) -> None:
    work = bench.host.folder / "hello.work"
    (work / "out").symlink_to("/etc/passwd")
    bench.host.push("hello", "links")
    await bench.clone(ref="links")
    assert (bench.folder / "out").is_symlink()
    with pytest.raises(InvalidField):
        await bench.engine.sessions.workspace(bench.session_id).read("out")


async def test_hooks_and_settings_of_a_repository_do_nothing(bench: Bench) -> None:
    """A tree cannot hold `.git`, so they can only be beside it, where git does not look."""
    hook = "#!/bin/sh\ntouch /workspaces/*/hooked\n"
    bench.host.make("hooked", {"hooks/post-checkout": hook, ".githooks/post-checkout": hook})
    await bench.clone("hooked.git")
    assert not (bench.folder / "hooked").exists()


async def test_one_that_is_too_large_is_refused_whole(bench: Bench) -> None:
    bench.host.make("large", {"noise": bytes(range(256)) * 4 + os.urandom(3_000_000)})
    bench.session_id = await bench.session(resourceLimits={"maxFileSizeMB": 1})
    with pytest.raises(WorkspaceLimitExceeded):
        await bench.clone("large.git")
    assert bench.is_untouched()


async def test_one_at_a_time(bench: Bench) -> None:
    outcomes = await asyncio.gather(bench.clone(), bench.clone(), return_exceptions=True)
    assert {type(each) for each in outcomes} == {RepositoryCloned, ServerOverload}


async def test_a_clone_that_is_cancelled_leaves_nothing(bench: Bench) -> None:
    cloning = asyncio.create_task(bench.clone())
    async with asyncio.timeout(60):
        while not bench.host.shown:
            await asyncio.sleep(0)
    cloning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cloning
    assert bench.is_untouched()
