"""Saves, compares and restores checkpoints. Source: S2; docs/checkpoints.md."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson
import structlog

from roocode_server.engine.checkpoints.contents import Facts, changed, commit_stream, look
from roocode_server.engine.checkpoints.git import (
    BRANCH,
    EMPTY,
    NOW,
    STARTS,
    STARTS_OF_TASKS,
    GitFailure,
    Repository,
    start_of,
)
from roocode_server.engine.concurrency.keyed_locks import KeyedLocks
from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.storage.session_rows import Renaming
from roocode_server.engine.workspace.file_access import FOLDER_FLAGS
from roocode_server.engine.workspace.name_spelling import spelled, unspelled
from roocode_server.engine.workspace.ownership import make_private
from roocode_server.engine.workspace.replica import Inodes, replicate
from roocode_server.engine.workspace.scanning import opened
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.checkpoint import ChangedFile, Checkpoint, CheckpointDifference
from roocode_server.models.clock import UTC, now
from roocode_server.models.error import (
    AppError,
    Conflict,
    InvalidField,
    NotFound,
    ToolExecutionFailed,
)
from roocode_server.models.identifier import SessionId, TaskId

log = structlog.get_logger("checkpoints")

MOST_DIFF_BYTES: Final = 500_000
DIFF_TIMEOUT_S: Final = 30.0
MOST_COMPARED_FILES: Final = 10_000
"""How many files a comparison names; it counts the others."""
RESTORING: Final = "restoring"
"""A file in the repository that exists during a restoration and names its checkpoint."""
INDICES: Final = {BRANCH: "seen.json", STARTS: "seen-by-tasks.json", NOW: "seen-now.json"}
"""For each branch, a file in the repository with the facts of files as they were stored there last."""
TASK_NAMES: Final = "task-names.json"
"""A file in a copied repository with the ids of its tasks, by those that the commits name."""


@dataclass(frozen=True, slots=True)
class StoredSize:
    """How much of a workspace is stored: this many files, and bytes that are new since the last time.

    Without `new_bytes`, the session's limits are enough: contents are streamed.
    """

    files: int
    new_bytes: int | None = None


SIZES: Final = {
    BRANCH: StoredSize(files=200_000),
    STARTS: StoredSize(files=20_000, new_bytes=64 * 2**20),
}
"""The most that is stored of a workspace on each branch: on request, and before every task."""
MOST_TREE_BYTES: Final = 67_108_864
"""The most bytes of an object that is no file's content, in checkpoints from elsewhere."""
FOREIGN_CHECKPOINTS_AT_ONCE: Final = 500
_KINDS: Final = {"A": "created", "M": "modified", "D": "deleted"}


class WorkspaceTooLarge(Conflict):
    """The workspace has more files, or more that is new since the last time, than is stored."""

    def __init__(self, most: StoredSize) -> None:
        new = "" if most.new_bytes is None else f", and {most.new_bytes // 2**20} MiB that are new"
        super().__init__(
            f"The workspace is too large to be kept or compared: it may have {most.files:,} files{new}",
            files=most.files,
        )


