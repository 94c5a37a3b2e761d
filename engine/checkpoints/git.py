"""git as content storage: it reads and writes its own repository and never the workspace.

So nothing in a workspace (links, hooks, attributes, a nested repository) can influence it. Source: git(1),
git-fast-import(1).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from roocode_server.engine.runtimes.helper_program import HelperProgram
from roocode_server.engine.workspace.ownership import make_private
from roocode_server.models.error import ToolExecutionFailed
from roocode_server.models.exhaustion import exhausted_by_words
from roocode_server.models.identifier import TaskId

BRANCH: Final = "refs/heads/main"
STARTS: Final = "refs/heads/starts"
"""A branch that holds the workspace as tasks found it; `start_of` names each."""
EMPTY: Final = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The tree without files, which git knows without storing it."""
STARTS_OF_TASKS: Final = "refs/tasks/"
NOW: Final = "refs/heads/now"
"""A branch that holds the present workspace for a comparison."""
UNFINISHED: Final = ".new"
"""Ends the name of a folder in which a repository is being created."""
CHUNK_BYTES: Final = 65_536
BUNDLE_TIMEOUT_S: Final = 300.0
BUNDLE_MEMORY_KIB: Final = 2_097_152
_REMAINS: Final = (
    "*.lock",
    "refs/*/*.lock",
    "objects/pack/tmp_*",
    "objects/??/tmp_obj_*",
    "fast_import_crash_*",
)


class CheckpointsUnavailable(ToolExecutionFailed):
    """Checkpoints cannot be kept on this machine; the message says what to install."""


def start_of(task_id: TaskId) -> str:
    """The reference to the workspace as a task found it."""
    return f"{STARTS_OF_TASKS}{task_id}"


class GitFailure(Exception):
    """A git command failed; the message is git's."""


