"""`roocode files`, `diff` and `apply`: between a workspace and the files here."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from roocode.commands.outcome import CommandFailed, ExitCode
from roocode.commands.patching import LocalFolder, check_plain
from tests.support.command_line import CommandLine

DO_IT = ("--provider", "scripted", "--model", "do-it")
BINARY = bytes(range(256)) * 20
LATIN = "caf\u00e9\n".encode("latin-1")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A git repository with some files, all committed."""
    folder = tmp_path / "checkout"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "a.txt").write_text("one\ntwo\nthree\n")
    (folder / "b.txt").write_text("b\n")
    (folder / "latin.txt").write_bytes(LATIN)
    (folder / "picture").write_bytes(BINARY)
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "As it is")


def change(command_line: CommandLine, checkout: Path, command: str) -> None:
    """Let a task run a command in a copy of the checkout."""
    command_line.succeed("run", *DO_IT, "--yes", "--from-dir", str(checkout), command)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }


def test_files_go_there_and_come_back_as_they_are(command_line: CommandLine, tmp_path: Path) -> None:
    command_line.succeed("sessions", "create", *DO_IT)
    (tmp_path / "there.bin").write_bytes(BINARY)
    command_line.succeed("files", "put", "there.bin", "/deep/there.bin")
    command_line.succeed("files", "put", "-", "/said.txt", said="said\n")
    command_line.succeed("files", "get", "/deep/there.bin", "back.bin")
    assert (tmp_path / "back.bin").read_bytes() == BINARY
    assert command_line.succeed("files", "get", "/said.txt", "-") == "said\n"
    assert command_line.succeed("files", "ls", "-r").splitlines()[-1].endswith("\t/said.txt")
    paths = [each["path"] for each in command_line.json("files", "ls", "-r")]
    assert paths == ["/deep", "/deep/there.bin", "/said.txt"]


