"""The tutorial of the dashboard, followed in a real browser by the words that it uses."""

from __future__ import annotations

from tests.support.browser import Page
from tests.support.server import PROJECT, ServerProcess

TUTORIAL = (PROJECT / "docs" / "tutorials" / "dashboard.md").read_text()


def told(words: str) -> str:
    """Words on the page, which the tutorial must name."""
    assert f"*{words}*" in TUTORIAL, f"the tutorial does not say *{words}*"
    return words


async def test_the_tutorial_leads_from_the_login_to_the_program_in_the_terminal(
    server: ServerProcess, page: Page
) -> None:
    await page.open(server.url)
    await page.type(told("E-mail"), server.admin["email"])
    await page.type(told("Password"), server.admin["password"])
    await page.press(told("Log in"))

    await page.press(told("New session"))
    await page.type(told("Name"), "Tutorial")
    await page.fill(told("Provider"), "scripted")
    await page.fill(told("Model or playbook"), "write-and-run")
    await page.shows(told("Repository (optional)"))
    await page.press(told("Create session"))
    await page.shows("The workspace is empty")

    await page.type(told("Task"), "Write a program and run it")
    await page.press(told("Start task"))
    for answer in ("Write file", "Run command", "Approve edit", "Run command"):
        await page.press(told(answer))
    await page.shows("Task completed")

    await page.press(told("Changes"))
    await page.shows(told("Diff"))
    await page.shows("primes.py")
    await page.shows(told("Undo all changes"))
    await page.press("Comment on line 1 of primes.py")
    await page.focuses("Comment on line 1")
    await page.call("Input.insertText", text="Say what a prime is.")
    await page.press(told("Add comment"))
    await page.shows(told("Send to the agent"))

    await page.press(told("Terminal"))
    await page.until("document.activeElement.closest('.xterm')")
    await page.call("Input.insertText", text="python3 primes.py")
    await page.key("Enter")
    await page.until("document.querySelector('.xterm-rows').innerText.includes('41 43 47')")

    await page.press(told("Files"))
    await page.evaluate(f"document.querySelector('summary[aria-label={told('More')}]').click()")
    await page.shows(told("Download all as zip"))
    assert page.complaints == []
