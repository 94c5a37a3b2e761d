"""TLS in front of a server by nginx, as it is documented: https and wss, at its root or below a path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.nginx import Certificate, behind_nginx
from tests.support.ports import free_port
from tests.support.server import PROJECT, ServerProcess

FOLLOWING = """
from roocode import RooCodeClient

with RooCodeClient() as client:
    session = client.sessions.create(config={"provider": "scripted", "model": "write-and-run"})
    task = client.tasks.create(session.id, "Write and run a script", on_approval=lambda _: True)
    print(task.result().files_created)
"""


@dataclass
class Site:
    """The server, its public URL, and what its clients have to trust."""

    server: ServerProcess
    url: str
    certificate: Path

    def run(self, *words: str, is_trusting: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a client to its end."""
        place = str(self.certificate)
        trusted = {"SSL_CERT_FILE": place, "NODE_EXTRA_CA_CERTS": place} if is_trusting else {}
        told = {"ROOCODE_URL": self.url, "ROOCODE_KEY": self.server.key}
        return subprocess.run(
            words,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=PROJECT,
            env={**os.environ, **trusted, **told},
        )


@pytest.fixture(scope="module", params=["", "/agents"], ids=["a host of its own", "below a path"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    port, folder, path = free_port(), tmp_path_factory.mktemp("tls"), str(request.param)
    certificate, url = Certificate.made(folder), f"https://127.0.0.1:{port}{path}"
    told = {"ROOCODE_SERVER__PUBLIC_URL": url, "ROOCODE_SERVER__TRUSTED_PROXIES": '["127.0.0.1"]'}
    server = ServerProcess(folder / "data", told).start()
    try:
        with behind_nginx(server, port, folder / "nginx", is_below=bool(path), certificate=certificate):
            yield Site(server, url, certificate.certificate)
    finally:
        server.end()


def test_the_python_client_follows_a_task_over_tls(site: Site) -> None:
    done = site.run(sys.executable, "-c", FOLLOWING)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "['/primes.py']\n"


def test_the_python_client_does_not_trust_a_certificate_that_nobody_vouches_for(site: Site) -> None:
    done = site.run(sys.executable, "-c", FOLLOWING, is_trusting=False)
    assert done.returncode == 1
    assert "ConnectionFailed" in done.stderr and "certificate" in done.stderr


def test_typed_messages_come_over_wss(site: Site) -> None:
    address = f"{site.url.replace('https', 'wss')}/ws?token={site.server.key}"
    done = site.run("node", "examples/opencode_client.mjs", address)
    assert done.returncode == 0, done.stderr
    assert "program: running → completed" in done.stdout


def test_browsers_are_told_to_stay_with_tls_and_to_send_cookies_over_it_alone(site: Site) -> None:
    secrets = json.dumps({name: site.server.admin[name] for name in ("email", "password")})
    origin = "https://" + urlsplit(site.url).netloc
    words = ("curl", "-sS", "-i", "--cacert", str(site.certificate))
    page = site.run(*words, f"{site.url}/")
    assert page.stdout.startswith("HTTP/1.1 200")
    assert "strict-transport-security: " in page.stdout.lower()
    sent = ("-H", "Content-Type: application/json", "-H", f"Origin: {origin}", "-d", secrets)
    login = site.run(*words, *sent, f"{site.url}/dashboard/login").stdout
    assert login.startswith("HTTP/1.1 200"), login
    cookies = [line for line in login.splitlines() if line.lower().startswith("set-cookie: ")]
    assert cookies
    assert all("; secure" in line.lower() for line in cookies)
