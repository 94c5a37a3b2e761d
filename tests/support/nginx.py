"""A real nginx in front of a server, with the configuration of docs/security.md, with TLS or without."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.server import ServerProcess

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "security.md"
AROUND = """\
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{site}}}
"""
STARTING_S = 20


@dataclass(frozen=True)
class Certificate:
    """A certificate for 127.0.0.1 that nobody else has signed, and its key."""

    certificate: Path
    key: Path

    @classmethod
    def made(cls, folder: Path) -> Certificate:
        """Make one with the real openssl."""
        made = cls(folder / "agents.pem", folder / "agents.key")
        subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2")
        kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-x509")
        places = ("-keyout", str(made.key), "-out", str(made.certificate))
        subprocess.run(["openssl", "req", *kind, *subject, *places], check=True, capture_output=True)
        return made


def documented(
    server: ServerProcess, port: int, *, is_below: bool, certificate: Certificate | None = None
) -> str:
    """The documented site, on a port of this machine; its second part is below a path. It has no TLS without
    a certificate.
    """
    site, below = re.findall(r"```nginx\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    if is_below:
        site = re.sub(r"  location / \{.*\}\n", lambda _: below, site)
    listening = f"listen 127.0.0.1:{port}"
    if certificate is None:
        site = re.sub(r"  ssl_\w+ .*\n", "", site).replace("listen 443 ssl", listening)
    else:
        site = site.replace("listen 443", listening)
        site = site.replace("/etc/ssl/agents.pem", str(certificate.certificate))
        site = site.replace("/etc/ssl/agents.key", str(certificate.key))
    return site.replace("127.0.0.1:3000", urlsplit(server.url).netloc)


@contextlib.contextmanager
def behind_nginx(
    server: ServerProcess,
    port: int,
    folder: Path,
    *,
    is_below: bool,
    certificate: Certificate | None = None,
) -> Iterator[None]:
    """Run nginx on this port in front of the server, at its root or below `/agents`."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/bin")
    assert program is not None, "nginx is needed to see the server behind a proxy"
    folder.mkdir(exist_ok=True)
    site = documented(server, port, is_below=is_below, certificate=certificate)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, site=site))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [program, "-p", str(folder), "-c", str(folder / "nginx.conf")], stdout=log, stderr=log
        )
    try:
        _until_it_listens(process, port, folder / "log")
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def _until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + STARTING_S
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise AssertionError(f"nginx did not start:\n{log.read_text()}")
