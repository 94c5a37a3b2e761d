"""Real shells never run more of a line than its analysis allowed."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from roocode_server.engine.runtimes.local import LocalRuntime
from roocode_server.engine.runtimes.runtime import Command, SandboxSpec
from roocode_server.engine.shell_lines.allowlist import allowed
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import ResourceLimits

WORDS = r"""
npm|npm|npm|rm|rm x| | | | |;|&|&&|"|"|'|'|`|$(|)|(|{|}|{ |; }|\|#| #|$|${x:-|${x#|${V}|$V|<|>|<<<|<(|>(|&>
|>&|2>|1>x| >x |$((|))|((|[[ | ]]|[ | ]|if |then |else |fi|; do |; done|for x in |case x in |;; |esac|x) |!
|! |a=b|x='$(rm)'|x=|$[|]|$'|$"|*|~|=|+|1|@|x|E|EOF|time |function f|f() |${!V}|${x@P}|%|,|..|-
"""
BREAKS = ["||", "|", "\n", "\\\n", " \\\n", "<<EOF\n", "\nEOF\n", "<<'EOF'\n", "<<-E\n", "\tE\n", "\r"]
PIECES = [*WORDS.replace("\n", "").split("|"), *BREAKS]

STUB = '#!/bin/sh\necho "${0##*/}" >> "$RAN"\n'

DRIVER = """
import json, os, subprocess, sys
heard = {}
for line in json.load(open("lines.json")):
    for shell in (["sh"], ["bash"], ["bash", "--posix"]):
        folder = "scratch"
        subprocess.run(["rm", "-rf", folder, "ran"])
        os.mkdir(folder)
        environment = {"PATH": os.path.abspath("stubs"), "RAN": os.path.abspath("ran"), "V": "rm y"}
        program = "/bin/" + shell[0]
        if os.path.exists(program):
            subprocess.run([program, *shell[1:], "-c", line], env=environment, cwd=folder, timeout=20,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ran = set(open("ran").read().split()) if os.path.exists("ran") else set()
        if ran - {"npm"}:
            heard[line] = sorted(ran)
print(json.dumps(heard))
"""


def lines(count: int) -> list[str]:
    """Allowed lines that contain something that must not run."""
    chance = random.Random(20)  # noqa: S311 - the same lines each time
    found = []
    for _ in range(count):
        line = "npm " + "".join(chance.choice(PIECES) for _ in range(chance.randint(2, 12)))
        if ("rm" in line or "V" in line) and allowed(line, ["npm"]) is None:
            found.append(line)
    return found


async def test_no_shell_runs_what_was_not_allowed(tmp_path: Path) -> None:
    if shutil.which("bash") is None:
        pytest.skip("there is no bash to compare with")
    folder = tmp_path / "workspace"
    (folder / "stubs").mkdir(parents=True)
    for name in ("npm", "rm", "x", "a", "sh"):
        (folder / "stubs" / name).write_text(STUB)
        (folder / "stubs" / name).chmod(0o755)
    hostile = lines(6000)
    (folder / "lines.json").write_text(json.dumps(hostile))
    (folder / "driver.py").write_text(DRIVER)
    sandbox = SandboxSpec(
        session_id=SessionId("shells"),
        folder=folder,
        limits=ResourceLimits(max_execution_time=120),
        network=False,
    )
    done = await LocalRuntime().run(sandbox, Command(line="python3 driver.py"))
    assert len(hostile) > 20
    assert (done.code, done.output) == (0, "{}\n")
