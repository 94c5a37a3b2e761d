"""A task's change as a patch for `git apply`, and its way onto a local folder.

git is what writes: it takes the whole patch or nothing, writes neither outside the folder nor in `.git`, and
goes through no link. A file that is no UTF-8 text is sent as a binary patch, made here: it names the content
that it replaces, so that git takes it for no other.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from roocode.client import AsyncRooCodeClient
from roocode.commands.differences import differences
from roocode.commands.outcome import CommandFailed, ExitCode
from roocode.commands.plain_text import one_line, visible
from roocode.errors import NotFound
from roocode.models import ChangedFile, Task

LOSSY: Final = "\ufffd"
"""What stands in a diff for a byte that is no UTF-8."""
NO_BLOB: Final = "0" * 40
LINE_BYTES: Final = 52
_INDEX: Final = re.compile(r"^index ([0-9a-f]+)\.\.([0-9a-f]+)( [0-7]{6})?$", re.MULTILINE)
_SPECIAL: Final = re.compile(
    r"^(?:new file mode|new mode|old mode|deleted file mode|index [0-9a-f]+\.\.[0-9a-f]+) (120000|160000)$",
    re.MULTILINE,
)


async def patch_of(client: AsyncRooCodeClient, task: Task, folder: Path) -> bytes:
    """Return what a task has changed as a patch that fits the folder. Raises: CommandFailed, RooCodeError."""
    parts = [part async for part in differences(client, task)]
    if _is_lossless(parts_text := "".join(part.diff for part in parts)) and all(
        file.added is not None for part in parts for file in part.files
    ):
        return parts_text.encode()
    patch = b""
    async for part in differences(client, task, has_parts=True):
        [file] = part.files
        is_text = file.added is not None and _is_lossless(part.diff)
        patch += part.diff.encode() if is_text else await _binary(client, task, file, part.diff, folder)
    return patch


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """The folder that a patch is for."""

    path: Path

    def names(self, patch: bytes) -> list[bytes]:
        """Return the names that a patch changes, relative to the folder. Raises: CommandFailed."""
        done = self._git("apply", "--numstat", "-z", patch=patch)
        if done.returncode:
            raise CommandFailed(f"git does not take the change: {_said(done)}")
        return [entry.split(b"\t", 2)[2] for entry in done.stdout.split(b"\0") if entry]

    def dirty(self, names: list[bytes]) -> list[str]:
        """Return which of these files could not be had back from git. Raises: CommandFailed, outside git."""
        there = [name for name in names if os.path.lexists(os.path.join(os.fsencode(self.path), name))]
        if self._git("rev-parse", "--is-inside-work-tree", is_alone=False).returncode:
            message = f"{one_line(str(self.path))} is in no git repository, so nothing could be undone"
            raise CommandFailed(f"{message}: --allow-dirty changes it all the same", ExitCode.CONFLICT)
        if not there:
            return []
        listing = (
            "status",
            "--porcelain",
            "-z",
            "--untracked-files=all",
            "--ignored=matching",
            "--no-renames",
        )
        done = self._git("--literal-pathspecs", *listing, "--", *there, is_alone=False)
        if done.returncode:
            raise CommandFailed(f"git status: {_said(done)}")
        return [os.fsdecode(entry[3:]) for entry in done.stdout.split(b"\0") if entry]

    def apply(self, patch: bytes, *, is_trial: bool) -> None:
        """Change the folder, or only try it. Raises: CommandFailed; nothing is changed then."""
        for options in (("--check",),) if is_trial else (("--check",), ()):
            done = self._git("apply", "--whitespace=nowarn", *options, patch=patch)
            if done.returncode:
                message = f"The change does not fit what is here, and nothing was changed:\n{_said(done)}"
                raise CommandFailed(message, ExitCode.CONFLICT)

    def _git(
        self, *arguments: str | bytes, patch: bytes = b"", is_alone: bool = True
    ) -> subprocess.CompletedProcess[bytes]:
        """Run git in the folder. `is_alone`: whether a repository above it does not count: `git apply` leaves
        out what is not below the current folder, and takes a patch's names to begin at the repository's root.
        """
        environment = {name: each for name, each in os.environ.items() if not name.startswith("GIT_")}
        if is_alone:
            environment["GIT_CEILING_DIRECTORIES"] = str(self.path.parent)
        try:
            return subprocess.run(  # noqa: S603 - arguments without a shell
                ["git", *arguments],  # noqa: S607 - the user's own git
                cwd=self.path,
                input=patch,
                env={**environment, "LC_ALL": "C.UTF-8"},
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as failure:
            raise CommandFailed("git is needed to apply a change: install it") from failure


def check_plain(patch: bytes) -> None:
    """Raises: CommandFailed, if a patch has a symbolic link or a submodule, which a task's diff never has."""
    if _SPECIAL.search(patch.decode(errors="replace")):
        message = "The change has a symbolic link or a submodule, and nothing was changed"
        raise CommandFailed(message, ExitCode.CONFLICT)


def _is_lossless(diff: str) -> bool:
    return LOSSY not in diff


async def _binary(
    client: AsyncRooCodeClient, task: Task, file: ChangedFile, diff: str, folder: Path
) -> bytes:
    """Return a file's change as a binary patch, with the content as it is in the workspace now."""
    name = one_line(file.path)
    index = _INDEX.search(diff)
    head = diff[: index.start()] if index else ""
    if index is None or LOSSY in head or diff.count("diff --git ") != 1:
        raise CommandFailed(f"{name} cannot be applied: get it by roocode files get", ExitCode.CONFLICT)
    old, new, mode = index.groups()
    before = _local_blob(folder / file.path.lstrip("/")) if old.strip("0") else NO_BLOB
    if before is None or not (before == NO_BLOB or before.startswith(old)):
        message = f"{name} is not what the task began with, and nothing was changed"
        raise CommandFailed(message, ExitCode.CONFLICT)
    content = b""
    if new.strip("0"):
        try:
            content = await client.files.read_bytes(task.session_id, file.path)
        except NotFound:
            content = b""
        if not _blob(content).startswith(new):
            message = f"{name} has been changed since the task; only its content of now can be had"
            raise CommandFailed(f"{message}: roocode files get", ExitCode.CONFLICT)
    after = _blob(content) if new.strip("0") else NO_BLOB
    lines = [f"index {before}..{after}{mode or ''}", "GIT binary patch", *_literal(content), "", ""]
    return (head + "\n".join(lines)).encode()


def _literal(content: bytes) -> list[str]:
    """Write content as git does in binary patches: deflated, 52 bytes a line, in base 85."""
    packed = zlib.compress(content)
    chunks = (packed[start : start + LINE_BYTES] for start in range(0, len(packed), LINE_BYTES))
    return [
        f"literal {len(content)}",
        *(_length(chunk) + base64.b85encode(chunk, pad=True).decode() for chunk in chunks),
    ]


def _length(chunk: bytes) -> str:
    return chr(ord("A") + len(chunk) - 1) if len(chunk) <= 26 else chr(ord("a") + len(chunk) - 27)


def _blob(content: bytes) -> str:
    """Return the name that git gives to a content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _local_blob(path: Path) -> str | None:
    if path.is_symlink() or not path.is_file():
        return None
    return _blob(path.read_bytes())


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    return visible(done.stderr.decode(errors="replace").strip())
