"""A session's conversation, its tasks and settings, and the inbox, as people see them in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import Page
from tests.support.server import ServerProcess

PLAYBOOKS = Path(__file__).with_name("playbooks")
ASKED_OF_EDITS = [{"decision": "always", "group": "command"}]
EVERYTHING_ALLOWED = [*ASKED_OF_EDITS, {"decision": "always", "group": "edit"}]
FOCUSED = "document.activeElement.getAttribute('aria-label') || document.activeElement.innerText"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    settings = {"ROOCODE_PROVIDERS__SCRIPTED__FOLDERS": f"[{PLAYBOOKS}]"}
    server = ServerProcess(tmp_path_factory.mktemp("server") / "data", settings).start()
    yield server
    server.end()


def start(server: ServerProcess, session_id: str, task: str) -> str:
    made = server.request("POST", f"/api/v1/sessions/{session_id}/tasks", {"input": task})
    assert made.status == 201, made.body
    return str(made.body["task"]["id"])


async def visit(page: Page, server: ServerProcess, address: str) -> None:
    await page.open(f"{server.url}/{address}#token={server.key}")


async def press_key(page: Page, key: str) -> None:
    """Press a letter where the focus is."""
    await page.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
    await page.call("Input.dispatchKeyEvent", type="keyUp", key=key)


async def test_a_conversation_shows_what_each_thing_is(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session("Everything", model="shows-everything", approvals=ASKED_OF_EDITS)
    await visit(page, server, f"?session={session_id}")
    await page.type("Task", "shows everything")
    await page.press("Start task")

    # Markdown and code in colours, and nothing in it that acts
    await page.until("document.querySelector('.markdown table td code').innerText === 'a.py'")
    await page.until("document.querySelector('.markdown .hljs-keyword').innerText === 'def'")
    assert await page.evaluate("document.querySelectorAll('.markdown img, .markdown [onerror]').length") == 0
    assert await page.evaluate("document.querySelector('.markdown a[href^=javascript]')") is None
    assert "harmed" not in await page.evaluate("document.title")

    # a question with its suggestions as buttons, once
    await page.press("PostgreSQL")
    await page.press("Write file")
    await page.shows("Task completed")
    await page.until("document.querySelector('.message.result strong').innerText === 'written'")
    assert "follow_up" not in await page.evaluate("document.querySelector('.story').innerText")

    # the to-do list and the state of the task in plain words
    await page.until("document.querySelector('.facts summary').innerText === '1 of 3 done'")
    assert await page.evaluate("document.querySelector('.task .badge').innerText") == "Done"
    await page.until("document.querySelector('.story .todos code').innerText === 'it'")

    # all lines of the output, in the colours of a terminal, of which the page has those in view
    await page.press("Show all 5,002 lines")
    lines = "document.querySelectorAll('.terminal.long .line').length"
    await page.until(f"{lines} > 20")
    assert await page.evaluate(lines) < 200
    await page.until("document.querySelector('.terminal.long .ink-2').innerText === 'PASS'")
    await page.evaluate("((box) => { box.scrollTop = box.scrollHeight; })(document.querySelector('.long'))")
    await page.until("document.querySelector('.terminal.long .line:last-child').innerText.trim() === '5000'")
    assert await page.evaluate(lines) < 200
    assert page.complaints == []
    assert await page.obstacles_in_both_schemes() == []


async def test_a_link_leads_to_its_message(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session("Linked", model="survey")
    start(server, session_id, "Look round")
    await visit(page, server, f"?session={session_id}")
    await page.shows("Task completed")
    seq = await page.until("Number(document.querySelector('.story li[data-seq]')?.dataset.seq)")
    await page.open(f"{server.url}/?session={session_id}&at={seq}")
    await page.until(f"document.querySelector('.item.named')?.dataset.seq === '{seq}'")
    await page.until(f"document.activeElement.dataset.seq === '{seq}'")


async def test_a_long_conversation_keeps_little_of_itself_in_the_page(
    server: ServerProcess, page: Page
) -> None:
    session_id = server.open_session("Long", model="survey")
    await asyncio.to_thread(talk_at_length, server, session_id)
    await visit(page, server, f"?session={session_id}")
    await page.until("document.querySelectorAll('.story li[data-key]').length > 5")
    await page.press("Tasks")
    await page.press("Events")
    await page.until("Number(document.querySelector('.events .seq').innerText) > 300")
    await page.until("document.querySelectorAll('.story li[data-key]').length < 60")
    await page.until("!document.querySelector('.newest')")  # it begins at the end
    # what is read stays where it is, and the newest is one key away
    await page.evaluate("document.querySelector('.story').scrollTop = 400")
    await page.shows("Newest")
    await page.press("↓ Newest")
    below = "((box) => box.scrollHeight - box.scrollTop - box.clientHeight)"
    await page.until(f"{below}(document.querySelector('.story')) < 80")
    # also if something is shown in the moment in which the end is left
    await page.until("!document.querySelector('.newest')")
    await page.evaluate(
        "document.querySelector('.story').scrollTop = 400; document.querySelector('[data-find]').click()"
    )
    await page.shows("Newest")
    assert page.complaints == []


def talk_at_length(server: ServerProcess, session_id: str) -> None:
    """Have several hundred events, by tasks that end at once."""
    tasks = [start(server, session_id, "Look round") for _ in range(25)]
    path = f"/api/v1/sessions/{session_id}/tasks/{tasks[-1]}"
    assert server.request("GET", f"{path}?wait=50").body["task"]["status"] == "completed"


async def test_words_are_found_also_where_they_are_not_in_view_or_folded(
    server: ServerProcess, page: Page
) -> None:
    session_id = server.open_session("Searched", model="survey")
    (server.data_dir / "workspaces" / session_id / "thimble.txt").write_text("small")
    await asyncio.to_thread(start, server, session_id, "The haystack begins with a Needle")
    await asyncio.to_thread(talk_at_length, server, session_id)
    await visit(page, server, f"?session={session_id}")
    await page.until("document.querySelectorAll('.story li[data-key]').length > 5")
    await page.until("!document.querySelector('.story').innerText.includes('Needle')")
    await page.evaluate("document.activeElement.blur()")
    await press_key(page, "f")
    await page.focuses("Find in the conversation")
    await page.call("Input.insertText", text="needle")
    await page.until("document.querySelector('.item.named')?.innerText.includes('Needle')")
    assert await page.evaluate("document.querySelector('.find [role=status]').innerText") == "1 of 1"
    marks = "[...CSS.highlights.get('found')].map(String)"
    await page.until(f"{marks}[0] === 'Needle'")
    await page.focuses("Find in the conversation")
    assert await page.obstacles_at((1280, 800), (390, 844)) == {}
    await page.look()

    await page.evaluate("document.activeElement.select()")
    await page.call("Input.insertText", text="thimble")
    await page.until("document.querySelector('.item.named .message.result')")
    newest = await page.evaluate("Number(document.querySelector('.item.named').dataset.seq)")
    await page.key("Enter")  # to the folded output of the call before
    await page.until("document.querySelector('.item.named .call details[open]')")
    await page.until(f"{marks}[0] === 'thimble'")
    assert await page.evaluate("Number(document.querySelector('.item.named').dataset.seq)") < newest
    await page.press("Find newer")
    await page.until(f"document.querySelector('.item.named')?.dataset.seq === '{newest}'")
    await page.evaluate("document.querySelector('.find input').focus()")

    await page.evaluate("document.activeElement.select()")
    await page.call("Input.insertText", text="no such word")
    await page.until("document.querySelector('.find [role=status]').innerText === 'Not found'")
    await page.key("Escape")
    await page.until("!document.querySelector('.find') && !CSS.highlights.has('found')")
    await page.focuses("Conversation")
    assert page.complaints == []


async def test_the_inbox_has_what_waits_in_all_sessions_and_answers_it(
    server: ServerProcess, page: Page
) -> None:
    first, second = server.open_session("First", model="asks"), server.open_session("Second", model="asks")
    await visit(page, server, "?page=inbox")
    await page.shows("Nothing waits for you")
    start(server, first, "asks")
    await page.shows("Which colour?")
    await page.until("document.title.startsWith('(1) ')")
    await page.until("document.querySelector('[data-work=waiting]')")
    start(server, second, "asks")
    await page.until("document.querySelectorAll('.inbox .entry').length === 2")
    assert await page.obstacles_in_both_schemes() == []

    # an answer by a button, one in one's own words, an approval, and a refusal with its reason
    await page.press("blue")
    await page.until("document.querySelectorAll('.inbox .question').length === 1")
    await page.evaluate("document.querySelector('.inbox .question input').focus()")
    await page.call("Input.insertText", text="green")
    await page.press("Answer")
    await page.until("document.querySelectorAll('.inbox [data-approval]').length === 2")
    await page.press("Write file")
    await page.until("document.querySelectorAll('.inbox [data-approval]').length === 1")
    await page.evaluate("document.querySelector('.inbox [data-approval] input').focus()")
    await page.call("Input.insertText", text="another file")
    await page.press("Reject")
    await page.shows("Nothing waits for you")
    await page.until("!document.title.startsWith('(')")
    assert page.complaints == []


async def test_an_answer_in_the_inbox_is_remembered_and_answers_what_waits_elsewhere(
    server: ServerProcess, page: Page
) -> None:
    for name in ("One", "Another"):
        start(server, server.open_session(name, model="write-and-run"), "Print some prime numbers")
    await visit(page, server, "?page=inbox")
    await page.until("document.querySelectorAll('.inbox [data-approval]').length === 2")
    await page.press("Write file, and always allow primes.py in all my sessions")
    commands = "[...document.querySelectorAll('.inbox pre')].map((it) => it.innerText)"
    await page.until(f"{commands}.filter((one) => one === '$ python3 -B primes.py').length === 2")
    shown = await page.evaluate("document.querySelector('.inbox').innerText")
    assert shown.count("Run a command") == 2 and "Run: python3" not in shown  # it is said once
    [standing] = server.curl("GET", "/api/v1/rules").body["data"]
    assert standing["rule"] == {"decision": "always", "group": "edit", "path": "/primes.py"}
    assert await page.obstacles_at((1280, 800), (390, 844)) == {}
    await page.look()
    server.curl("DELETE", f"/api/v1/rules/{standing['id']}")
    assert page.complaints == []


async def test_the_list_tells_what_each_session_does_and_is_filtered(
    server: ServerProcess, page: Page
) -> None:
    for number in range(6):
        server.open_session(f"Plain {number}", model="survey")
    await visit(page, server, "")
    await page.shows("Plain 5")
    made_elsewhere = server.open_session("Made elsewhere", model="asks")
    await page.shows("Made elsewhere")
    start(server, made_elsewhere, "asks")
    dot = f"document.querySelector('a[href=\"?session={made_elsewhere}\"] .dot')"
    await page.until(f"{dot}.dataset.work === 'waiting'")
    await page.evaluate("document.activeElement.blur()")
    await press_key(page, "/")
    await page.focuses("Filter sessions")
    await page.call("Input.insertText", text="elsewhere")
    await page.until("document.querySelectorAll('.sessions li').length === 1")
    assert page.complaints == []


async def test_keys_lead_everywhere_and_are_listed(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session("By keys", model="asks")
    start(server, session_id, "asks")
    await visit(page, server, f"?session={session_id}")
    await page.shows("Which colour?")
    await press_key(page, "?")
    await page.shows("go to what waits for you")
    await page.key("Escape")
    await page.until("!document.querySelector('dialog')")
    await press_key(page, "w")
    await page.until(f"({FOCUSED}).trim() === 'red'")
    await press_key(page, "m")
    await page.focuses("Message")
    await press_key(page, "i")  # in a field, it is a letter
    assert await page.evaluate("document.activeElement.value") == "i"
    await page.evaluate("document.activeElement.blur()")
    await press_key(page, "i")
    await page.until("location.search === '?page=inbox'")
    assert page.complaints == []


async def test_the_focus_stays_where_somebody_writes_while_a_task_works(
    server: ServerProcess, page: Page
) -> None:
    session_id = server.open_session("Writing", model="survey")
    await visit(page, server, f"?session={session_id}")
    await page.type("Task", "half a thought")
    await asyncio.to_thread(start, server, session_id, "Look round")
    await page.shows("Task completed")
    await page.call("Input.insertText", text=", and the rest")
    assert await page.evaluate("document.activeElement.value") == "half a thought, and the rest"


async def test_settings_change_how_the_agent_works(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session("Settings", model="asks")
    path = f"/api/v1/sessions/{session_id}"
    await visit(page, server, f"?session={session_id}&panel=settings")
    await page.shows("One command gets 512 MiB of memory")
    await page.type("Instructions", "Use short sentences.")
    await page.press("Save")
    await page.until("document.querySelector('.settings textarea').defaultValue.startsWith('Use')")
    await page.type("The beginning of the command", "npm test")
    await page.press("Add rule")
    await page.shows("commands that begin with “npm test”")
    config = server.request("GET", path).body["session"]["config"]
    assert config["customInstructions"] == "Use short sentences."
    assert config["approvals"] == [{"decision": "always", "command": "npm test"}]
    await page.choose("Mode", "architect")
    assert await page.obstacles_in_both_schemes() == []
    await page.press("Remove the rule: Always allow commands that begin with “npm test”")
    await page.shows("There are no rules.")
    config = server.request("GET", path).body["session"]["config"]
    assert (config["approvals"], config["mode"]) == ([], "architect")
    assert page.complaints == []


async def test_settings_that_are_saved_say_so_and_lose_neither_the_focus_nor_what_is_not_saved_yet(
    server: ServerProcess, page: Page
) -> None:
    session_id = server.open_session("Kept", model="asks")
    await visit(page, server, f"?session={session_id}&panel=settings")
    await page.type("Instructions", "Be short.")
    await page.press("Save")
    await page.shows("Saved. The next task works with it.")
    await page.focuses("Save")
    await page.press("Save commands")
    await page.focuses("Save commands")
    instructions = "document.querySelector('.settings textarea').value"
    await page.fill("Instructions", "Be short, and kind.")
    await page.type("The beginning of the command", "npm test")
    await page.press("Add rule")
    await page.shows("commands that begin with “npm test”")
    await page.focuses("Add rule")
    assert await page.evaluate(instructions) == "Be short, and kind."
    await page.press("Remove the rule: Always allow commands that begin with “npm test”")
    await page.focuses("What the agent may do without asking")
    await page.press("Archive")
    await page.shows("Open it again")
    await page.focuses("Open it again")
    assert await page.evaluate(instructions) == "Be short, and kind."
    # what is changed elsewhere is seen where nothing was written
    await asyncio.to_thread(
        server.request, "PUT", f"/api/v1/sessions/{session_id}", {"name": "Renamed", "status": "active"}
    )
    await page.until("document.querySelector('.settings [name=name]').value === 'Renamed'")
    assert page.complaints == []


async def test_what_is_asked_about_is_allowed_for_good(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session("For good", model="write-and-run")
    start(server, session_id, "Print some prime numbers")
    await visit(page, server, f"?session={session_id}")
    await page.press("Write file, and always allow changes to files in this session")
    await page.press("Run command, and always allow “python3 -B primes.py” in this session")
    await page.shows("Task completed")
    config = server.request("GET", f"/api/v1/sessions/{session_id}").body["session"]["config"]
    assert config["approvals"] == [
        {"decision": "always", "group": "edit"},
        {"decision": "always", "command": "python3 -B primes.py"},
    ]


async def test_what_is_asked_about_is_allowed_in_all_sessions(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session("In all", model="write-and-run")
    start(server, session_id, "Print some prime numbers")
    await visit(page, server, f"?session={session_id}")
    await page.press("Write file, and always allow primes.py in all my sessions")
    await page.shows("Run command")
    [standing] = server.request("GET", "/api/v1/rules").body["data"]
    assert standing["rule"] == {"decision": "always", "group": "edit", "path": "/primes.py"}
    assert await page.obstacles_in_both_schemes() == []
    server.request("DELETE", f"/api/v1/rules/{standing['id']}")


async def test_what_is_asked_about_is_shown_line_by_line(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session("Lines", model="edits")
    start(server, session_id, "edits")
    await visit(page, server, f"?session={session_id}")
    await page.press("Write file")
    await page.shows("Change parts of count.c")
    lines = "document.querySelector('.approval pre.diff')?.innerText.trimEnd().split(/\\n+/).join('|')"
    assert await page.until(lines) == " int main() {|--- i;|+++ i;| }"
    await page.press("Approve edit")
    await page.until(f"!({lines})")
    await page.shows("Task completed")
    changes = "[...document.querySelectorAll('.story pre.diff')].at(-1).innerText"
    shown = await page.evaluate(changes)
    assert "--- i;" in shown and "+++ i;" in shown and "count.c" not in shown


async def test_on_a_phone_the_work_comes_first(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session("On a phone", model="write-and-run")
    start(server, session_id, "Print some prime numbers")
    await page.look(width=390, height=800)
    await visit(page, server, f"?session={session_id}")
    await page.until("document.querySelector('[data-waiting]')")
    bottom = "document.querySelector('[data-waiting]').getBoundingClientRect().bottom"
    assert 0 < await page.evaluate(bottom) < 800 - 48
    assert await page.obstacles() == []
    await page.press("Workspace")
    await page.until("document.querySelector('.side').offsetHeight > 400")
    assert await page.obstacles() == []
    await page.press("Sessions")
    await page.until("document.querySelector('.sessions').offsetHeight > 400")
    assert await page.obstacles() == []
    assert page.complaints == []


async def test_at_twice_the_size_what_waits_is_on_the_first_screen_and_all_else_is_reached(
    server: ServerProcess, page: Page
) -> None:
    session_id = server.open_session("Large", model="write-and-run")
    start(server, session_id, "Print some prime numbers")
    await page.look(zoom=2)
    await visit(page, server, f"?session={session_id}")
    await page.until("document.querySelector('[data-waiting]')")
    bottom = "document.querySelector('[data-waiting]').getBoundingClientRect().bottom"
    assert 0 < await page.evaluate(bottom) < await page.evaluate("innerHeight") - 48
    assert await page.obstacles_in_both_schemes(zoom=2) == []
    await page.press("Write file")
    await page.press("Workspace")
    for tab in ("Files", "Search", "Changes", "Checkpoints", "Terminal", "Processes", "Tasks", "Settings"):
        await page.press(tab)
        await page.until("!document.querySelector('.pane:not([hidden]) > .loading')")
        assert await page.obstacles() == [], tab
    await page.press("Sessions")
    await page.press("New session")
    await page.press("Create session")
    await page.until("!document.querySelector('dialog')")
    for name in ("inbox", "machine", "logs"):
        await page.press("Sessions")
        await page.evaluate(f"document.querySelector('.pages [href*={name}]').click()")
        await page.until(f"location.search.includes('{name}') && document.querySelector('.paged h1')")
        assert await page.obstacles() == [], name
    assert page.complaints == []


LOADED = "performance.getEntriesByType('resource').filter((it) => it.name.includes('/static/'))"
MOST_BYTES = 500_000


async def test_a_page_is_light_and_loads_its_parts_when_they_are_opened(
    server: ServerProcess, page: Page
) -> None:
    session_id = server.open_session("Light", model="survey")
    start(server, session_id, "Look round")
    await visit(page, server, f"?session={session_id}")
    await page.until("document.querySelector('.message.result .markdown *')")
    assert (
        50_000
        < await page.evaluate(f"{LOADED}.reduce((sum, it) => sum + it.encodedBodySize, 0)")
        < MOST_BYTES
    )
    names = await page.evaluate(f"{LOADED}.map((it) => it.name)")
    assert not [name for name in names if "xterm" in name or "codemirror" in name or "uplot" in name]
    await page.press("Terminal")
    await page.until(f"{LOADED}.some((it) => it.name.includes('xterm'))")
    assert page.complaints == []


async def test_tasks_are_listed_with_how_they_ended_and_tried_again(
    server: ServerProcess, page: Page
) -> None:
    session_id = server.open_session("Tasks", model="asks")
    await visit(page, server, f"?session={session_id}&panel=tasks")
    await page.shows("No tasks yet")
    await page.evaluate("document.querySelector('.options summary').click()")
    await page.choose("Priority", "high")
    await page.type("Task", "asks for a colour")
    await page.press("Start task")
    await page.shows("high priority")
    await page.press("Cancel")
    await page.shows("Task cancelled")
    await page.press("Retry")
    await page.shows("tried again 1 time")
    await page.shows("Which colour?")
    assert await page.obstacles_in_both_schemes() == []
    assert page.complaints == []


ATTACHED = """
(async () => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 8;
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  const given = new DataTransfer();
  given.items.add(new File([blob], "screen.png", { type: "image/png" }));
  const field = document.querySelector(".composer input[type=file]");
  field.files = given.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
})()
"""


async def test_a_task_takes_images_and_keeps_checkpoints(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session("With an image", model="write-and-run", approvals=EVERYTHING_ALLOWED)
    await visit(page, server, f"?session={session_id}")
    await page.shows("Nothing has happened yet")
    await page.until("document.querySelector('.options summary')")
    await page.evaluate("document.querySelector('.options summary').click()")
    assert await page.evaluate("document.querySelector('.options input[type=checkbox]').checked")
    await page.evaluate(ATTACHED)
    await page.until("document.querySelector('.attached img')")
    assert await page.obstacles() == []
    await page.type("Task", "Print some prime numbers")
    await page.press("Start task")
    await page.shows("Task completed")
    await page.until("document.querySelector('.note button').innerText === 'Compare or restore'")
    await page.evaluate("document.querySelector('.story').scrollTop = 0")
    await page.until("document.querySelector('.message.mine img')?.src.startsWith('data:image/png')")
    await page.press("Enlarge image 1")
    await page.until("document.querySelector('dialog .enlarged')")
    await page.key("Escape")
    await page.press("Compare or restore")
    await page.until("location.search.includes('panel=checkpoints')")
    assert page.complaints == []


async def test_a_task_is_checked_and_the_evidence_is_shown(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session("Checked", model="short-way", approvals=EVERYTHING_ALLOWED)
    await visit(page, server, f"?session={session_id}")
    await page.type("Task", "short way")
    await page.until("document.querySelector('.options summary')")
    await page.evaluate("document.querySelector('.options summary').click()")
    assert await page.obstacles() == []
    await page.type("Commands that must pass", "cat steps.txt; test -f missing")
    await page.type("Files that may not change", "tests/")
    await page.press("Start task")
    await page.shows("Checked: not done")
    await page.shows("The exit code is 1, not 0.")
    await page.until("document.querySelector('.note.bad pre').innerText.includes('short way: only')")
    await page.shows("CHECKS_FAILED")
    assert await page.obstacles() == []
    assert page.complaints == []


async def test_who_looks_elsewhere_is_told_of_what_waits_in_any_session(
    server: ServerProcess, page: Page
) -> None:
    wishes = {"preferences": {"notifications": {"approvalRequired": True}}}
    assert server.request("PUT", "/api/v1/auth/profile", wishes).status == 200
    session_id = server.open_session("Far away", model="asks")
    await visit(page, server, "")
    await page.shows("Far away")
    await page.look_elsewhere()
    start(server, session_id, "asks")
    await page.until("told.length === 1")
    assert await page.evaluate("told") == [["Far away", "It waits: Which colour?"]]


async def test_a_new_version_of_the_server_is_noticed(server: ServerProcess, page: Page) -> None:
    await page.call(
        "Page.addScriptToEvaluateOnNewDocument",
        source="document.addEventListener('readystatechange', () => {"
        "document.getElementById('dashboard').dataset.version = '0.0.1'; })",
    )
    await visit(page, server, "")
    await page.shows("The server has been updated.")
    await page.press("Reload the page")
    await page.shows("New session")
