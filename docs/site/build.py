"""Build the documentation as a site: `python docs/site/build.py FOLDER`.

It consists of the pages of `docs/`, those of `FROM_ELSEWHERE`, and a reference made from the declarations.
Every warning, such as a link that leads nowhere or a page that no list names, is an error.
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from reference import write_reference
from sphinx.cmd.build import build_main

SITE: Final = Path(__file__).resolve().parent
DOCUMENTS: Final = SITE.parent
PROJECT: Final = DOCUMENTS.parent
FROM_ELSEWHERE: Final = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "sdk/python/README.md": "sdk/python.md",
    "sdk/js/README.md": "sdk/javascript.md",
}
"""Pages of the site that are not below `docs/`, and what they are called there."""
GARBAGE_AFTER: Final = 20_000
"""How many more objects there are before garbage is looked for.

As often as by default, that takes a third of the time, for nearly all that Sphinx makes is kept to the end.
"""
_FENCED: Final = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\[((?:[^\[\]`]|`[^`]*`)*)\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]+)?\)")


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the documentation as a site.")
    parser.add_argument("folder", type=Path, help="where to write it")
    folder: Path = parser.parse_args().folder
    gc.set_threshold(GARBAGE_AFTER)
    with tempfile.TemporaryDirectory() as made:
        pages = Path(made) / "pages"
        gather(pages)
        write_reference(pages / "reference")
        strict = ["--fail-on-warning", "--keep-going", "--quiet"]
        doctrees = ["--doctree-dir", str(Path(made) / "doctrees")]
        return build_main([*strict, *doctrees, "--conf-dir", str(SITE), str(pages), str(folder)])


def gather(pages: Path) -> None:
    """Copy all pages into one folder, with links that lead to each other there."""
    shutil.copytree(DOCUMENTS, pages, ignore=shutil.ignore_patterns(SITE.name))
    placed = {source: pages / source.relative_to(DOCUMENTS) for source in DOCUMENTS.rglob("*.*")}
    placed |= {PROJECT / source: pages / page for source, page in FROM_ELSEWHERE.items()}
    for source, page in placed.items():
        if page.suffix == ".md":
            page.parent.mkdir(exist_ok=True)
            page.write_text(leading_within(source.read_text(), source, page, placed))


def leading_within(text: str, source: Path, page: Path, placed: Mapping[Path, Path]) -> str:
    """Let the links of a page lead to where their targets are placed; of one to code, only the words stay."""

    def lead(link: re.Match[str]) -> str:
        words, target, anchor = link.groups()
        found = (source.parent / target).resolve()
        if found not in placed:
            return str(words) if found.exists() else link.group()
        return f"[{words}]({Path(os.path.relpath(placed[found], page.parent)).as_posix()}{anchor or ''})"

    parts = _FENCED.split(text)
    parts[::2] = [_LINK.sub(lead, prose) for prose in parts[::2]]
    return "".join(parts)


if __name__ == "__main__":
    sys.exit(main())