def test_a_file_here_is_not_replaced_unasked_and_a_link_never(
    command_line: CommandLine, tmp_path: Path
) -> None:
    command_line.succeed("sessions", "create", *DO_IT)
    command_line.succeed("files", "put", "-", "/notes.txt", said="theirs")
    (tmp_path / "notes.txt").write_text("mine")
    refused = command_line.run("files", "get", "/notes.txt")
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert (tmp_path / "notes.txt").read_text() == "mine"
    command_line.succeed("files", "get", "--force", "/notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "theirs"
    (tmp_path / "link").symlink_to("elsewhere")
    assert command_line.run("files", "get", "--force", "/notes.txt", "link").returncode == 1
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_does_not_exist_is_told(command_line: CommandLine) -> None:
    command_line.succeed("sessions", "create", *DO_IT)
    missing = command_line.run("files", "get", "/missing")
    assert missing.returncode == 1
    assert missing.stderr == "Error: No such file. Check the name, and whose it is.\n"


def test_the_diff_is_one_that_git_takes(command_line: CommandLine, checkout: Path) -> None:
    change(command_line, checkout, "sed -i s/two/2/ src/a.txt")
    diff = command_line.succeed("diff")
    assert command_line.json("diff")["diff"] == diff
    assert command_line.succeed("diff", "--stat") == "modified\t1\t1\t/src/a.txt\n"
    assert command_line.succeed("diff", "--path", "/b.txt") == ""
    (checkout / "patch").write_text(diff)
    git(checkout, "apply", "patch")
    assert (checkout / "src" / "a.txt").read_text() == "one\n2\nthree\n"


def test_a_tasks_change_is_made_here(command_line: CommandLine, checkout: Path) -> None:
    change(
        command_line, checkout, "sed -i s/two/2/ src/a.txt; rm b.txt; mkdir n; echo new > n/c; chmod +x n/c"
    )
    tried = command_line.succeed("apply", "--check", cwd=checkout)
    assert tried.splitlines() == ["b.txt", "n/c", "src/a.txt"]
    assert git(checkout, "status", "--porcelain") == ""
    assert command_line.json("apply", cwd=checkout) == {
        "files": ["b.txt", "n/c", "src/a.txt"],
        "isApplied": True,
    }
    assert (checkout / "src" / "a.txt").read_text() == "one\n2\nthree\n"
    assert not (checkout / "b.txt").exists()
    assert (checkout / "n" / "c").stat().st_mode & 0o100


def test_files_that_are_no_utf8_text_are_made_byte_by_byte(command_line: CommandLine, checkout: Path) -> None:
    change(
        command_line,
        checkout,
        r"printf '\351\n' >> latin.txt; printf '\0\1' >> picture; head -c 9000 /dev/urandom > made; rm b.txt",
    )
    command_line.succeed("apply", cwd=checkout)
    assert (checkout / "latin.txt").read_bytes() == LATIN + b"\xe9\n"
    assert (checkout / "picture").read_bytes() == BINARY + b"\0\1"
    assert (checkout / "made").stat().st_size == 9000
    assert not (checkout / "b.txt").exists()
    command_line.succeed("files", "get", "/made", "-f", "expected")
    assert (checkout / "made").read_bytes() == (command_line.folder / "expected").read_bytes()


def test_a_picture_that_has_another_content_here_is_not_replaced(
    command_line: CommandLine, checkout: Path
) -> None:
    change(command_line, checkout, r"printf '\0\1' >> picture; echo new > new")
    (checkout / "picture").write_bytes(b"\0another")
    commit(checkout)
    before = contents(checkout)
    refused = command_line.run("apply", cwd=checkout)
    assert refused.returncode == 8
    assert "picture is not what the task began with" in refused.stderr
    assert contents(checkout) == before


def test_a_conflict_changes_nothing_at_all(command_line: CommandLine, checkout: Path) -> None:
    change(command_line, checkout, "sed -i s/two/2/ src/a.txt; echo b2 > b.txt")
    (checkout / "src" / "a.txt").write_text("something else\n")
    commit(checkout)
    before = contents(checkout)
    refused = command_line.run("apply", cwd=checkout)
    assert refused.returncode == 8
    assert "nothing was changed" in refused.stderr
    assert "src/a.txt" in refused.stderr
    assert contents(checkout) == before


def test_a_file_with_changes_is_left_alone_unless_that_is_asked_for(
    command_line: CommandLine, checkout: Path
) -> None:
    change(command_line, checkout, "sed -i s/two/2/ src/a.txt")
    (checkout / "src" / "a.txt").write_text("one\ntwo\nthree\nfour, not committed\n")
    refused = command_line.run("apply", cwd=checkout)
    assert refused.returncode == 8
    assert "  src/a.txt" in refused.stderr
    assert (checkout / "src" / "a.txt").read_text() == "one\ntwo\nthree\nfour, not committed\n"
    command_line.succeed("apply", "--allow-dirty", cwd=checkout)
    assert (checkout / "src" / "a.txt").read_text() == "one\n2\nthree\nfour, not committed\n"


def test_a_file_that_is_there_already_is_not_replaced(command_line: CommandLine, checkout: Path) -> None:
    change(command_line, checkout, "echo theirs > new")
    (checkout / "new").write_text("mine\n")
    assert command_line.run("apply", cwd=checkout).returncode == 8
    assert command_line.run("apply", "--allow-dirty", cwd=checkout).returncode == 8
    assert (checkout / "new").read_text() == "mine\n"


def test_outside_of_git_it_is_only_made_when_that_is_asked_for(
    command_line: CommandLine, checkout: Path, tmp_path: Path
) -> None:
    change(command_line, checkout, "echo new > new")
    plain = tmp_path / "plain"
    plain.mkdir()
    refused = command_line.run("apply", "--into", str(plain))
    assert refused.returncode == 8
    assert "--allow-dirty" in refused.stderr
    command_line.succeed("apply", "--allow-dirty", "--into", str(plain))
    assert (plain / "new").read_text() == "new\n"


def test_a_folder_within_a_repository_is_the_workspaces_root(
    command_line: CommandLine, checkout: Path
) -> None:
    change(command_line, checkout / "src", "sed -i s/two/2/ a.txt")
    assert command_line.succeed("apply", cwd=checkout / "src") == "a.txt\n"
    assert (checkout / "src" / "a.txt").read_text() == "one\n2\nthree\n"


def test_nothing_is_written_through_a_link_that_is_here(
    command_line: CommandLine, checkout: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    change(command_line, checkout, "mkdir up; echo through > up/file; echo new > new")
    (checkout / "up").symlink_to(outside)
    commit(checkout)
    refused = command_line.run("apply", cwd=checkout)
    assert refused.returncode == 8
    assert "beyond a symbolic link" in refused.stderr
    assert list(outside.iterdir()) == []
    assert not (checkout / "new").exists()


def test_a_file_that_is_a_link_here_is_not_followed(
    command_line: CommandLine, checkout: Path, tmp_path: Path
) -> None:
    change(command_line, checkout, "echo more >> b.txt")
    (tmp_path / "outside.txt").write_text("b\n")
    (checkout / "b.txt").unlink()
    (checkout / "b.txt").symlink_to(tmp_path / "outside.txt")
    commit(checkout)
    assert command_line.run("apply", cwd=checkout).returncode == 8
    assert (tmp_path / "outside.txt").read_text() == "b\n"


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("../outside", "100644"),
        ("a/../../outside", "100644"),
        ("/outside", "100644"),
        (".git/hooks/post-checkout", "100644"),
        ("src/.git/config", "100644"),
        ("link", "120000"),
        ("module", "160000"),
    ],
)
def test_a_server_that_means_ill_writes_nowhere_else(checkout: Path, name: str, mode: str) -> None:
    head = f"diff --git a/{name} b/{name}\nnew file mode {mode}\nindex 0000000..587be6b\n"
    patch = f"{head}--- /dev/null\n+++ b/{name}\n@@ -0,0 +1 @@\n+x\n".encode()
    before = sorted(checkout.parent.rglob("*"))
    with pytest.raises(CommandFailed) as refused:
        check_plain(patch)
        LocalFolder(checkout).names(patch)
        LocalFolder(checkout).apply(patch, is_trial=False)
    assert refused.value.exit_code == ExitCode.CONFLICT
    assert sorted(checkout.parent.rglob("*")) == before


def test_odd_names_are_kept_and_printed_harmlessly(command_line: CommandLine, checkout: Path) -> None:
    change(command_line, checkout, r"""printf x > "$(printf 'odd\033[2J name\t')"; printf y > "ü \"q\"" """)
    printed = command_line.succeed("apply", cwd=checkout)
    assert "\x1b" not in printed
    assert (checkout / "odd\x1b[2J name\t").read_text() == "x"
    assert (checkout / 'ü "q"').read_text() == "y"


def test_a_change_that_is_too_long_for_one_answer_is_made_whole(
    command_line: CommandLine, checkout: Path
) -> None:
    change(command_line, checkout, "for each in 1 2 3; do seq 1 60000 > many$each; done")
    command_line.succeed("apply", cwd=checkout)
    for each in "123":
        assert (checkout / f"many{each}").read_text().endswith("\n59999\n60000\n")


def test_a_task_that_has_changed_nothing_is_told(command_line: CommandLine, checkout: Path) -> None:
    change(command_line, checkout, "true")
    done = command_line.run("apply", cwd=checkout)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "The task has changed nothing\n"
