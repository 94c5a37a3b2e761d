"""The files of a session, its changes and checkpoints as people work with them, in a real browser."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import Page
from tests.support.repositories import git_host
from tests.support.server import ServerProcess

CONTROL = 2
EDITED = "Boolean(document.querySelector('.code-area .cm-content'))"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


@pytest.fixture(scope="module")
def server(fresh_server: ServerProcess) -> ServerProcess:
    return fresh_server


class Bench:
    """A session, and its page with one of the panels."""

    def __init__(self, server: ServerProcess, page: Page, session_id: str) -> None:
        self.server = server
        self.page = page
        self.session_id = session_id
        self.path = f"/api/v1/sessions/{session_id}"

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """What the API answers to somebody else meanwhile."""
        answer = await asyncio.to_thread(self.server.request, method, self.path + path, body)
        assert answer.status < 300, answer
        return answer.body

    async def write(self, **files: str) -> None:
        """Create or replace files, whose names are written with `_` for the dot."""
        for name, content in files.items():
            path = f"/files/{name.replace('_', '.')}"
            answer = await asyncio.to_thread(
                self.server.request, "PUT", self.path + path, {"content": content}
            )
            if answer.status == 404:
                await self.call("POST", path, {"content": content})

    async def content(self, name: str) -> str:
        return str((await self.call("GET", f"/files/{name}"))["content"])

    async def open(self, panel: str = "files") -> None:
        key = self.server.key
        await self.page.open(f"{self.server.url}/?session={self.session_id}&panel={panel}#token={key}")

    async def edit(self, name: str, text: str) -> None:
        """Open a file and write at its beginning."""
        await self.page.press(name)
        await self.page.until(f"{EDITED} && document.querySelector('.editor .path').title.endsWith('.txt')")
        await self.type(text)
        await self.page.shows("Not saved")

    async def type(self, text: str) -> None:
        await self.page.evaluate("document.querySelector('.code-area .cm-content').focus()")
        await self.page.call("Input.insertText", text=text)

    async def save(self) -> None:
        """Press Ctrl+S."""
        key: dict[str, Any] = {"key": "s", "code": "KeyS", "windowsVirtualKeyCode": 83, "modifiers": CONTROL}
        await self.page.call("Input.dispatchKeyEvent", type="keyDown", **key)
        await self.page.call("Input.dispatchKeyEvent", type="keyUp", **key)

    async def task(self, answer: str = "Find the failing test and fix the code") -> str:
        """Start a task; return its id."""
        return str((await self.call("POST", "/tasks", {"input": answer}))["task"]["id"])

    async def until_task(self, task_id: str, *states: str) -> None:
        async with asyncio.timeout(60):
            while True:
                task = (await self.call("GET", f"/tasks/{task_id}"))["task"]
                if task["status"] in states or task["activity"] in states:
                    return
                await asyncio.sleep(0.1)


@pytest.fixture
def bench(server: ServerProcess, page: Page) -> Bench:
    config = {"provider": "scripted", "model": "write-and-run", "approvals": [{"decision": "always"}]}
    made = server.request("POST", "/api/v1/sessions", {"name": "Bench", "config": config})
    return Bench(server, page, made.body["session"]["id"])


async def test_an_empty_workspace_says_how_to_begin_and_a_file_is_written_and_saved(bench: Bench) -> None:
    page = bench.page
    await bench.open()
    await page.shows("The workspace is empty")
    assert await page.obstacles() == []
    await page.press("Write a file")
    await page.type("Path", "notes.txt")
    await page.press("Create file")
    await page.until(EDITED)
    await bench.type("remember the milk\n")
    await page.shows("Not saved")
    assert await page.obstacles() == []
    await bench.save()
    await page.shows("Saved ")
    assert await bench.content("notes.txt") == "remember the milk\n"
    assert page.complaints == []


async def test_line_ends_are_saved_as_they_were(bench: Bench) -> None:
    await bench.write(dos_txt="one\r\ntwo\r\n", mixed_txt="one\r\ntwo\n")
    await bench.open()
    await bench.edit("dos.txt, created", "zero\n")
    await bench.page.press("Save")
    await bench.page.shows("Saved ")
    await bench.edit("mixed.txt, created", "zero ")
    await bench.page.press("Save")
    await bench.page.until("document.querySelector('.editor header').innerText.includes('Saved ')")
    assert await bench.content("dos.txt") == "zero\r\none\r\ntwo\r\n"
    assert await bench.content("mixed.txt") == "zero one\r\ntwo\n"


@pytest.mark.parametrize(
    ("word", "content"),
    [("Save the right side", "mine\none\n"), ("Take the server's version", "one\ntheirs\n")],
)
async def test_a_file_that_changed_meanwhile_shows_both_versions_and_lets_the_person_choose(
    bench: Bench, word: str, content: str
) -> None:
    page = bench.page
    await bench.write(notes_txt="one\n")
    await bench.open()
    await bench.edit("notes.txt, created", "mine\n")
    await bench.write(notes_txt="one\ntheirs\n")
    await page.shows("The file has changed on the server since you began to write")
    await page.press("Save")
    await page.shows("Changed on the server, and changed here.")
    sides = "[...document.querySelectorAll('.cm-mergeView .cm-content')].map((one) => one.innerText)"
    assert await page.evaluate(f"{sides}.map((one) => one.trim().split(/\\n+/))") == [
        ["one", "theirs"],
        ["mine", "one"],
    ]
    assert await page.obstacles() == []
    await page.press(word)
    await page.until("!document.querySelector('.cm-mergeView') && !document.querySelector('.drafts')")
    assert await bench.content("notes.txt") == content
    shown = "document.querySelector('.code-area .cm-content').innerText.trim().split(/\\n+/).join('|')"
    await page.until(f"{shown} === {json.dumps('|'.join(content.split()))}")
    assert [text for text in page.complaints if "409" not in text] == []


async def test_a_file_that_was_deleted_meanwhile_can_be_saved_again(bench: Bench) -> None:
    await bench.write(notes_txt="one\n")
    await bench.open()
    await bench.edit("notes.txt, created", "mine\n")
    await bench.call("DELETE", "/files/notes.txt")
    await bench.page.shows("was deleted on the server")
    await bench.page.press("Compare")
    await bench.page.press("Save the right side")
    await bench.page.until("!document.querySelector('.drafts')")
    assert await bench.content("notes.txt") == "mine\none\n"


async def test_an_editor_without_changes_follows_the_file(bench: Bench) -> None:
    await bench.write(notes_txt="one\n")
    await bench.open()
    await bench.page.press("notes.txt, created")
    await bench.page.until(EDITED)
    await bench.write(notes_txt="one\ntwo\n")
    await bench.page.until("document.querySelector('.cm-content').innerText.includes('two')")
    assert await bench.page.evaluate("document.querySelector('.drafts')") is None


async def test_what_is_not_saved_outlives_other_files_panels_and_sessions_and_the_browser_asks(
    bench: Bench,
) -> None:
    page = bench.page
    leaving = "dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    await bench.write(notes_txt="one\n", other_txt="other\n")
    other = bench.server.request("POST", "/api/v1/sessions", {"name": "Another"}).body["session"]["id"]
    await bench.open()
    await bench.edit("notes.txt, created", "mine\n")
    await page.press("other.txt, created")
    await page.until("document.querySelector('.cm-content').innerText.includes('other')")
    await page.press("Tasks")
    await page.press("Events")
    await page.evaluate(f"document.querySelector('a[href*=\"{other}\"]').click()")
    await page.shows("Nothing has happened yet")
    assert await page.evaluate(leaving) is False
    await page.evaluate("history.back()")
    await page.press("Files")
    await page.shows("Not saved:")
    await page.press("notes.txt")
    await page.until("document.querySelector('.cm-content').innerText.includes('mine')")
    await bench.save()
    await page.until("!document.querySelector('.drafts')")
    assert await bench.content("notes.txt") == "mine\none\n"
    assert await page.evaluate(leaving) is True


async def test_files_are_renamed_and_folders_deleted_after_a_question_with_the_keyboard(
    bench: Bench,
) -> None:
    page = bench.page
    await bench.call("POST", "/files/src/old.txt", {"content": "one\n"})
    await bench.call("POST", "/files/src/deep/er.txt", {"content": "one\n"})
    await bench.open()
    await page.until("document.querySelector('[data-path=\"/src/old.txt\"]')")
    await page.evaluate("document.querySelector('[data-path=\"/src/old.txt\"]').focus()")
    await page.press("Rename")
    await page.fill("New path", "src/new.txt")
    await page.key("Enter")
    await page.until("document.activeElement.dataset.path === '/src/new.txt'")
    await page.evaluate("document.querySelector('[data-path=\"/src\"]').focus()")
    await page.press("Delete")
    await page.shows("The folder and everything in it")
    await page.focuses("Cancel")
    await page.key("Escape")
    assert (await bench.call("GET", "/files?recursive=true"))["total"] == 4
    await page.evaluate("document.querySelector('[data-path=\"/src\"]').focus()")
    await page.press("Delete")
    await page.evaluate("document.querySelector('dialog button.danger').click()")
    await page.shows("The workspace is empty")
    assert (await bench.call("GET", "/files?recursive=true"))["total"] == 0
    assert page.complaints == []


async def test_a_name_that_is_taken_is_said_beside_the_field(bench: Bench) -> None:
    await bench.write(notes_txt="one\n")
    await bench.open()
    await bench.page.press("New file")
    await bench.page.type("Path", "notes.txt")
    await bench.page.press("Create file")
    await bench.page.focuses("Path")
    assert await bench.page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"


async def choose_files(page: Page, *paths: Path) -> None:
    """What a person picks in the browser's own dialog."""
    root = (await page.call("DOM.getDocument"))["root"]["nodeId"]
    found = await page.call("DOM.querySelector", nodeId=root, selector=".bar input[type=file]")
    await page.call("DOM.setFileInputFiles", nodeId=found["nodeId"], files=[str(path) for path in paths])