class Checkpoints:
    """Saves, compares and restores workspaces, one operation at a time in each session."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._locks = KeyedLocks()

    async def save(
        self, workspace: Workspace, session_id: SessionId, reason: str, task_id: TaskId | None = None
    ) -> Checkpoint | None:
        """Save the workspace as a checkpoint; None if nothing has changed since the last one.

        Raises: CheckpointsUnavailable.
        """
        async with self._alone(session_id):
            return await self._save(workspace, session_id, reason, task_id, BRANCH)

    async def latest(self, session_id: SessionId) -> str | None:
        """Return the id of the last checkpoint, or None."""
        repository = self._repository(session_id)
        return await repository.head() if repository.is_there else None

    async def page(self, session_id: SessionId, *, limit: int, offset: int) -> tuple[list[Checkpoint], int]:
        """Return one page of the checkpoints, newest first, and their total number."""
        repository = self._repository(session_id)
        if not repository.is_there or await repository.head() is None:
            return [], 0
        printed = await repository.run(
            "log", "--format=%H%x00%ct%x00%B%x01", f"--skip={offset}", f"--max-count={limit}", BRANCH
        )
        total = int(await repository.run("rev-list", "--count", BRANCH))
        names = await asyncio.to_thread(_names, repository.folder)
        entries = printed.decode().split("\x01")
        return [_checkpoint(entry, names) for entry in entries if entry.strip()], total

    async def compare(
        self, workspace: Workspace, session_id: SessionId, before: str, after: str | None
    ) -> CheckpointDifference:
        """Return what changed between two checkpoints, or since `before` if `after` is None.

        Raises: NotFound.
        """
        async with self._alone(session_id):
            repository = await self._found(session_id, before, *([after] if after else []))
            if after is None:
                await self._save(workspace, session_id, "now", None, BRANCH, into=NOW)
                after = NOW
            return await _difference(repository, before, after)

    async def keep_start(self, workspace: Workspace, session_id: SessionId, task_id: TaskId) -> bool:
        """Store the workspace as a task finds it; False if it is too large for that.

        Raises: CheckpointsUnavailable, GitFailure, ServerOverload.
        """
        async with self._alone(session_id) as repository:
            await repository.open()
            if await repository.head(start_of(task_id)) is not None:
                return True
            try:
                await self._save(workspace, session_id, "before a task", task_id, STARTS)
            except WorkspaceTooLarge:
                return False
            await repository.run("update-ref", start_of(task_id), STARTS)
            return True

    async def has_start(self, session_id: SessionId, task_id: TaskId) -> bool:
        """Whether the workspace is kept as the task found it."""
        repository = self._repository(session_id)
        return repository.is_there and await repository.head(start_of(task_id)) is not None

    async def since_start(
        self,
        workspace: Workspace,
        session_id: SessionId,
        start: TaskId | None,
        end: TaskId | None,
        *,
        path: str | None,
        context: int,
    ) -> CheckpointDifference:
        """Return what changed between the starts of two tasks, which are kept.

        Without `start` the workspace was empty; without `end`, it is compared as it is now.
        Raises: CheckpointsUnavailable; Conflict, if it is too large for that; ToolExecutionFailed, if it
        takes too long.
        """
        async with self._alone(session_id) as repository:
            await repository.open()
            if end is None:
                await self._save(workspace, session_id, "now", None, STARTS, into=NOW)
            before = EMPTY if start is None else start_of(start)
            after = NOW if end is None else start_of(end)
            return await _difference(repository, before, after, path=path, context=context)

    async def restore(
        self, workspace: Workspace, session_id: SessionId, checkpoint_id: str
    ) -> tuple[Checkpoint | None, list[ChangedFile]]:
        """Restore the workspace to a checkpoint, after saving its present state.

        Returns the checkpoint that was saved (None if nothing had changed) and the files that changed.
        Raises: NotFound; Conflict or InvalidField, before anything is changed, if a file cannot be put in its
        place.
        """
        async with self._alone(session_id):
            repository = await self._found(session_id, checkpoint_id)
            saved = await self._save(workspace, session_id, "before a restoration", None, BRANCH)
            changes = await _changes(repository, BRANCH, checkpoint_id)
            await _check_restorable(workspace, changes)
            before = await repository.head()
            await asyncio.to_thread(_begin, repository.folder, checkpoint_id)
            try:
                await _apply(repository, workspace, changes)
            except AppError:
                await self._save(workspace, session_id, "now", None, BRANCH, into=NOW)
                await _apply(repository, workspace, await _changes(repository, NOW, before or BRANCH))
                await asyncio.to_thread(_end, repository.folder)
                raise
            await self._save(workspace, session_id, f"restored {checkpoint_id[:12]}", None, BRANCH)
            await asyncio.to_thread(_end, repository.folder)
        return saved, [change.file for change in changes]

    async def check_restorable(self, workspace: Workspace, session_id: SessionId, checkpoint_id: str) -> None:
        """Check that a workspace that was just saved can be restored to a checkpoint.

        Raises: NotFound; Conflict, InvalidField, if a file cannot be put in its place.
        """
        async with self._alone(session_id):
            repository = await self._found(session_id, checkpoint_id)
            await _check_restorable(workspace, await _changes(repository, BRANCH, checkpoint_id))

    async def copy(
        self,
        source: SessionId,
        copy: SessionId,
        renaming: Renaming,
        inodes: Inodes,
    ) -> None:
        """Copy all checkpoints of a session, if it has any, for a copy of it.

        Checkpoints keep their ids; tasks have those of `renaming`, and files those of `inodes`. Raises:
        OSError, GitFailure, ServerOverload.
        """
        async with self._locks.holding(source):
            repository = self._repository(source)
            if not repository.is_there:
                return
            copied = self._repository(copy)
            await asyncio.to_thread(make_private, copied.folder)
            with (
                opened(os.open(repository.folder, FOLDER_FLAGS)) as origin,
                opened(os.open(copied.folder, FOLDER_FLAGS)) as target,
            ):
                await replicate(origin, target, owner=str(repository.folder))
        await copied.rename_all(STARTS_OF_TASKS, renaming.applied)
        await asyncio.to_thread(_adapt, copied.folder, renaming, inodes)

    async def bundle(self, session_id: SessionId, target: Path) -> dict[str, str] | None:
        """Write all checkpoints of a session to a new file, for `take_in`; None if it has none.

        Returns the ids of tasks by those that the commits name. Raises: GitFailure, ServerOverload.
        """
        async with self._alone(session_id) as repository:
            if not repository.is_there or not await repository.write_bundle(target):
                return None
            return dict(await asyncio.to_thread(_names, repository.folder))

    async def take_in(
        self,
        session_id: SessionId,
        bundle: Path,
        *,
        names: Mapping[str, str],
        renaming: Renaming,
        most_bytes: int,
    ) -> None:
        """Fill a session's checkpoints from a bundle that nobody has looked at.

        Only objects and references are taken from it, and only what git finds sound. Raises: InvalidField, if
        it is refused; ServerOverload.
        """
        async with self._alone(session_id) as repository:
            await repository.open()
            try:
                await repository.fetch_bundle(bundle)
                await _check_foreign(repository, most_bytes)
            except (GitFailure, TimeoutError, ValueError, TypeError, KeyError) as failure:
                log.info("checkpoints refused", session_id=session_id, reason=str(failure))
                raise InvalidField("", "The archive is refused: its checkpoints are damaged.") from None
            await repository.rename_all(STARTS_OF_TASKS, renaming.applied)
            there = {commit: renaming.applied(task_id) for commit, task_id in names.items()}
            content = orjson.dumps({**renaming.names, **there})
            await asyncio.to_thread((repository.folder / TASK_NAMES).write_bytes, content)

    async def cut_short(self) -> dict[SessionId, str]:
        """Return the checkpoints whose restoration was interrupted by the end of the last server, by session.

        Removes what is left of git commands that were killed. Call it before any other method.
        """
        return await asyncio.to_thread(_cut_short, self._folder)

    async def sessions(self) -> list[SessionId]:
        """Return the sessions that have checkpoints."""
        return await asyncio.to_thread(_sessions, self._folder)

    async def forget(self, session_id: SessionId) -> None:
        """Delete all checkpoints of a session."""
        async with self._locks.holding(session_id):
            await asyncio.to_thread(shutil.rmtree, self._repository(session_id).folder, ignore_errors=True)

    @asynccontextmanager
    async def _alone(self, session_id: SessionId) -> AsyncIterator[Repository]:
        """A session's repository while nobody else changes it. If the block is cut off, its git commands have
        been killed: what is left of them is removed.
        """
        async with self._locks.holding(session_id):
            repository = self._repository(session_id)
            try:
                yield repository
            except BaseException:
                await run_to_completion(asyncio.to_thread(repository.remove_remains))
                raise

    def _repository(self, session_id: SessionId) -> Repository:
        return Repository(self._folder / session_id)

    async def _found(self, session_id: SessionId, *checkpoint_ids: str) -> Repository:
        repository = self._repository(session_id)
        for checkpoint_id in checkpoint_ids:
            if not repository.is_there or not await repository.has(checkpoint_id):
                raise NotFound("checkpoint", checkpoint_id)
        return repository

    async def _save(
        self,
        workspace: Workspace,
        session_id: SessionId,
        reason: str,
        task_id: TaskId | None,
        branch: str,
        *,
        into: str | None = None,
    ) -> Checkpoint | None:
        """Commit the workspace onto a branch; with `into`, only for a comparison with what is on it.

        Returns None if nothing has changed. Raises: WorkspaceTooLarge.
        """
        repository = self._repository(session_id)
        await repository.open()
        parent = await repository.head(branch)
        files = await look(workspace)
        if into is not None and await _is_saved(repository, into, parent, files):
            return None
        seen = await asyncio.to_thread(_seen, repository.folder, branch)
        if into is None and parent is not None and seen == files:
            return None
        new = await asyncio.to_thread(changed, seen, files)
        _check_size(files, new, SIZES[branch])
        gone = [] if parent is None else await _gone(repository, parent, files)
        moment = now()
        message = orjson.dumps({"reason": reason, "taskId": task_id}).decode()
        target = into or branch
        stream = commit_stream(workspace, target, parent, message, int(moment.timestamp()), files, new, gone)
        before = None if parent is None else await _tree(repository, parent)
        await repository.feed("fast-import", "--quiet", "--force", "--done", pieces=stream)
        await asyncio.to_thread(_remember, repository.folder, target, files)
        if before == await _tree(repository, target):
            if into is None and parent is not None:
                await repository.run("update-ref", branch, parent)  # a commit that changes nothing
            return None
        commit = (await repository.run("rev-parse", target)).decode().strip()
        return Checkpoint(id=commit, reason=reason, created_at=moment, task_id=task_id)


def _check_size(files: Mapping[str, Facts], new: Sequence[str], most: StoredSize) -> None:
    """Raises: WorkspaceTooLarge, if there are more files, or more that is new, than is stored."""
    new_bytes = sum(files[path][0] for path in new)
    if len(files) > most.files or (most.new_bytes is not None and new_bytes > most.new_bytes):
        raise WorkspaceTooLarge(most)


async def _is_saved(
    repository: Repository, branch: str, parent: str | None, files: Mapping[str, Facts]
) -> bool:
    """Whether a branch that is for comparisons has these files already, on top of this commit."""
    if await asyncio.to_thread(_seen, repository.folder, branch) != files:
        return False
    return await repository.head(branch) is not None and await repository.head(f"{branch}^") == parent


async def _tree(repository: Repository, commit: str) -> bytes:
    return await repository.run("rev-parse", f"{commit}^{{tree}}")


async def _gone(repository: Repository, commit: str, files: Mapping[str, Facts]) -> list[str]:
    """Return the paths of a commit that are none of the files."""
    printed = await repository.run("ls-tree", "-r", "-z", "--name-only", commit)

    def missing() -> list[str]:
        kept = {spelled(os.fsdecode(path)) for path in printed.split(b"\0") if path}
        return sorted(kept - files.keys())

    return await asyncio.to_thread(missing)


@dataclass(frozen=True, slots=True)
class FileDifference:
    """A file that differs between two commits, with its mode and blob in the later one."""

    file: ChangedFile
    mode: str
    blob: str

    @property
    def path(self) -> str:
        """The path relative to the workspace."""
        return self.file.path.lstrip("/")


async def _changes(
    repository: Repository, before: str, after: str, path: str | None = None
) -> list[FileDifference]:
    plain = ("-r", "-z", "--no-renames", "--no-ext-diff", "--no-textconv")
    raw = await repository.run("diff-tree", *plain, "--raw", before, after, *_only(path))
    counted = await repository.run("diff-tree", *plain, "--numstat", before, after, *_only(path))
    return await asyncio.to_thread(_differences, raw, counted)


def _differences(raw: bytes, counted: bytes) -> list[FileDifference]:
    """Parse what `--raw` and `--numstat` print of the same commits, sorted by path."""
    lines = _lines(counted)
    words = spelled(os.fsdecode(raw)).split("\0")
    found = []
    for facts, path in zip(words[::2], words[1::2], strict=False):
        _, mode, _, blob, kind = facts.split(" ")
        added, removed = lines[path]
        file = ChangedFile(path=f"/{path}", kind=_KINDS[kind], added=added, removed=removed)
        found.append(FileDifference(file, mode, blob))
    return sorted(found, key=lambda change: change.path)


def _lines(printed: bytes) -> dict[str, tuple[int | None, int | None]]:
    """Parse `--numstat`: lines added and removed by path; None for binary files."""
    counted: dict[str, tuple[int | None, int | None]] = {}
    for entry in filter(None, spelled(os.fsdecode(printed)).split("\0")):
        added, removed, path = entry.split("\t", 2)
        counted[path] = (int(added), int(removed)) if added.isdigit() else (None, None)
    return counted


def _only(path: str | None) -> tuple[str, ...]:
    return () if path is None else ("--", unspelled(path))


async def _difference(
    repository: Repository, before: str, after: str, *, path: str | None = None, context: int = 3
) -> CheckpointDifference:
    """What differs, computed by git in a process of its own. Raises: ToolExecutionFailed."""
    try:
        async with asyncio.timeout(DIFF_TIMEOUT_S):
            printed, has_more = await repository.read(
                *("-c", "core.quotePath=false"),
                *("diff-tree", "-r", "-p", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv"),
                *(f"-U{context}", before, after, *_only(path)),
                most=MOST_DIFF_BYTES,
            )
            changes = await _changes(repository, before, after, path)
    except TimeoutError:
        raise ToolExecutionFailed("The files differ too much to be compared in time") from None
    return CheckpointDifference(
        files=[change.file for change in changes[:MOST_COMPARED_FILES]],
        total_files=len(changes),
        diff=printed.decode(errors="replace"),
        is_truncated=has_more or len(changes) > MOST_COMPARED_FILES,
    )


async def _check_restorable(workspace: Workspace, changes: Sequence[FileDifference]) -> None:
    """Check that the restoration can be finished before it starts. Raises: InvalidField, Conflict."""
    for change in changes:
        there = await workspace.stat(change.path)
        if there is not None and there.type == "directory":
            raise Conflict(
                "A directory is in the place of a file to be restored; move it away first", path=there.path
            )


async def _restore(repository: Repository, workspace: Workspace, change: FileDifference) -> None:
    if change.file.kind == "deleted":
        with contextlib.suppress(NotFound):
            await workspace.delete(change.path)
        return
    await workspace.put(change.path, await repository.run("cat-file", "blob", change.blob))
    await workspace.set_executable(change.path, is_executable=change.mode == "100755")


async def _apply(repository: Repository, workspace: Workspace, changes: Sequence[FileDifference]) -> None:
    """Apply the changes, deletions first, so that they make room for new files."""
    for change in sorted(changes, key=lambda change: change.file.kind != "deleted"):
        await _restore(repository, workspace, change)


def _begin(folder: Path, checkpoint_id: str) -> None:
    """Record which restoration is in progress, until `_end`."""
    made = folder / f"{RESTORING}.new"
    made.write_text(checkpoint_id)
    made.replace(folder / RESTORING)


def _end(folder: Path) -> None:
    (folder / RESTORING).unlink()


def _cut_short(folder: Path) -> dict[SessionId, str]:
    found = {}
    for session_id in _sessions(folder):
        repository = folder / session_id
        Repository(repository).remove_remains()
        if (repository / RESTORING).exists():
            found[session_id] = (repository / RESTORING).read_text()
    return found


async def _check_foreign(repository: Repository, most_bytes: int) -> None:
    """Check what the checkpoints of an archive say, and that no object is too large to be restored.

    Raises: GitFailure, ValueError, TypeError, KeyError.
    """
    sizes = await repository.run("cat-file", "--batch-all-objects", "--batch-check=%(objectsize)")
    if any(int(size) > max(most_bytes, MOST_TREE_BYTES) for size in sizes.split()):
        raise ValueError("an object is too large")
    if await repository.head() is None:
        return
    for offset in itertools.count(0, FOREIGN_CHECKPOINTS_AT_ONCE):
        some = (f"--skip={offset}", f"--max-count={FOREIGN_CHECKPOINTS_AT_ONCE}")
        printed = await repository.run("log", "--format=%H%x00%ct%x00%B%x01", *some, BRANCH)
        entries = [entry for entry in printed.decode().split("\x01") if entry.strip()]
        for entry in entries:
            saved = _checkpoint(entry, {})
            if not isinstance(saved.reason, str) or not isinstance(saved.task_id, str | None):
                raise TypeError("a checkpoint does not say what it is")
        if len(entries) < FOREIGN_CHECKPOINTS_AT_ONCE:
            return


def _adapt(folder: Path, renaming: Renaming, inodes: Inodes) -> None:
    """Have a copied repository name the tasks and files of the copy."""
    names = {commit: renaming.applied(task_id) for commit, task_id in _names(folder).items()}
    (folder / TASK_NAMES).write_bytes(orjson.dumps({**renaming.names, **names}))
    _relocate(folder, inodes)


def _relocate(folder: Path, inodes: Inodes) -> None:
    for index in map(folder.joinpath, INDICES.values()):
        if index.exists():
            facts = orjson.loads(index.read_bytes())
            there = {
                path: (size, moment, inodes.get(inode, 0), mode)
                for path, (size, moment, inode, mode) in facts.items()
            }
            index.write_bytes(orjson.dumps(there))


def _names(folder: Path) -> Mapping[str, TaskId]:
    """The ids of tasks by those that the commits of a copied repository name."""
    try:
        return {old: TaskId(new) for old, new in orjson.loads((folder / TASK_NAMES).read_bytes()).items()}
    except FileNotFoundError:
        return {}


def _sessions(folder: Path) -> list[SessionId]:
    try:
        return [SessionId(repository.name) for repository in folder.iterdir()]
    except FileNotFoundError:
        return []


def _checkpoint(entry: str, names: Mapping[str, TaskId]) -> Checkpoint:
    commit, moment, message = entry.strip().split("\0", 2)
    told = orjson.loads(message)
    return Checkpoint(
        id=commit,
        reason=told["reason"],
        created_at=datetime.datetime.fromtimestamp(int(moment), UTC),
        task_id=names.get(told["taskId"], told["taskId"]),
    )


def _seen(folder: Path, branch: str) -> dict[str, Facts]:
    """Read the files' facts as last stored; empty if the index is missing or damaged, so that all are stored
    again.
    """
    try:
        content = orjson.loads((folder / INDICES[branch]).read_bytes())
    except (OSError, ValueError):
        return {}
    return {path: tuple(facts) for path, facts in content.items()}


def _remember(folder: Path, branch: str, files: dict[str, Facts]) -> None:
    made = folder / f"{INDICES[branch]}.new"
    made.write_bytes(orjson.dumps(files))
    made.replace(folder / INDICES[branch])
