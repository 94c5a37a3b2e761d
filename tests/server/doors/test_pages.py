"""The pages need no credentials and no network, and load nothing but this server's files."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest

from roocode_server.server.doors.pages import static_root
from tests.support.server import ServerProcess

PAGES = ("/", "/docs", "/redoc")
SOURCES = re.compile(r"""<(?:script|link|img)\b[^>]*?(?:src|href)="([^"]+)""")
IMPORTS = re.compile(r"""^import\s[^"]*"([^"]+)";$""", re.MULTILINE)


def get(server: ServerProcess, path: str, *options: str) -> tuple[int, dict[str, str], str]:
    """Return what an anonymous caller gets: status, headers, text."""
    answer = server.curl("GET", path, None, *options, key=None)
    return answer.status, answer.headers, answer.body


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_for_anybody_and_guards_its_reader(server: ServerProcess, page: str) -> None:
    status, headers, _ = get(server, page)
    assert status == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "deny"
    assert headers["referrer-policy"] == "no-referrer"
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"


@pytest.mark.parametrize("page", PAGES)
def test_no_page_may_write_scripts_or_styles_as_it_likes(server: ServerProcess, page: str) -> None:
    _, headers, _ = get(server, page)
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cross-origin-opener-policy"] == "same-origin"


def test_redoc_writes_its_styles_by_a_nonce_that_is_new_each_time(server: ServerProcess) -> None:
    nonces = set()
    for _ in range(2):
        _, headers, text = get(server, "/redoc", "-H", "Accept-Encoding: identity")
        [nonce] = re.findall(r'nonce="([^"]{22})"', text)
        assert f"'nonce-{nonce}'".lower() in headers["content-security-policy"]
        nonces.add(nonce)
    assert len(nonces) == 2


@pytest.mark.parametrize("path", ["/api/v1/health", "/openapi.json", "/static/dashboard/main.js", "/nowhere"])
def test_what_is_no_page_is_none_to_a_browser_either(server: ServerProcess, path: str) -> None:
    _, headers, _ = get(server, path)
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "deny"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("page", PAGES)
def test_no_script_stands_in_a_page_itself(server: ServerProcess, page: str) -> None:
    _, _, text = get(server, page)
    assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []
    assert re.findall(r"\son\w+=", text) == []


@pytest.mark.parametrize("page", PAGES)
def test_everything_that_a_page_loads_is_served_here(server: ServerProcess, page: str) -> None:
    _, _, text = get(server, page)
    waiting = [urljoin(page, found) for found in SOURCES.findall(text)]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        assert path.startswith("/static/"), path
        status, headers, content = get(server, path)
        assert status == 200, path
        if path.endswith(".js"):
            assert "javascript" in headers["content-type"]
            waiting += [urljoin(path, found) for found in IMPORTS.findall(content)]
    assert any(path.endswith(".js") for path in seen)


def test_the_modules_of_the_dashboard_are_named_in_its_page(server: ServerProcess) -> None:
    """So a browser fetches them all at once, and not one after the other as it reads them."""
    _, _, text = get(server, "/")
    [entry] = re.findall(r'<script [^>]*src="([^"]+)"', text)
    named = {f"/{path}" for path in re.findall(r'rel="modulepreload" href="([^"]+)"', text)}
    imported: set[str] = set()
    waiting = [f"/{entry}"]
    while waiting:
        path = waiting.pop()
        found = {urljoin(path, each) for each in IMPORTS.findall(get(server, path)[2])}
        waiting += found - imported
        imported |= found
    assert named == imported


def test_own_files_are_asked_for_again_and_answered_briefly(server: ServerProcess) -> None:
    path = "/static/dashboard/main.js"
    _, headers, _ = get(server, path)
    assert headers["cache-control"] == "no-cache"
    status, _, text = get(server, path, "-H", f"If-None-Match: {headers['etag']}")
    assert (status, text) == (304, "")


@pytest.mark.parametrize("path", ["/openapi.json", "/static/dashboard/main.js", "/static/pages/pages.css"])
def test_what_is_sent_is_compressed_for_those_who_take_it_so(server: ServerProcess, path: str) -> None:
    _, plain, content = get(server, path)
    _, headers, unpacked = get(server, path, "--compressed")
    assert headers["vary"] == plain["vary"] == "accept-encoding"
    assert "content-encoding" not in plain
    assert headers["content-encoding"] == "gzip"
    assert unpacked == content


def test_a_compressed_file_is_not_sent_to_a_browser_that_has_it(server: ServerProcess) -> None:
    path = "/static/dashboard/main.js"
    _, headers, _ = get(server, path, "--compressed")
    status, _, text = get(server, path, "--compressed", "-H", f"If-None-Match: {headers['etag']}")
    assert (status, text) == (304, "")


def test_vendored_files_are_kept_for_a_day(server: ServerProcess) -> None:
    _, headers, _ = get(server, "/static/vendor/socket.io-client/socket.io.js")
    assert headers["cache-control"] == "max-age=86400"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    ["/static/../pyproject.toml", "/static/%2e%2e/pyproject.toml", "/static/..%2fpyproject.toml", "/static/"],
)
def test_nothing_beside_the_static_files_can_be_had(server: ServerProcess, path: str) -> None:
    status, _, text = get(server, path)
    assert status in (403, 404)
    assert 'roocode-server"' not in str(text)


def test_a_file_that_is_missing_is_not_kept_by_the_browser(server: ServerProcess) -> None:
    status, headers, body = get(server, "/static/vendor/missing.js")
    assert (status, body["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")  # type: ignore[index]
    assert headers["cache-control"] == "no-store"


def test_the_icon_is_where_browsers_look_for_it(server: ServerProcess) -> None:
    status, headers, _ = get(server, "/favicon.ico")
    assert (status, headers["content-type"]) == (200, "image/svg+xml")


def test_own_pages_name_no_other_host() -> None:
    for folder in ("dashboard", "pages"):
        for path in filter(Path.is_file, (static_root() / folder).rglob("*")):
            hosts = set(re.findall(r"https?://([\w.]+)", path.read_text()))
            assert hosts <= {"www.w3.org", "redocly.com"}, path