async def test_files_are_uploaded_and_none_is_replaced_unasked(bench: Bench, tmp_path: Path) -> None:
    page = bench.page
    (tmp_path / "notes.txt").write_text("uploaded\n")
    (tmp_path / "more.bin").write_bytes(bytes(range(256)) * 1000)
    await bench.write(notes_txt="one\n")
    await bench.open()
    await page.shows("notes.txt")
    await choose_files(page, tmp_path / "notes.txt", tmp_path / "more.bin")
    await page.shows("exists already")
    await page.shows("uploaded")
    assert await bench.content("notes.txt") == "one\n"
    await page.press("Replace")
    await page.shows("Uploads ended.")
    assert await bench.content("notes.txt") == "uploaded\n"
    await page.press("more.bin, created")
    await page.shows("Not a text file")
    assert [text for text in page.complaints if "409" not in text] == []


async def test_files_and_the_whole_workspace_are_downloaded(bench: Bench, tmp_path: Path) -> None:
    page = bench.page
    await bench.write(notes_txt="one\n")
    await page.call(
        "Browser.setDownloadBehavior",
        behavior="allow",
        downloadPath=str(tmp_path),
        browserContextId=page.context_id,
    )
    await bench.open()
    await page.press("notes.txt, created")
    await page.press("Download notes.txt")
    await there(tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "one\n"
    await page.evaluate("document.querySelector('.bar summary').click()")
    await page.press("Download all as zip")
    await there(tmp_path / "Bench.zip")
    assert (tmp_path / "Bench.zip").read_bytes().startswith(b"PK")


async def there(path: Path) -> None:
    async with asyncio.timeout(30):
        while not path.exists():
            await asyncio.sleep(0.05)


async def test_images_are_shown(bench: Bench) -> None:
    await bench.call("POST", "/files/pixel.png", {"content": PIXEL, "encoding": "base64"})
    await bench.open()
    await bench.page.press("pixel.png, created")
    await bench.page.until("document.querySelector('.editor .image img').naturalWidth === 1")
    assert bench.page.complaints == []


async def test_a_result_of_a_search_leads_to_its_line_in_the_editor(bench: Bench) -> None:
    page = bench.page
    await bench.write(notes_txt="".join(f"line {number}\n" for number in range(1, 200)) + "the needle (x)\n")
    await bench.open("search")
    await page.type("Text to find", "NEEDLE (")
    await page.key("Enter")
    await page.shows("1 line in 1 file")
    assert await page.obstacles() == []
    await page.evaluate("document.querySelector('.results ol button').click()")
    await page.until("document.querySelector('.cm-activeLine').innerText.includes('the needle (x)')")
    await page.press("Files")
    await page.press("Search")
    await page.press("File names")
    await page.fill("Name, or a part of it", "note")
    await page.key("Enter")
    await page.shows("1 file")
    assert page.complaints == []


async def test_comments_on_a_task_s_changes_go_to_the_agent_as_one_message(bench: Bench) -> None:
    page = bench.page
    task = await bench.task("Print some prime numbers")
    await bench.until_task(task, "completed")
    await bench.open("changes")
    await page.shows("since the task began")
    await page.shows("LIMIT = 50")
    await page.press("Comment on line 1 of primes.py")
    await page.shows("Comment on line 1")
    await page.call("Input.insertText", text="Say what a prime is.")
    await page.press("Add comment")
    await page.focuses("Comment on line 1 of primes.py")
    await page.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', "
        "{ key: 'ArrowDown', shiftKey: true, bubbles: true }))"
    )
    await page.key("Enter")
    await page.shows("Comment on lines 1 to 2")
    await page.call("Input.insertText", text="Too short.")
    await page.press("Add comment")
    await page.shows("2 comments, not sent yet")
    assert await page.evaluate("dispatchEvent(new Event('beforeunload', { cancelable: true }))") is False
    assert await page.obstacles() == []
    await page.press("Send to the agent")
    await page.until("!document.querySelector('.send')")
    turns = (await bench.call("GET", f"/tasks/{task}/turns"))["data"]
    said = turns[0]["input"]
    assert said.startswith("2 comments on primes.py\n\nPlease work on them.")
    assert "`primes.py`, line 1:\n> " in said
    assert "Say what a prime is." in said and "`primes.py`, lines 1 to 2:" in said
    assert page.complaints == []


