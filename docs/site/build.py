"""Build the documentation as a site: `python docs/site/build.py FOLDER`.

It consists of the pages of `docs/`, `CONTRIBUTING.md` and `CHANGELOG.md`, and of a reference made from the
declarations. Every warning, such as a link that leads nowhere or a page that no list names, is an error.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from reference import write_reference
from sphinx.cmd.build import build_main

SITE: Final = Path(__file__).resolve().parent
DOCUMENTS: Final = SITE.parent
PROJECT: Final = DOCUMENTS.parent
FROM_THE_ROOT: Final = ("CONTRIBUTING.md", "CHANGELOG.md")
_TO_CODE: Final = re.compile(r"\[(`[^`\]]+`)\]\(\.\./[^)]+\)")
"""A link to a file of the project that is no page of the site."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the documentation as a site.")
    parser.add_argument("folder", type=Path, help="where to write it")
    folder: Path = parser.parse_args().folder
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
    for page in pages.rglob("*.md"):
        text = page.read_text()
        for name in FROM_THE_ROOT:
            text = text.replace(f"](../{name}", f"]({name}")
        page.write_text(_TO_CODE.sub(r"\1", text))
    for name in FROM_THE_ROOT:
        (pages / name).write_text((PROJECT / name).read_text().replace("](docs/", "]("))


if __name__ == "__main__":
    sys.exit(main())
