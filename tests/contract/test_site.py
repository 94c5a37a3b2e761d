"""The documentation can be built as a site, and no link in it leads nowhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from roocode_server.handlers.operation import Registry
from roocode_server.models.event import EVENTS
from tests.support.server import PROJECT

BUILD = PROJECT / "docs" / "site" / "build.py"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site. Sphinx treats every warning as an error."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, str(BUILD), str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_operation_has_its_section(site: Path, declarations: Registry, transfers: Registry) -> None:
    for name in (*declarations, *transfers):
        page = (site / "reference" / "operations" / f"{name.partition('.')[0]}.html").read_text()
        assert f'<span class="pre">{name}</span>' in page


def test_every_event_has_its_section(site: Path) -> None:
    page = (site / "reference" / "events.html").read_text()
    assert [name for name in EVENTS if f'<span class="pre">{name}</span>' not in page] == []


def test_a_page_loads_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        loaded = re.findall(r'<(?:script|img|link)\b[^>]*?\b(?:src|href)="(https?:)?//', page.read_text())
        assert not loaded, page.name