async def test_comments_reach_a_task_that_is_at_work(bench: Bench) -> None:
    page = bench.page
    await bench.call("PUT", "", {"config": {"approvals": [{"decision": "ask"}]}})
    task = await bench.task("Print some prime numbers")
    await bench.until_task(task, "interactive")
    await bench.write(notes_txt="one\n")
    await bench.open("changes")
    await page.press("Comment on line 1 of notes.txt")
    await page.shows("Comment on line 1")
    await page.call("Input.insertText", text="Leave this file alone.")
    await page.press("Add comment")
    await page.shows("Sending rejects the pending approval.")
    await page.press("Send to the agent")
    await page.until("!document.querySelector('.send')")
    said = [each.get("text") or "" for each in (await bench.call("GET", f"/tasks/{task}/messages"))["data"]]
    assert any("Leave this file alone." in text for text in said)


async def test_changes_are_beside_each_other_where_there_is_room(bench: Bench) -> None:
    page = bench.page
    await bench.write(notes_txt="one\ntwo\nthree\n")
    task = await bench.task("Print some prime numbers")
    await bench.until_task(task, "completed")
    await bench.write(notes_txt="one\n2\nthree\n")
    await page.look(width=1900, height=900)
    await bench.open("changes")
    await page.press("Side by side")
    await page.until("document.querySelectorAll('[data-path=\"/notes.txt\"] .hunks.wide col').length === 4")
    await page.look(width=390, height=844)
    await page.press("Workspace")
    await page.until("document.querySelectorAll('[data-path=\"/notes.txt\"] .hunks col').length === 3")
    assert await page.evaluate("document.documentElement.scrollWidth > innerWidth") is False
    await page.press("Open in the editor")
    await page.until(EDITED)
    assert page.complaints == []


