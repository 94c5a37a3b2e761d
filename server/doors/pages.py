"""What a browser sees: the dashboard, the API documents with their viewers, and static files.

None of it needs credentials or is secret: the pages call the other doors with the credentials of the person
using them. All files come from this server, so the pages work without internet access.
"""

from __future__ import annotations

import asyncio
import functools
import os
import posixpath
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import aiohttp_jinja2
import jinja2
import orjson
from aiohttp import web

from roocode_server.handlers.operation import Registry
from roocode_server.models.release import release
from roocode_server.server.doors.asyncapi import asyncapi_document, at
from roocode_server.server.doors.compression import compress
from roocode_server.server.doors.openapi import openapi_document
from roocode_server.server.doors.static_files import StaticFile
from roocode_server.server.identity import Authenticator

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

STATIC: Final = "static/"
"""The path as pages name it: relative, so that they work below any path that a proxy adds."""
VENDOR: Final = "vendor/"

VENDORED: Final = "max-age=86400"
"""Browsers cache vendored files for a day: they only change with a release."""

REVALIDATED: Final = "no-cache"
"""Browsers revalidate these each time, and are answered 304 if nothing has changed."""

POLICY: Final[Mapping[str, str]] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
"""What a page may load and do. Source: W3C, Content Security Policy Level 3."""

DASHBOARD_POLICY: Final = {**POLICY, "style-src": "'self' 'nonce-{nonce}'"}
"""The editor and the terminal write their styles into the page while they run."""

REDOC_STYLES: Final = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
)
"""What ReDoc writes before it knows its nonce: an empty sheet, and that of its search box."""

REDOC_POLICY: Final = {
    **POLICY,
    "style-src": " ".join(("'self'", "'nonce-{nonce}'", *REDOC_STYLES)),
    "worker-src": "blob:",
}
"""ReDoc writes its styles into the page while it runs, and searches in a worker made of its own text."""

_IMPORT: Final = re.compile(r"""^(?:import|\} from)\b[^"'();]*?["'](\.[^"']+)["'];""", re.MULTILINE)

NONCE_BYTES: Final = 16

PAGE_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def add_pages(
    app: web.Application, registry: Registry, transfers: Registry, identity: Authenticator, *, is_open: bool
) -> None:
    """Mount `/`, `/docs`, `/redoc`, `/openapi.json`, `/asyncapi.json`, `/static/` and `/favicon.ico`.

    With `is_open`, the dashboard does not ask for a login.
    """
    root = static_root()
    templates = jinja2.PackageLoader("roocode_server.server", "templates")
    aiohttp_jinja2.setup(app, loader=templates, autoescape=True, undefined=jinja2.StrictUndefined)
    app.router.add_get("/", _dashboard(is_open=is_open))
    app.router.add_get("/docs", _page("docs.html", POLICY))
    app.router.add_get("/redoc", _page("redoc.html", REDOC_POLICY))
    operations = _Document(lambda: openapi_document(registry, transfers))
    events = _Document(
        lambda: asyncapi_document(registry), lambda request, made: at(identity.base_url(request), made)
    )
    app.router.add_get("/openapi.json", operations.serve)
    app.router.add_get("/asyncapi.json", events.serve)
    app.router.add_get("/favicon.ico", _file(root / "pages" / "favicon.svg", VENDORED))
    app.router.add_get(f"/{STATIC}{{path:.+}}", _files(root))


def static_root() -> Path:
    """The folder of the static files."""
    return Path(str(files("roocode_server"))) / "static"


def _dashboard(*, is_open: bool) -> Handler:
    """The dashboard, which knows its version: it says so when the server has become another one."""

    @functools.cache
    def facts() -> Mapping[str, Any]:
        modules = modules_of(static_root(), "dashboard/main.js")
        return {"is_open": is_open, "version": release(), "modules": modules}

    return _page("dashboard.html", DASHBOARD_POLICY, facts)


def modules_of(root: Path, entry: str) -> list[str]:
    """The modules that a script imports and these import, so that a browser can fetch them all at once."""
    found = [entry]
    for name in found:
        text = (root / name).read_text()
        folder = posixpath.dirname(name)
        imported = (posixpath.normpath(posixpath.join(folder, each)) for each in _IMPORT.findall(text))
        found += [each for each in dict.fromkeys(imported) if each not in found]
    return found[1:]


def _page(template: str, policy: Mapping[str, str], facts: Callable[[], Mapping[str, Any]] = dict) -> Handler:
    allowed = "; ".join(f"{name} {sources}" for name, sources in policy.items())

    async def page(request: web.Request) -> web.Response:
        nonce = secrets.token_urlsafe(NONCE_BYTES)
        response = aiohttp_jinja2.render_template(
            template, request, {"static": STATIC, "nonce": nonce, **facts()}
        )
        response.headers.update(PAGE_HEADERS)
        response.headers["Content-Security-Policy"] = allowed.replace("{nonce}", nonce)
        response.headers["Cache-Control"] = REVALIDATED
        compress(request, response)
        return response

    return page


class _Document:
    """A document that is made when it is first asked for: it takes as long as all else of a start.

    It is made in a thread, so that nobody else waits for it.
    """

    def __init__(
        self,
        make: Callable[[], dict[str, Any]],
        fit: Callable[[web.Request, dict[str, Any]], dict[str, Any]] = lambda request, made: made,
    ) -> None:
        """`fit` makes what a request is answered of what was made for all."""
        self._make = make
        self._fit = fit
        self._made: dict[str, Any] | None = None
        self._making = asyncio.Lock()

    async def serve(self, request: web.Request) -> web.Response:
        async with self._making:
            if self._made is None:
                self._made = await asyncio.to_thread(self._make)
        headers = {**PAGE_HEADERS, "Cache-Control": REVALIDATED}
        encoded = orjson.dumps(self._fit(request, self._made))
        response = web.Response(body=encoded, content_type="application/json", headers=headers)
        compress(request, response)
        return response


def _files(root: Path) -> Handler:
    """Serve the files that exist when the server starts, by their exact names, and nothing else."""
    paths = (os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names)
    found = {path.removeprefix(f"{root}/") for path in paths}

    @functools.cache
    def handler(name: str) -> Handler:
        return _file(root / name, VENDORED if name.startswith(VENDOR) else REVALIDATED)

    async def serve(request: web.Request) -> web.StreamResponse:
        name = request.match_info["path"]
        if name not in found:
            raise web.HTTPNotFound
        return await handler(name)(request)

    return serve


def _file(path: Path, keeping: str) -> Handler:
    return StaticFile(path, {**PAGE_HEADERS, "Cache-Control": keeping}).serve
