"""The package as users get it: made by npm, installed in an empty folder, in Node and TypeScript."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sdk.js.conftest import MODULES, SDK, TYPESCRIPT
from tests.support.mock_models import MockModels
from tests.support.nightly import IS_NIGHTLY
from tests.support.server import PROJECT, ServerProcess

TYPES = Path(__file__).parent / "types"
S0_EXAMPLE = """\
import { RooCodeClient } from '@roocode/sdk';

const client = new RooCodeClient({
  apiKey: 'your-api-key',
  baseURL: 'https://api.roocode.com'
});

// Create session
const session = await client.sessions.create({
  name: 'My Project',
  config: {
    provider: 'anthropic',
    model: 'claude-3-sonnet',
    mode: 'code'
  }
});

// Execute task
const task = await client.tasks.create(session.id, {
  input: 'Create a React component',
  onProgress: (progress) => console.log('Progress:', progress),
  onComplete: (result) => console.log('Result:', result)
});
"""
IMPORT = re.compile(r"""^(?:import|\} from)\b[^"'();]*?["']([^"']+)["'];""", re.MULTILINE)
EXAMPLES = ("s0.mts", "readme.mts")
CONFIGURATION = {
    "compilerOptions": {
        "strict": True,
        "noEmit": True,
        "module": "nodenext",
        "target": "es2022",
        "lib": ["es2023", "dom", "dom.iterable", "dom.asynciterable"],
        "types": [],
        "skipLibCheck": False,
    }
}


COMPILERS = {"7": MODULES / "typescript-7", "5": TYPESCRIPT}
"""The newest, and the one that makes the declarations: newer ones leave out what is said of a `@typedef`, and
write those of several lines wrongly. Users may have either; `make nightly` tries both.
"""


@pytest.fixture(scope="module", params=COMPILERS if IS_NIGHTLY else ["7"])
def complaints(request: pytest.FixtureRequest, installed: Path) -> list[str]:
    """What the compiler says of the examples and of code with S2's interfaces: together, as most of its time
    goes into the types of libraries.
    """
    node_types = "declare const process: { env: Record<string, string | undefined> };\n"
    files = {"s0.mts": S0_EXAMPLE, "readme.mts": node_types + readme_example()}
    files |= {f"s2/{each.name}": each.read_text() for each in TYPES.iterdir()}
    (installed / "s2").mkdir(exist_ok=True)
    for name, content in files.items():
        (installed / name).write_text(content)
    (installed / "tsconfig.json").write_text(json.dumps({**CONFIGURATION, "files": list(files)}))
    done = subprocess.run(
        [COMPILERS[request.param] / "bin" / "tsc", "--project", "tsconfig.json", "--pretty", "false"],
        cwd=installed,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    said = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert bool(done.returncode) == bool(said), f"{done.stdout}\n{done.stderr}"
    return said


def node(place: Path, script: str, server: ServerProcess) -> str:
    """Run a script in a folder; return what it prints. It has to end by itself."""
    (place / "script.mjs").write_text(script)
    environment = {**os.environ, "ROOCODE_URL": server.url, "ROOCODE_KEY": server.key}
    done = subprocess.run(
        ["node", "script.mjs"],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{server.log[-3000:]}"
    return done.stdout


def test_s0_s_example_runs_as_written_but_for_host_and_key(
    start_server: Callable[..., ServerProcess],
    mock_models: MockModels,
    installed: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = {"name": "attempt_completion", "arguments": json.dumps({"result": "A component"})}
    mock_models.say({"toolCalls": [done]})
    monkeypatch.setenv("ANTHROPIC_API_KEY", mock_models.key)
    server = start_server(providers__anthropic__base_url=mock_models.url)
    example = S0_EXAMPLE.replace("https://api.roocode.com", server.url).replace("your-api-key", server.key)
    printed = node(installed, example, server)
    assert re.search(r"^Progress: \d+$", printed, re.MULTILINE), printed
    assert "Result: {" in printed and "summary: 'A component'" in printed


def test_s0_s_example_and_the_readme_s_are_correct_typescript(complaints: list[str]) -> None:
    assert [each for each in complaints if not each.startswith("s2/")] == []


def test_code_with_s2_s_interfaces_compiles(complaints: list[str]) -> None:
    assert [each for each in complaints if not each.startswith(EXAMPLES)] == []


def test_the_readme_s_example_runs(server: ServerProcess, installed: Path) -> None:
    printed = node(installed, readme_example(), server)
    assert "write_to_file" in printed and printed.rstrip().endswith("]")


def test_the_package_depends_on_the_socket_io_client_alone() -> None:
    described = json.loads((SDK / "package.json").read_text())
    assert list(described["dependencies"]) == ["socket.io-client"]
    assert not {"peerDependencies", "optionalDependencies"} & described.keys()
    for module in (SDK / "src").rglob("*.js"):
        imported = IMPORT.findall(module.read_text())
        assert all(name == "socket.io-client" or name.startswith(".") for name in imported), module


def test_the_types_are_made_by_the_typescript_that_checks_them() -> None:
    ours, its = (
        json.loads((place / "package.json").read_text())["devDependencies"] for place in (PROJECT, SDK)
    )
    assert its == {"typescript": ours["typescript"]}


def test_without_typescript_packing_says_what_is_missing(tmp_path: Path) -> None:
    shutil.copytree(SDK, tmp_path / "sdk", ignore=shutil.ignore_patterns("types", "node_modules"))
    done = subprocess.run(
        ["npm", "pack", "--offline"], cwd=tmp_path / "sdk", capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "run npm install in this folder first" in done.stderr
    assert not list((tmp_path / "sdk").glob("*.tgz"))


def test_the_contract_is_that_of_the_server_s_documents() -> None:
    done = subprocess.run(
        [sys.executable, str(PROJECT / "scripts" / "javascript-sdk"), "--check"],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_area_of_the_contract_is_one_of_the_client() -> None:
    areas = set(re.findall(r"^export class (\w+)Area", (SDK / "src/generated/areas.js").read_text(), re.M))
    there = set(re.findall(r"^    this\.(\w+) = ", (SDK / "src/client.js").read_text(), re.M))
    assert {area.lower() for area in areas} == there


def readme_example() -> str:
    """The first example of the SDK's README."""
    found = re.search(r"^```javascript\n(.*?)^```$", (SDK / "README.md").read_text(), re.M | re.S)
    assert found is not None
    return found[1]


def test_every_area_of_the_client_is_in_the_readme() -> None:
    areas = re.findall(r"^    this\.(\w+) = new ", (SDK / "src" / "client.js").read_text(), re.MULTILINE)
    rows = re.findall(r"^\| (`.*?) \|", (SDK / "README.md").read_text(), re.MULTILINE)
    named = re.findall(r"`(\w+)`", "".join(rows))
    assert set(areas) - set(named) == set()