async def test_checkpoints_are_saved_compared_and_restored_after_saying_what_changes(bench: Bench) -> None:
    page = bench.page
    await bench.write(notes_txt="one\n")
    await bench.open("checkpoints")
    await page.shows("No checkpoints yet")
    await page.press("Save one now")
    await page.type("What for", "before the storm")
    await page.press("Save")
    await page.shows("before the storm")
    await bench.write(notes_txt="two\n", new_txt="new\n")
    await page.press(await named(page, "Compare “before the storm”"))
    await page.shows("2 files")
    await page.shows("since then")
    await page.press("Back")
    await page.press(await named(page, "Restore “before the storm”"))
    await page.shows("notes.txt will be as it was")
    await page.shows("new.txt will be deleted")
    assert await page.obstacles() == []
    await page.evaluate("document.querySelector('dialog button.danger').click()")
    await page.shows("Restored: 2 files changed. What was there before is a checkpoint, too.")
    await page.shows("before a restoration")
    assert await bench.content("notes.txt") == "one\n"
    await page.press("Files")
    await page.press("notes.txt")
    await page.until(f"{EDITED} && document.querySelector('.cm-content').innerText.trim() === 'one'")
    assert not await page.evaluate("document.querySelector('.tree').innerText.includes('new.txt')")
    assert page.complaints == []


