"""Another client, in a separate process, that measures whether a server keeps it waiting.

Use it as `with others_stay_quick(server): await client.call("process.start", {"sessionId": session_id,
"command": "yes"})`.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.server import PROJECT, ServerProcess
from tests.support.waits import READY

QUICK_S = 0.25
"""The longest round trip allowed while another client keeps the server busy."""


@contextlib.contextmanager
def others_stay_quick(
    server: ServerProcess,
    name: str = "session.list",
    raw: Mapping[str, Any] | None = None,
    *,
    within_s: float = QUICK_S,
) -> Iterator[None]:
    """Request a light operation every 20 ms while the block runs; every round trip must take less than
    `within_s`.

    The call in progress at the end of the block counts as well. Time during which the requesting process or
    the server's event loop was ready to run but got no CPU is the machine's fault, and is subtracted.
    """
    asked = {"limit": 1} if raw is None else dict(raw)
    assert server.process is not None
    number = server.process.pid
    watching = subprocess.Popen(
        [sys.executable, "-m", "tests.support.waits", server.url, name, json.dumps(asked), str(number)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )
    assert watching.stdin is not None and watching.stdout is not None
    try:
        watching.stdin.write(server.key + "\n")
        watching.stdin.flush()
        assert watching.stdout.readline().strip() == READY, server.log
        yield
        told, _ = watching.communicate(timeout=60)
    finally:
        watching.kill()
        watching.wait()
        watching.stdin.close()
        watching.stdout.close()
    assert watching.returncode == 0, f"the other client was let down\n{server.log}"
    waits = json.loads(told)
    assert waits, "the block was over before anybody could be kept waiting"
    longest = max(waits)
    assert longest < within_s, (
        f"another client waited {longest * 1000:.0f} ms for {name}, "
        f"call {waits.index(longest) + 1} of {len(waits)}"
    )
