"""`scripts/system-tools`, with stand-ins for `apt-get`, `sudo` and `id` in a PATH that has little else."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.server import PROJECT

NEEDED = ("bash", "env", "flock", "grep", "mktemp", "rm", "sed", "sleep", "tail", "touch", "true", "chmod")
"""Of the real programs."""
INSTALLS = """
case "$*" in *" install "*)
    for name in {programs}; do touch "{folder}/$name"; chmod +x "{folder}/$name"; done ;;
esac
echo "pmstatus:ripgrep:50.0000:Unpacking ripgrep"
"""
FAILS = """
echo "E: Could not resolve 'packages.example'"
exit 100
"""
LISTS_ARE_OLD = """
case "$*" in
    *" update"*) touch "{folder}/updated" ;;
    *) [ -e "{folder}/updated" ] || { echo "E: Unable to locate package ripgrep"; exit 100; } ;;
esac
"""


@dataclass
class Machine:
    """A folder with the only programs that there are."""

    folder: Path
    calls: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.calls = self.folder.with_name("calls")
        self.calls.touch()
        for name in NEEDED:
            program = shutil.which(name)
            assert program is not None
            (self.folder / name).symlink_to(program)

    def has(self, name: str, script: str) -> None:
        """Put a program there; what it is called with is written down."""
        text = script.replace("{folder}", str(self.folder)).replace("{programs}", "rg bwrap")
        program = self.folder / name
        program.write_text(f'#!/bin/bash\necho "{name} $*" >> {self.calls}\n{text}\n')
        program.chmod(0o755)

    def is_used_by(self, user_id: int) -> None:
        self.has("id", f"echo {user_id}")

    def install(self, *pairs: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(PROJECT / "scripts" / "system-tools"), *(pairs or ("rg=ripgrep", "bwrap=bubblewrap"))],
            env={**os.environ, "PATH": str(self.folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )

    @property
    def called(self) -> list[str]:
        """The calls of apt-get and sudo."""
        return [line for line in self.calls.read_text().splitlines() if not line.startswith("id ")]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "programs")


def test_what_is_there_needs_nobody(machine: Machine) -> None:
    machine.has("rg", "")
    done = machine.install("rg=ripgrep")
    assert (done.stdout, done.stderr, machine.called) == ("", "", [])


def test_root_installs_what_is_missing_and_is_told_how_far_it_is(machine: Machine) -> None:
    machine.is_used_by(0)
    machine.has("apt-get", f"sleep 2.1; {INSTALLS}")
    done = machine.install()
    assert "Installing ripgrep bubblewrap from the system's packages" in done.stdout
    assert "50 %  Unpacking ripgrep" in done.stdout
    assert not done.stderr
    assert len(machine.called) == 1
    assert machine.called[0].endswith("install -y --no-install-recommends ripgrep bubblewrap")


def test_old_lists_of_packages_are_fetched_anew(machine: Machine) -> None:
    machine.is_used_by(0)
    machine.has("apt-get", LISTS_ARE_OLD + INSTALLS)
    done = machine.install()
    assert [call.split()[7] for call in machine.called] == ["install", "update", "install"]
    assert "Updating the system's package lists" in done.stdout
    assert not done.stderr


def test_a_failure_of_apt_is_shown_with_what_does_not_work_for_it(machine: Machine) -> None:
    machine.is_used_by(0)
    machine.has("apt-get", FAILS)
    done = machine.install()
    assert "apt-get failed:\n  E: Could not resolve 'packages.example'" in done.stderr
    assert "MISSING: bwrap (package bubblewrap): commands cannot be run" in done.stderr
    assert "MISSING: rg (package ripgrep): search_files does not work" in done.stderr


def test_a_user_who_may_use_sudo_without_a_password_installs_by_it(machine: Machine) -> None:
    machine.is_used_by(1000)
    machine.has("apt-get", INSTALLS)
    machine.has("sudo", 'shift; exec "$@"')
    done = machine.install()
    assert not done.stderr
    assert machine.called[0] == "sudo -n true"
    assert machine.called[1].startswith("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get")


def test_without_a_terminal_nobody_is_asked_for_a_password(machine: Machine) -> None:
    machine.is_used_by(1000)
    machine.has("apt-get", INSTALLS)
    machine.has("sudo", "exit 1")
    done = machine.install()
    assert "Not installed: ripgrep bubblewrap: sudo wants a password" in done.stderr
    assert "MISSING: rg" in done.stderr
    assert machine.called == ["sudo -n true"]


@pytest.mark.parametrize(
    ("has_apt", "reason"),
    [(True, "you are not root, and there is no sudo"), (False, "this system has no apt-get")],
)
def test_who_may_install_nothing_is_told_what_is_missing_and_goes_on(
    machine: Machine, has_apt: bool, reason: str
) -> None:
    machine.is_used_by(1000)
    if has_apt:
        machine.has("apt-get", INSTALLS)
    done = machine.install()
    assert f"Not installed: ripgrep bubblewrap: {reason}" in done.stderr
    assert "MISSING: rg (package ripgrep): search_files does not work" in done.stderr
    assert machine.called == []


def test_what_one_package_alone_could_not_bring_is_named_alone(machine: Machine) -> None:
    machine.is_used_by(0)
    machine.has("apt-get", INSTALLS.replace("{programs}", "rg"))
    done = machine.install()
    assert "MISSING: bwrap" in done.stderr
    assert "MISSING: rg" not in done.stderr