async def named(page: Page, beginning: str) -> str:
    """The whole name of the button whose name begins like this."""
    found = (
        "[...document.querySelectorAll('button')].map((one) => one.ariaLabel ?? '')"
        f".find((one) => one.startsWith({json.dumps(beginning)}))"
    )
    return str(await page.until(found))


async def test_a_watcher_reads_and_is_offered_no_change(bench: Bench) -> None:
    page, server = bench.page, bench.server
    await bench.write(notes_txt="one\n")
    person = {"email": f"{bench.session_id}@example.com", "name": "Eve", "password": "long enough to watch"}
    assert server.request("POST", "/api/v1/users", {**person, "roles": ["viewer"]}).status == 201
    await bench.call("POST", "/shares", {"user": person["email"], "access": "watcher"})
    await page.open(f"{server.url}/?session={bench.session_id}")
    await page.log_in(person)
    await page.press("notes.txt, created")
    await page.shows("Read only")
    buttons = await page.evaluate(
        "[...document.querySelectorAll('.files button')].map((one) => one.ariaLabel ?? one.innerText)"
    )
    assert not {"New file", "Rename", "Delete", "Save", "Upload files"} & set(buttons)


async def test_a_repository_is_cloned_from_the_empty_workspace(
    start_server: Callable[..., ServerProcess], page: Page, tmp_path: Path
) -> None:
    server = start_server(files__repository_hosts="['127.0.0.1']")
    made = server.request("POST", "/api/v1/sessions", {"name": "Cloned"}).body["session"]["id"]
    bench = Bench(server, page, made)
    async with git_host(tmp_path / "host") as host:
        host.make("hello", {"README.md": "# hello\n"})
        await bench.open()
        await page.press("Clone a repository")
        await page.type("Address", f"{host.url}/nothing.git")
        await page.press("Clone")
        await page.until("document.querySelector('dialog [aria-invalid=true]')")
        await page.fill("Address", f"{host.url}/hello.git")
        await page.press("Clone")
        await page.shows("README.md")
    await page.until("!document.querySelector('dialog')")
    await page.focuses("README.md")
    assert await bench.content("README.md") == "# hello\n"


