"""An independent OpenID Connect provider as a process, and a person who signs in at its pages."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
import jwt
import pytest
import yarl
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.server import PROJECT

PROGRAM = PROJECT / "tests" / "end_to_end" / "clients" / "openid-provider.mjs"
FORM = re.compile(r'<form[^>]* action="([^"]+)"')
PROMPT = re.compile(r'name="prompt" value="(\w+)"')


def new_keys(key_id: str) -> str:
    """A JWK Set with a new private key, for signing."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key = {**jwt.algorithms.RSAAlgorithm.to_jwk(private, as_dict=True), "kid": key_id, "use": "sig"}
    key.pop("key_ops", None)
    return json.dumps({"keys": [key]})


@dataclass
class OpenIdProvider:
    """The provider; `restart` gives it other keys at the same address."""

    issuer: str = ""
    process: subprocess.Popen[str] | None = None
    starts: int = field(default=0)

    def start(self, port: int = 0) -> OpenIdProvider:
        """Start it and wait until it listens."""
        node = shutil.which("node")
        assert node is not None, "node is needed for the OpenID Connect provider"
        self.starts += 1
        self.process = subprocess.Popen(
            [node, str(PROGRAM), str(port), new_keys(f"key-{self.starts}")],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.issuer = self.process.stdout.readline().strip()
        assert self.issuer, "the OpenID Connect provider did not start"
        return self

    def stop(self) -> None:
        """End it; its port is free."""
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def restart(self) -> None:
        """The same issuer with another key, and no memory."""
        port = urlsplit(self.issuer).port
        self.stop()
        self.start(port or 0)

    def settings(self, **more: str) -> dict[str, str]:
        """The settings of a server that has it as the provider `company`."""
        settings = {
            "issuer": self.issuer,
            "client_id": "roocode",
            "client_secret": "the-secret",
            "label": "Company",
            "allowed_emails": "['*@example.com']",
            "sign_up": "true",
        }
        return {f"auth__oidc__providers__company__{name}": text for name, text in (settings | more).items()}


@pytest.fixture
def openid_provider() -> Iterator[OpenIdProvider]:
    provider = OpenIdProvider().start()
    yield provider
    provider.stop()


async def sign_in_at_provider(browser: aiohttp.ClientSession, url: str, login: str) -> str:
    """Go through the provider's pages as a person does; where it sends the browser in the end."""
    issuer = urlsplit(url).netloc
    method, form = "GET", None
    while urlsplit(url).netloc == issuer:
        async with browser.request(method, url, data=form, allow_redirects=False) as response:
            page, location = await response.text(), response.headers.get("Location")
        if location is not None:
            url, method, form = str(response.url.join(yarl.URL(location))), "GET", None
            continue
        action, prompt = FORM.search(page), PROMPT.search(page)
        assert action is not None and prompt is not None, page
        url, method = str(response.url.join(yarl.URL(html.unescape(action[1])))), "POST"
        form = {"prompt": prompt[1], "login": login, "password": "any"}
    return url
