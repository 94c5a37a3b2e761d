"""A session is copied, exported and imported in the dashboard, in a real browser."""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.test_conversation_in_a_browser import visit
from tests.support.browser import Page
from tests.support.server import ServerProcess


async def pick(page: Page, label: str, file: Path) -> None:
    """Pick a file where a hidden field takes one."""
    root = (await page.call("DOM.getDocument"))["root"]["nodeId"]
    found = await page.call("DOM.querySelector", nodeId=root, selector=f'input[aria-label="{label}"]')
    await page.call("DOM.setFileInputFiles", nodeId=found["nodeId"], files=[str(file)])


async def test_a_session_is_copied_and_moved(server: ServerProcess, page: Page, tmp_path: Path) -> None:
    session = server.open_session("To be copied", model="survey")
    (server.data_dir / "workspaces" / session / "a.txt").write_text("here")
    await visit(page, server, f"?session={session}&panel=settings")
    await page.press("Copy the session")
    await page.until("document.querySelector('.settings [role=status] a')?.innerText === 'open the copy'")
    assert await page.obstacles_in_both_schemes() == []
    address = await page.evaluate("document.querySelector('.settings [role=status] a').href")
    copy = address.partition("session=")[2].partition("&")[0]
    assert (server.data_dir / "workspaces" / copy / "a.txt").read_text() == "here"
    named = server.curl("GET", f"/api/v1/sessions/{copy}").body["session"]["name"]
    assert named == "To be copied (copy)"

    archive = tmp_path / "a.session.tar.gz"
    sent = server.curl("GET", f"/api/v1/sessions/{copy}/export", None, "-o", str(archive))
    assert sent.status == 200
    server.request("PUT", f"/api/v1/sessions/{session}", {"name": "The original"})
    await pick(page, "Archive of a session", archive)
    await page.until(f"!location.search.includes({session!r}) && location.search.includes('session=')")
    made = (await page.evaluate("location.search")).partition("session=")[2].partition("&")[0]
    assert made not in (session, copy)
    assert (server.data_dir / "workspaces" / made / "a.txt").read_text() == "here"

    assert page.complaints == []
    broken = tmp_path / "broken.gz"
    broken.write_bytes(archive.read_bytes()[:200])
    await pick(page, "Archive of a session", broken)
    await page.shows("The archive is refused")