async def test_what_a_task_has_changed_is_saved_as_a_patch_that_git_takes(
    bench: Bench, tmp_path: Path
) -> None:
    page = bench.page
    await page.call(
        "Browser.setDownloadBehavior",
        behavior="allow",
        downloadPath=str(tmp_path),
        browserContextId=page.context_id,
    )
    await bench.write(notes_txt="one\ntwo\n")
    config = {"enableCheckpoints": True}
    made = await bench.call("POST", "/tasks", {"input": "# Print *primes*, twice", "config": config})
    await bench.until_task(made["task"]["id"], "completed")
    await bench.write(notes_txt="one\nthree")
    await bench.call("POST", "/files/__pycache__/primes.pyc", {"content": "noise"})
    picture = tmp_path / "picture.png"
    picture.write_bytes(base64.b64decode(PIXEL))
    sent = ("--data-binary", f"@{picture}", "-H", "Content-Type: application/octet-stream")
    place = f"{bench.path}/files/raw?path=/picture.png"
    stored = await asyncio.to_thread(bench.server.curl, "PUT", place, None, *sent)
    assert stored.status == 201, stored.body
    await bench.open("changes")
    await page.press("Save as patch")
    await page.shows("Saved; “git apply” makes the same change elsewhere. Not in it: 1 file that is no text")
    patch = tmp_path / "print-primes-twice.patch"
    async with asyncio.timeout(30):
        while not patch.exists():
            await asyncio.sleep(0.05)
    there = tmp_path / "elsewhere"
    there.mkdir()
    (there / "notes.txt").write_text("one\ntwo\n")
    done = await asyncio.to_thread(
        subprocess.run, ["git", "apply", str(patch)], cwd=there, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (there / "notes.txt").read_text() == "one\nthree"
    assert (there / "primes.py").read_text() == await bench.content("primes.py")
    assert not (there / "__pycache__").exists()
    assert await page.obstacles() == []
    assert page.complaints == []


async def test_a_session_begins_with_a_repository_that_is_cloned_into_it(
    start_server: Callable[..., ServerProcess], page: Page, tmp_path: Path
) -> None:
    server = start_server(files__repository_hosts="['127.0.0.1']")
    async with git_host(tmp_path / "host") as host:
        host.make("hello", {"README.md": "# hello\n"})
        await page.open(f"{server.url}/#token={server.key}")
        await page.press("Create a session")
        await page.type("Repository", f"{host.url}/nothing.git")
        await page.press("Create session")
        await page.until("document.querySelector('dialog [aria-invalid=true]')")
        assert await page.obstacles() == []
        await page.fill("Repository", f"{host.url}/hello.git")
        await page.press("Clone again")
        await page.until("!document.querySelector('dialog')")
    await page.shows("README.md")
    await page.focuses("Task")
    sessions = (await asyncio.to_thread(server.request, "GET", "/api/v1/sessions")).body["sessions"]
    assert [session["name"] for session in sessions] == [
        "nothing"
    ]  # it was there before the address was mended
    assert [text for text in page.complaints if "/clone" not in text] == []  # the refusal is there


async def test_a_session_begins_with_a_task_once_its_repository_is_there(
    start_server: Callable[..., ServerProcess], page: Page, tmp_path: Path
) -> None:
    server = start_server(files__repository_hosts="['127.0.0.1']")
    async with git_host(tmp_path / "host") as host:
        host.make("hello", {"README.md": "# hello\n"})
        await page.open(f"{server.url}/#token={server.key}")
        await page.press("Create a session")
        await page.focuses("First task (optional)")
        await page.type("First task", "**Look round**\nand say what you see")
        await page.type("Repository", f"{host.url}/hello.git")
        await page.type("Provider", "scripted")
        await page.type("Model", "survey")
        assert await page.obstacles_at((1280, 800), (390, 844)) == {}
        await page.press("Create session")
        await page.shows("Task completed")
    await page.until("!document.querySelector('dialog')")
    story = await page.evaluate("document.querySelector('.story').innerText")
    assert story.index("Repository cloned") < story.index("and say what you see")
    [session] = (await asyncio.to_thread(server.request, "GET", "/api/v1/sessions")).body["sessions"]
    assert session["name"] == "Look round"
    assert page.complaints == []


async def test_a_task_does_not_begin_without_its_repository_unless_somebody_says_so(
    start_server: Callable[..., ServerProcess], page: Page, tmp_path: Path
) -> None:
    server = start_server(files__repository_hosts="['127.0.0.1']")
    async with git_host(tmp_path / "host") as host:
        await page.open(f"{server.url}/#token={server.key}")
        await page.press("Create a session")
        await page.type("First task", "Look round")
        await page.type("Repository", f"{host.url}/nothing.git")
        await page.type("Provider", "scripted")
        await page.type("Model", "survey")
        await page.press("Create session")
        await page.until("document.querySelector('dialog [aria-invalid=true]')")
        await page.press("Begin without it")
    await page.until("document.querySelector('.composer textarea').value === 'Look round'")
    assert "Task completed" not in await page.evaluate("document.body.innerText")
    await page.focuses("Task")
    await page.press("Start task")
    await page.shows("Task completed")
    await page.until("document.querySelector('.composer textarea').value === ''")


async def test_a_task_s_whole_change_is_undone_after_saying_what_is_lost(bench: Bench) -> None:
    page = bench.page
    await bench.write(notes_txt="one\n")
    config = {"enableCheckpoints": True}
    made = await bench.call("POST", "/tasks", {"input": "# Print *primes*", "config": config})
    await bench.until_task(made["task"]["id"], "completed")
    await bench.write(notes_txt="two\n")
    await bench.call("POST", "/files/__pycache__/primes.pyc", {"content": "noise"})
    await bench.open()
    await page.press("See the changes")
    await page.shows("1 generated file")
    generated = "document.querySelector('.generated')"
    noise = f"{generated}.querySelector('[data-path=\"/__pycache__/primes.pyc\"]')"
    assert await page.evaluate(f"{generated}.open") is False
    await page.evaluate(f"{generated}.querySelector('summary').click()")
    await page.until(f"{generated}.open && {noise}.getBoundingClientRect().height > 0")
    await page.press("Undo all changes")
    await page.shows("primes.py will be deleted")
    await page.shows("notes.txt will be as it was")
    await page.shows("__pycache__/primes.pyc will be deleted")
    assert await page.obstacles() == []
    await page.evaluate("document.querySelector('dialog button.danger').click()")
    await page.shows("Undone: 3 files changed. What was there before is a checkpoint, too.")
    await page.shows("Nothing has changed")
    await page.focuses("Changes")
    assert await bench.content("notes.txt") == "one\n"
    assert page.complaints == []


async def test_a_task_without_checkpoints_says_why_it_cannot_be_undone(bench: Bench) -> None:
    task = await bench.task("Print some prime numbers")
    await bench.until_task(task, "completed")
    await bench.open("changes")
    await bench.page.press("Undo all changes")
    await bench.page.shows("The state before it was not kept")
    await bench.page.press("Close")
    assert await bench.content("primes.py")


async def test_the_tabs_are_few_and_remember_what_was_looked_at(bench: Bench) -> None:
    page = bench.page
    await bench.task("Print some prime numbers")
    await page.open(f"{bench.server.url}/?session={bench.session_id}#token={bench.server.key}")
    tabs = "[...document.querySelectorAll('[aria-label=Panels] [role=tab]')].map((it) => it.innerText)"
    await page.shows("since the task began")  # the work comes first
    assert await page.evaluate(tabs) == ["Changes", "Files", "Terminal", "Tasks", "Settings"]
    await page.press("Checkpoints")
    await page.shows("A checkpoint is the state of all files at one moment.")
    await page.evaluate("document.activeElement.blur()")
    await press_letter(page, "4")
    await page.until("location.search.includes('panel=tasks')")
    await press_letter(page, "1")
    await page.until("location.search.includes('panel=checkpoints')")
    await press_letter(page, "p")
    await page.focuses("Changes")
    await page.look(width=390, height=800)
    lines = (
        "new Set([...document.querySelectorAll('[aria-label=Panels] [role=tab]')].map((it) => it.offsetTop))"
    )
    await page.press("Workspace")
    assert await page.evaluate(f"{lines}.size") == 1
    assert await page.obstacles() == []
    assert page.complaints == []


async def press_letter(page: Page, letter: str) -> None:
    await page.call("Input.dispatchKeyEvent", type="keyDown", key=letter, text=letter)
    await page.call("Input.dispatchKeyEvent", type="keyUp", key=letter)
