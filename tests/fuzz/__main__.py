"""`python -m tests.fuzz requests 5000`: so many generated requests, and what is wrong with their answers.

`requests` come from `/openapi.json`, as callers of every role; `packets` are those of Socket.IO, changed at
random. The exit code is 1 if anything was found. The same `--seed` makes the same ones again.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.fuzz.packets import PacketFindings, fuzz_packets
from tests.fuzz.requests import RequestFindings, fuzz_requests
from tests.support.server import ServerProcess


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def run(kind: str, server: ServerProcess, cases: int, seed: int) -> RequestFindings | PacketFindings:
    if kind == "requests":
        return fuzz_requests(server, cases, beginning=seed, tell=tell)
    return asyncio.run(fuzz_packets(server, cases, beginning=seed, tell=tell))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("kind", choices=["requests", "packets"])
    parser.add_argument("cases", type=int, nargs="?", default=5000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = ServerProcess(Path(folder) / "data").start()
        try:
            findings = run(chosen.kind, server, chosen.cases, chosen.seed)
            log = server.log
        finally:
            server.end()
    print("\n".join(findings.lines()))
    if "Traceback" in log:
        print("The log has a traceback:\n" + log[log.index("Traceback") :][:20_000])
    return 1 if findings.mistakes or "Traceback" in log else 0


if __name__ == "__main__":
    sys.exit(main())
