"""Non-ASCII characters in command lines: encoded for parsing, and restored afterwards."""

from __future__ import annotations

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from roocode_server.engine.shell_lines.allowlist import allowed, parse
from roocode_server.engine.shell_lines.encoding import spell, unspell

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(texts)
def test_what_is_spelled_is_read_back(text: str) -> None:
    assert unspell(spell(text)) == text


@given(texts)
def test_the_scanner_gets_no_character_beyond_its_table(text: str) -> None:
    assert all(ord(character) < 256 for character in spell(text))


def test_words_keep_their_letters() -> None:
    (command,) = parse("git commit -m '🎉 später 发布 ÀÀÀÀ'")
    assert [word.text for word in command.words] == ["git", "commit", "-m", "🎉 später 发布 ÀÀÀÀ"]
    assert allowed("café 🎉", ["café"]) is None
    assert allowed("cafe 🎉", ["café"]) is not None


def test_a_line_that_ended_the_scanner_is_judged() -> None:
    """Run in a separate process, because this can crash it."""
    program = (
        "from roocode_server.engine.shell_lines.allowlist import allowed\n"
        "for code in range(0x100, 0x110000, 0x1fd):\n"
        "    if not 0xD800 <= code <= 0xDFFF:\n"
        "        for line in ('{%c', '[%c', 'a%c[', '${%c}', '<<%c', '%c=1'):\n"
        "            allowed(line % code, ['npm'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == 0
