"""The programs in `examples/`, run as their README says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from roocode import RooCodeClient
from tests.support.browser import Page
from tests.support.server import PROJECT, ServerProcess

EXAMPLES = PROJECT / "examples"
LONGEST_S = 120


def run(server: ServerProcess, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ROOCODE_URL": server.url, "ROOCODE_KEY": server.key}
    return subprocess.run(
        words, capture_output=True, text=True, timeout=LONGEST_S, env=environment, cwd=PROJECT, check=False
    )


def test_every_example_is_named_in_the_readme() -> None:
    named = (EXAMPLES / "README.md").read_text()
    for path in EXAMPLES.iterdir():
        assert path.name == "README.md" or f"]({path.name}" in named, path.name


def test_the_nightly_runner_works_through_its_plan(server: ServerProcess) -> None:
    done = run(
        server, sys.executable, str(EXAMPLES / "nightly/nightly.py"), str(EXAMPLES / "nightly/plan.toml")
    )
    assert done.returncode == 0, done.stdout + done.stderr
    *report, place = done.stdout.splitlines()
    assert [line.split()[:2] for line in report] == [
        ["survey", "completed"],
        ["program", "completed"],
        ["again", "completed"],
    ]
    assert place.startswith("Session session-")


def test_a_night_that_was_interrupted_goes_on_and_repeats_nothing(
    server: ServerProcess, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text((EXAMPLES / "nightly/plan.toml").read_text() + "# interrupted")
    words = [sys.executable, "-u", str(EXAMPLES / "nightly/nightly.py"), str(plan), "this-night"]
    environment = {**os.environ, "ROOCODE_URL": server.url, "ROOCODE_KEY": server.key}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment, cwd=PROJECT) as first:
        assert first.stdout is not None
        assert first.stdout.readline().startswith("survey")
        first.kill()
    done = run(server, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    *report, place = done.stdout.splitlines()
    assert [line.split()[1] for line in report] == ["completed"] * 3
    again = run(server, *words)
    assert again.stdout == done.stdout
    session = re.findall(r"session-[0-9a-f]+", place)[0]
    tasks = server.request("GET", f"/api/v1/sessions/{session}/tasks").body["data"]
    assert sorted((task["clientId"], task["retryCount"]) for task in tasks) == [
        ("again", 0),
        ("program", 0),
        ("survey", 0),
    ]
    another = run(server, *words[:-1], "another-night")
    assert another.returncode == 0, another.stderr
    assert session not in another.stdout


def test_the_nightly_runner_tells_cron_of_a_failure(server: ServerProcess, tmp_path: Path) -> None:
    plan = (EXAMPLES / "nightly/plan.toml").read_text()
    failing = tmp_path / "plan.toml"
    failing.write_text(plan.replace('model = "auto"', 'model = "no-such-playbook"'))
    done = run(server, sys.executable, str(EXAMPLES / "nightly/nightly.py"), str(failing))
    assert done.returncode == 1, done.stderr
    told = [re.split(r" {2,}", line) for line in done.stdout.splitlines()[:-1]]
    assert [(each[0].split()[0], each[-1].partition(":")[0].split()[-1]) for each in told] == [
        ("survey", "MODEL_UNKNOWN"),
        ("program", "DEPENDENCY_FAILED"),
        ("again", "DEPENDENCY_FAILED"),
    ]


def test_the_approval_bot_answers_by_its_rules(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server()  # its own, because the bot answers for all sessions
    environment = {**os.environ, "ROOCODE_URL": server.url, "ROOCODE_KEY": server.key}
    with subprocess.Popen(
        [sys.executable, str(EXAMPLES / "approval_bot.py")],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as bot:
        assert bot.stdout is not None
        try:
            assert bot.stdout.readline() == "answering\n"
            with RooCodeClient(server.key, base_url=server.url) as client:
                config = {"provider": "scripted", "model": "write-and-run"}
                session = client.sessions.create(name="With a bot", config=config)
                task = client.tasks.create(session.id, "Write a program and run it")
                assert task.result(LONGEST_S).files_created == ["/primes.py"]
            bot.send_signal(signal.SIGINT)
            assert bot.stdout.read().count("asked: ") == 4
            assert bot.wait(timeout=LONGEST_S) == 0
        finally:
            bot.kill()


def test_the_client_of_s3_has_what_its_agent_made(server: ServerProcess) -> None:
    done = run(server, sys.executable, str(EXAMPLES / "crogia_client.py"), server.url, server.key)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "started" in lines
    assert next(line for line in lines if line.startswith("files: ")).endswith("primes.py")
    assert lines[-1] == "deleted"


def test_the_client_of_s4_sees_both_its_tasks_end(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server()
    address = f"{server.url.replace('http', 'ws')}/ws?token={server.key}"
    done = run(server, "node", str(EXAMPLES / "opencode_client.mjs"), address)
    assert done.returncode == 0, done.stderr
    changes = [line for line in done.stdout.splitlines() if "→" in line]
    assert changes == [
        f"{task}: {change}"
        for task in ("survey", "program")
        for change in ("pending → running", "running → completed")
    ]


def test_the_client_of_s4_says_why_it_was_not_let_in(server: ServerProcess) -> None:
    address = f"{server.url.replace('http', 'ws')}/ws?token=forged"
    done = run(server, "node", str(EXAMPLES / "opencode_client.mjs"), address)
    assert done.returncode == 1


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """The live page beside the Socket.IO client, on a web server of its own."""
    for source in (
        EXAMPLES / "live_page/index.html",
        PROJECT / "static/vendor/socket.io-client/socket.io.js",
    ):
        (tmp_path / source.name).write_bytes((PROJECT / source).read_bytes())
    serving = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    )
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_address[1]}"
    serving.shutdown()
    thread.join()
    serving.server_close()


async def test_the_live_page_shows_what_happens_and_answers(
    start_server: Callable[..., ServerProcess], site: str, page: Page
) -> None:
    assert len((EXAMPLES / "live_page/index.html").read_text().splitlines()) <= 60
    server = start_server(server__allowed_origins=f'["{site}"]')
    await page.open(site)
    await page.fill("Server", server.url)
    await page.fill("API key", server.key)
    await page.press("Connect")
    await page.shows("Connected")
    await page.shows("Nothing")
    client = RooCodeClient(server.key, base_url=server.url)
    config = {"provider": "scripted", "model": "write-and-run"}
    session = client.sessions.create(name="Shown live", config=config)
    task = client.tasks.create(session.id, "Write a program and run it")
    await page.shows("Shown live")
    while task.refresh().status not in ("completed", "failed"):
        await page.evaluate("document.querySelector('#waiting button')?.click()")
    assert task.status == "completed"
    await page.shows("task.completed")
    await page.shows("Nothing")
    assert [each for each in page.complaints if "favicon" not in each] == []
    client.close()
