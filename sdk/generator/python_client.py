"""The generated files of the Python client."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sdk.generator.python_blocking import blocking
from sdk.generator.python_operations import operations
from sdk.generator.python_shapes import events, models, params
from sdk.generator.server_documents import documents

PROJECT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = PROJECT / "sdk" / "python" / "src" / "roocode"


def files() -> Iterator[tuple[Path, str]]:
    """Yield each generated file and its text."""
    found = documents()
    for name, write in (
        ("models", models),
        ("params", params),
        ("events", events),
        ("operations", operations),
    ):
        yield PACKAGE / f"{name}.py", _formatted(PACKAGE / f"{name}.py", write(found))
    # Made from the source of the others, which have been written by now.
    yield PACKAGE / "blocking.py", _formatted(PACKAGE / "blocking.py", blocking(PACKAGE))


def _formatted(path: Path, text: str) -> str:
    """Return a module without unused imports, in the project's format. Raises: CalledProcessError."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    for command in (["check", "--fix-only", "--quiet", "--select", "F401,I"], ["format"]):
        done = subprocess.run(  # noqa: S603 - our own text
            [ruff, *command, "--stdin-filename", str(path), "-"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
            cwd=PROJECT,
        )
        text = done.stdout
    return text