class Repository:
    """One bare git repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._git = shutil.which("git")

    @property
    def is_there(self) -> bool:
        """Whether the repository has been created."""
        return (self.folder / "HEAD").exists()

    async def open(self) -> None:
        """Create the repository, as a whole, if it does not exist.

        Raises: CheckpointsUnavailable, if git is not installed; ServerOverload, if the disk is full.
        """
        if self._git is None:
            raise CheckpointsUnavailable("Checkpoints need git, which is not installed: install it")
        if self.is_there:
            return
        making = Repository(self.folder.with_name(f"{self.folder.name}{UNFINISHED}"))
        await asyncio.to_thread(shutil.rmtree, making.folder, ignore_errors=True)
        await asyncio.to_thread(make_private, making.folder)
        await making.run("init", "--quiet", "--bare", "--initial-branch=main", str(making.folder))
        await asyncio.to_thread(making.folder.rename, self.folder)

    def remove_remains(self) -> None:
        """Remove what git commands that were killed have left: no other command would get past their locks.

        Call it while no command is running. Source: gitrepository-layout(5).
        """
        for pattern in _REMAINS:
            for left in self.folder.glob(pattern):
                left.unlink(missing_ok=True)

    async def run(self, *arguments: str, content: bytes = b"", memory_kib: int | None = None) -> bytes:
        """Run a git command, with at most this much memory, and return its output.

        Raises: GitFailure; ServerOverload, if the disk is full.
        """
        async with self._started(*arguments, memory_kib=memory_kib) as process:
            printed, complaint = await process.communicate(content)
        _check(process, complaint)
        return printed

    async def feed(self, *arguments: str, pieces: AsyncGenerator[bytes, None]) -> None:
        """Run a git command with this input, of which only a few pieces are in memory at a time.

        Raises: GitFailure; ServerOverload; what the generator raises, after which git has stored nothing.
        """
        async with self._started(*arguments) as process, contextlib.aclosing(pieces):
            with contextlib.suppress(BrokenPipeError):  # it has failed, and says why
                async for piece in pieces:
                    await process.stdin.write(piece)
            _, complaint = await process.communicate()
        _check(process, complaint)

    async def read(self, *arguments: str, most: int) -> tuple[bytes, bool]:
        """Run a git command and return the beginning of its output, and whether there is more.

        Raises: GitFailure; ServerOverload.
        """
        async with self._started(*arguments) as process:
            parts, size = [], 0
            while size <= most and (part := await process.stdout.read(CHUNK_BYTES)):
                parts.append(part)
                size += len(part)
            if size > most:
                return b"".join(parts)[:most], True
            _, complaint = await process.communicate()
        _check(process, complaint)
        return b"".join(parts), False

    async def head(self, reference: str = BRANCH) -> str | None:
        """Return the last commit of a branch, or None."""
        try:
            return (await self.run("rev-parse", "--verify", "--quiet", reference)).decode().strip()
        except GitFailure:
            return None

    async def has(self, commit: str) -> bool:
        """Return whether a commit is an ancestor of the last commit, or that commit itself."""
        try:
            await self.run("merge-base", "--is-ancestor", commit, BRANCH)
        except GitFailure:
            return False
        return True

    async def write_bundle(self, bundle: Path) -> bool:
        """Write everything but `NOW` into a new file; False if there is nothing. Raises: GitFailure."""
        wanted = [each for each in (BRANCH, STARTS) if await self.head(each) is not None]
        if await self.run("for-each-ref", "--count=1", STARTS_OF_TASKS):
            wanted.append(f"--glob={STARTS_OF_TASKS}*")
        if wanted:
            await self.run("bundle", "create", "--quiet", str(bundle), *wanted)
        return bool(wanted)

    async def fetch_bundle(self, bundle: Path) -> None:
        """Take the commits of a bundle that nobody has looked at into the repository, which is empty.

        git reads it with limits on time and memory, and refuses what is not sound. Raises: GitFailure,
        TimeoutError.
        """
        refspecs = (f"{BRANCH}:{BRANCH}", f"{STARTS}:{STARTS}", f"{STARTS_OF_TASKS}*:{STARTS_OF_TASKS}*")
        there = (await self.run("bundle", "list-heads", str(bundle))).decode().split("\n")
        names = {line.partition(" ")[2] for line in there} - {""}
        if not names:
            raise GitFailure("there is nothing in the bundle")
        wanted = [each for each in refspecs if "*" in each or each.partition(":")[0] in names]
        async with asyncio.timeout(BUNDLE_TIMEOUT_S):
            await self.run(
                *("-c", "transfer.fsckObjects=true", "-c", "core.bigFileThreshold=8m"),
                *("-c", "pack.threads=1", "-c", "gc.auto=0"),
                *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"),
                *(str(bundle), *wanted),
                memory_kib=BUNDLE_MEMORY_KIB,
            )

    async def rename_all(self, prefix: str, renamed: Callable[[str], str]) -> None:
        """Rename the references that begin with `prefix`. Raises: GitFailure."""
        printed = await self.run("for-each-ref", "--format=%(objectname) %(refname)", prefix)
        changes = []
        for line in printed.decode().split("\n")[:-1]:
            commit, reference = line.split(" ", 1)
            if renamed(reference) != reference:
                changes += [f"create {renamed(reference)} {commit}", f"delete {reference} {commit}"]
        if changes:
            await self.run("update-ref", "--stdin", content="\n".join([*changes, ""]).encode())

    @asynccontextmanager
    async def _started(self, *arguments: str, memory_kib: int | None = None) -> AsyncIterator[HelperProgram]:
        limited = () if memory_kib is None else ("sh", "-c", f'ulimit -v {memory_kib}; exec "$@"', "sh")
        process = HelperProgram(*limited, self._git or "git", *arguments, environment=self._environment())
        try:
            yield process
        finally:
            await process.end()

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "GIT_DIR": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C.UTF-8",
        }


def _check(process: HelperProgram, complaint: bytes) -> None:
    if process.returncode != 0:
        said = complaint.decode(errors="replace").strip()
        raise exhausted_by_words(said) or GitFailure(said[:500])
