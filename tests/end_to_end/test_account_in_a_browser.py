"""One's account and the administration as people see them, in a real browser, over the public API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from roocode_server.models.identifier import new_id
from tests.support.browser import Page
from tests.support.receiver import receiving
from tests.support.server import ServerProcess

PASSWORD = "long enough for anybody"
PAGES = {
    "Profile": "Provider of new sessions",
    "Sign-in": "Where you are signed in",
    "API keys": "New key",
    "Rules": "They hold in all sessions of yours",
    "Usage": "Usage of models",
    "Webhooks": "New webhook",
    "People": "Add a person",
    "Audit log": "auth.login",
}
"""By the words of their links, something that is to be read on each."""


@pytest.fixture(scope="module")
def server(fresh_server: ServerProcess) -> ServerProcess:
    return fresh_server


def somebody(server: ServerProcess, role: str = "developer") -> dict[str, str]:
    """A new person: their e-mail address, password, and id."""
    email = f"{new_id('user')}@example.com"
    person = {"email": email, "name": "Grace", "roles": [role], "password": PASSWORD}
    made = server.request("POST", "/api/v1/users", person)
    assert made.status == 201
    return {"email": email, "password": PASSWORD, "id": made.body["user"]["id"]}


def tokens_of(server: ServerProcess, person: dict[str, str], password: str = PASSWORD) -> dict[str, Any]:
    login = {"email": person["email"], "password": password}
    tokens: dict[str, Any] = server.request("POST", "/api/v1/auth/login", login, key=None).body["tokens"]
    return tokens


async def log_in(page: Page, server: ServerProcess, person: dict[str, str], *, at: str = "") -> None:
    """Through the form, as a person does."""
    await page.open(f"{server.url}/{at}")
    await page.log_in(person)
    await page.shows("Log out")


async def test_a_name_and_colours_are_changed_and_kept(server: ServerProcess, page: Page) -> None:
    person = somebody(server)
    await log_in(page, server, person)
    await page.press("Account of Grace")
    await page.fill("Name", "Grace Hopper")
    await page.choose("Colours", "dark")
    await page.press("Save")
    await page.shows("Saved.")
    await page.until("document.documentElement.dataset.theme === 'dark'")
    assert await page.evaluate("document.querySelector('.top .me').innerText") == "Grace Hopper"
    token = tokens_of(server, person)["accessToken"]
    user = server.request("GET", "/api/v1/auth/profile", key=token).body["user"]
    assert (user["name"], user["preferences"]["theme"]) == ("Grace Hopper", "dark")
    assert page.complaints == []


@pytest.mark.parametrize("is_wished", [True, False])
async def test_who_looks_elsewhere_is_told_what_they_wish_to_know(
    server: ServerProcess, page: Page, is_wished: bool
) -> None:
    token = tokens_of(server, somebody(server))["accessToken"]
    wishes = {"preferences": {"notifications": {"taskCompleted": is_wished}}}
    assert server.request("PUT", "/api/v1/auth/profile", wishes, key=token).status == 200
    session = {"name": "Far away", "config": {"provider": "scripted", "model": "survey"}}
    session_id = server.request("POST", "/api/v1/sessions", session, key=token).body["session"]["id"]
    await page.open(f"{server.url}/?session={session_id}#token={token}")
    await page.shows("Nothing has happened yet")
    await page.look_elsewhere()
    task = {"input": "Look round"}
    await asyncio.to_thread(server.request, "POST", f"/api/v1/sessions/{session_id}/tasks", task, key=token)
    await page.shows("Task completed")
    told = await page.evaluate("told")
    assert told == ([["Far away", "The task is completed."]] if is_wished else [])


async def test_what_the_server_refuses_stands_beside_its_field(server: ServerProcess, page: Page) -> None:
    await log_in(page, server, somebody(server), at="?page=sign-in")
    await page.type("Present password", "not the password")
    await page.type("New password", "another password")
    await page.type("Once more", "something else")
    await page.press("Change password")
    await page.shows("The two passwords differ.")
    await page.focuses("Once more")
    await page.fill("Once more", "another password")
    await page.press("Change password")
    await page.shows("This is not your current password.")
    await page.focuses("Present password")
    described = "document.getElementById(document.activeElement.getAttribute('aria-describedby')).innerText"
    assert await page.evaluate(described) == "This is not your current password."
    assert page.complaints == []


async def test_a_new_password_ends_other_logins_and_not_this_one(server: ServerProcess, page: Page) -> None:
    person = somebody(server)
    elsewhere = tokens_of(server, person)["accessToken"]
    await log_in(page, server, person, at="?page=sign-in")
    await page.type("Present password", PASSWORD)
    await page.type("New password", "another password")
    await page.type("Once more", "another password")
    await page.press("Change password")
    await page.shows("The password is changed.")
    assert server.request("GET", "/api/v1/auth/profile", key=elsewhere).status == 401
    assert tokens_of(server, person, "another password")
    await page.press("Profile")
    await page.shows("Provider of new sessions")


async def test_a_login_elsewhere_is_seen_and_ended(server: ServerProcess, page: Page) -> None:
    person = somebody(server)
    elsewhere = tokens_of(server, person)["accessToken"]
    await log_in(page, server, person, at="?page=sign-in")
    await page.until("document.querySelectorAll('.rows > li').length === 2")
    await page.evaluate(
        "[...document.querySelectorAll('.rows > li')].find((row) => !row.innerText.includes('this login'))"
        ".querySelector('button').focus()"
    )
    await page.key("Enter")
    await page.press("End it")
    await page.until("document.querySelectorAll('.rows > li').length === 1")
    await page.focuses("Where you are signed in")
    assert server.request("GET", "/api/v1/auth/profile", key=elsewhere).status == 401
    await page.shows("this login")


async def test_a_key_is_shown_once_works_and_is_revoked(server: ServerProcess, page: Page) -> None:
    await log_in(page, server, somebody(server), at="?page=keys")
    await page.shows("No API key yet")
    await page.press("New key")
    await page.type("Name", "A program")
    await page.choose("It may", "read")
    await page.press("Make key")
    await page.shows("It is shown this once.")
    key = await page.evaluate("document.querySelector('dialog input').value")
    assert server.request("GET", "/api/v1/sessions", key=key).status == 200
    assert server.request("POST", "/api/v1/sessions", {"name": "No"}, key=key).status == 403
    await page.press("Copy")
    await page.until("document.querySelector('dialog [role=status]').innerText !== ''")
    await page.press("Done")
    await page.focuses("New key")
    assert key not in await page.evaluate("document.body.innerHTML")
    await page.press("Revoke A program")
    await page.press("Revoke it")
    await page.shows("No API key yet")
    await page.focuses("API keys")
    assert server.request("GET", "/api/v1/sessions", key=key).status == 401
    assert page.complaints == []


def remembered(server: ServerProcess, key: str) -> None:
    """Have the question of an agent that wants to write a file answered for all sessions of a person."""
    config = {"provider": "scripted", "model": "write-and-run"}
    made = server.request("POST", "/api/v1/sessions", {"name": "Asking", "config": config}, key=key)
    session = f"/api/v1/sessions/{made.body['session']['id']}"
    task = server.request("POST", f"{session}/tasks", {"input": "Write a program"}, key=key).body["task"][
        "id"
    ]
    server.request("GET", f"{session}/tasks/{task}?wait=60&waitFor=attention", key=key)
    [asked] = server.request("GET", f"{session}/approvals?status=pending", key=key).body["data"]
    body = {"action": "approve", "remember": "always"}
    assert server.request("POST", f"{session}/approvals/{asked['id']}", body, key=key).status == 200
    assert server.request("DELETE", session, key=key).status == 200


async def test_standing_rules_are_told_in_words_and_taken_back(server: ServerProcess, page: Page) -> None:
    person = somebody(server)
    key = tokens_of(server, person)["accessToken"]
    await log_in(page, server, person, at="?page=rules")
    await page.shows("No standing rule")
    remembered(server, key)
    await page.open(f"{server.url}/?page=rules")
    await page.shows("Always allow: change files, and then only files that match “/primes.py”")
    assert await page.obstacles_at((1280, 800), (390, 844)) == {}
    take_back = "Take back: Always allow change files, and then only files that match “/primes.py”"
    await page.press(take_back)
    await page.shows("Take this rule back?")
    await page.key("Escape")
    await page.focuses(take_back)
    assert len(server.request("GET", "/api/v1/rules", key=key).body["data"]) == 1
    await page.press(take_back)
    await page.press("Take it back")
    await page.shows("No standing rule")
    await page.focuses("Standing rules")
    assert server.request("GET", "/api/v1/rules", key=key).body["data"] == []
    assert page.complaints == []


async def test_keys_alone_open_and_leave_a_dialog(server: ServerProcess, page: Page) -> None:
    await log_in(page, server, somebody(server))
    await page.until("document.querySelector('.top .me')")
    await page.evaluate("document.querySelector('.top .me').focus()")
    await page.key("Enter")
    await page.until("document.activeElement.tagName === 'H1'")
    for expected in ("Close", "Profile", "Sign-in", "API keys"):
        await page.key("Tab")
        await page.focuses(expected)
    await page.key("Enter")
    await page.shows("No API key yet")
    for _ in ("Rules", "Usage", "Webhooks", "New key"):
        await page.key("Tab")
    await page.focuses("New key")
    await page.key("Enter")
    await page.until("document.querySelector('dialog[open]')")
    await page.focuses("Name")
    await page.key("Escape")
    await page.until("!document.querySelector('dialog')")
    await page.focuses("New key")


async def test_closing_the_account_goes_back_to_the_session(server: ServerProcess, page: Page) -> None:
    session_id = server.request("POST", "/api/v1/sessions", {"name": "Left open"}).body["session"]["id"]
    await page.open(f"{server.url}/?session={session_id}#token={server.key}")
    await page.shows("Nothing has happened yet")
    await page.press("Account of Administrator")
    await page.shows("Provider of new sessions")
    assert await page.evaluate("location.search") == "?page=profile"
    await page.press("Close")
    await page.shows("Nothing has happened yet")
    assert await page.evaluate("location.search") == f"?session={session_id}"
    await page.focuses("Account of Administrator")
    await page.evaluate("history.back()")
    await page.shows("Provider of new sessions")
    await page.evaluate("history.back()")
    await page.shows("Nothing has happened yet")


async def attempted(server: ServerProcess, event_type: str) -> None:
    """Wait until an attempt with this event is stored, which is after its receiver has answered."""
    [webhook] = server.request("GET", "/api/v1/webhooks").body["webhooks"]
    place = f"/api/v1/webhooks/{webhook['id']}/attempts"
    while event_type not in [each["event"] for each in server.request("GET", place).body["data"]]:
        await asyncio.sleep(0.1)


async def test_a_webhook_is_made_tested_changed_and_deleted(
    start_server: Callable[..., ServerProcess], page: Page
) -> None:
    server = start_server(webhooks__allow_private_addresses="true")
    async with receiving() as receiver:
        await log_in(page, server, server.admin, at="?page=webhooks")
        await page.shows("No webhook yet")
        await page.press("New webhook")
        await page.type("Address", receiver.url)
        await page.type("Other events", "task.complete")
        await page.press("Make webhook")
        await page.shows("No event matches task.complete")
        await page.focuses("Other events")
        await page.fill("Other events", "session.*")
        await page.press("Make webhook")
        await page.shows("It is shown this once.")
        await page.press("Done")
        await page.focuses("New webhook")
        await page.press(f"Test: {receiver.url}")
        [request] = await receiver.has_taken(1)
        assert request.event == "webhook.test"
        await page.until("document.querySelector('.requests li').innerText.includes('200')")
        await asyncio.to_thread(server.request, "POST", "/api/v1/sessions", {"name": "Told"})
        await receiver.has_taken(2)
        await attempted(server, "session.created")
        await page.press(f"Requests: {receiver.url}")
        await page.press(f"Requests: {receiver.url}")
        await page.press("Send session.created again")
        *_, again = await receiver.has_taken(3)
        assert again.event == "session.created"
        await page.shows("sent again")
        await page.press(f"Pause: {receiver.url}")
        await page.shows("sends nothing: you wanted it so")
        await page.press(f"Delete: {receiver.url}")
        await page.press("Delete it")
        await page.shows("No webhook yet")
        await page.focuses("Webhooks")
    assert page.complaints == []


async def test_a_person_is_added_by_a_link_and_gets_another_role(server: ServerProcess, page: Page) -> None:
    email = f"{new_id('user')}@example.com"
    await log_in(page, server, server.admin, at="?page=people")
    await page.press("Add a person")
    await page.type("E-mail", "nonsense")
    await page.press("Add and invite")
    await page.shows("Invalid email format")
    await page.focuses("E-mail")
    await page.fill("E-mail", email)
    await page.type("Name", "Margaret")
    await page.choose("Role", "viewer")
    await page.press("Add and invite")
    await page.shows("Send it to them yourself")
    link = await page.evaluate("document.querySelector('dialog input').value")
    await page.press("Done")
    accepted = {"invitation": link.partition("#invitation=")[2], "password": PASSWORD}
    tokens = server.request("POST", "/api/v1/auth/invitation", accepted, key=None).body["tokens"]
    await page.press("Change: Margaret")
    await page.choose("Role", "developer")
    await page.press("Save")
    await page.until("!document.querySelector('dialog')")
    await page.focuses("Change: Margaret")
    profile = server.request("GET", "/api/v1/auth/profile", key=tokens["accessToken"]).body
    assert profile["user"]["roles"] == ["developer"]
    server.request("PUT", f"/api/v1/users/{profile['user']['id']}", {"disabled": True})


async def test_somebody_who_is_disabled_can_do_nothing_until_they_are_enabled(
    start_server: Callable[..., ServerProcess], page: Page
) -> None:
    server = start_server()
    token = tokens_of(server, somebody(server))["accessToken"]
    await log_in(page, server, server.admin, at="?page=people")
    await page.press("Disable: Grace")
    await page.press("Disable")
    await page.shows("disabled")
    assert server.request("GET", "/api/v1/auth/profile", key=token).status == 401
    await page.press("Enable: Grace")
    await page.press("Enable")
    await page.until("!document.querySelector('.badge.failed')")
    assert server.request("GET", "/api/v1/auth/profile", key=token).status == 200


async def test_somebody_whose_logins_are_ended_reads_why_they_have_to_log_in(
    server: ServerProcess, page: Page
) -> None:
    person = somebody(server)
    await log_in(page, server, person)
    server.request("POST", f"/api/v1/users/{person['id']}/logout")
    await page.shows("Your login has ended.")


async def test_the_audit_log_is_filtered_and_verified(server: ServerProcess, page: Page) -> None:
    person = somebody(server)
    await log_in(page, server, person)
    await page.open("about:blank")
    await page.open(f"{server.url}/?page=audit#token={server.key}")
    await page.type("Who", "nobody@example.com")
    await page.press("Show")
    await page.shows("Nobody here has this e-mail address.")
    await page.fill("Who", "")
    await page.type("Operation", "auth.login")
    await page.press("Show")
    await page.until(
        "[...document.querySelectorAll('.entries code')].every((it) => it.innerText === 'auth.login')"
    )
    await page.shows(person["email"])
    await page.evaluate("document.querySelector('.verification summary').click()")
    await page.press("Verify")
    await page.shows("entries fit: nothing was changed, removed or put in.")
    await page.type("Head of an earlier verification", "0" * 64)
    await page.press("Verify")
    await page.shows("no entry has the given hash")
    assert page.complaints == []


async def test_a_long_list_goes_on_where_it_is_asked_to(
    start_server: Callable[..., ServerProcess], page: Page
) -> None:
    server = start_server()
    for number in range(35):
        email = {"email": f"person-{number:02}@example.com"}
        assert server.request("POST", "/api/v1/users", email).status == 201
    await page.open(f"{server.url}/?page=people#token={server.key}")
    await page.shows("person-28@example.com")
    assert "person-34" not in await page.evaluate("document.body.innerText")
    await page.press("Show more")
    await page.shows("person-34@example.com")
    assert await page.evaluate("document.querySelectorAll('.rows > li').length") == 36
    await page.focuses("That is all of them.")


async def test_a_viewer_sees_nothing_that_would_be_refused_and_reads_why(
    server: ServerProcess, page: Page
) -> None:
    person = somebody(server)
    token = tokens_of(server, person)["accessToken"]
    session_id = server.request("POST", "/api/v1/sessions", {"name": "Seen"}, key=token).body["session"]["id"]
    server.request("PUT", f"/api/v1/users/{person['id']}", {"roles": ["viewer"]})
    await log_in(page, server, person, at=f"?session={session_id}")
    await page.shows("Your role is viewer")
    await page.press("Terminal")
    await page.press("Command")
    await page.shows("You see the commands here, but may run none.")
    await page.press("Account of Grace")
    await page.shows("Provider of new sessions")
    words = await page.evaluate("[...document.querySelectorAll('button, nav a')].map((it) => it.innerText)")
    assert not {"New session", "Start task", "Run", "People", "Audit log"} & set(words)
    assert {"Webhooks", "API keys", "Save"} <= set(words)
    await page.press("Webhooks")
    await page.shows("You may look at webhooks, not make or change any")
    assert page.complaints == []


async def test_a_key_that_only_reads_is_told_so(server: ServerProcess, page: Page) -> None:
    made = server.request("POST", "/api/v1/keys", {"name": "reads", "scopes": ["read"]}).body
    session_id = server.request("POST", "/api/v1/sessions", {"name": "Read"}).body["session"]["id"]
    await page.open(f"{server.url}/?session={session_id}#token={made['secret']}")
    await page.shows("Your API key only reads.")
    await page.press("Account of Administrator")
    await page.shows("You are here with an API key that changes no account.")
    server.request("DELETE", f"/api/v1/keys/{made['key']['id']}")


async def test_nothing_hinders_anybody_and_all_fits(server: ServerProcess, page: Page) -> None:
    await log_in(page, server, server.admin, at="?page=profile")
    found = {}
    for name, words in PAGES.items():
        await page.press(name)
        await page.shows(words)
        if obstacles := await page.obstacles_at((1280, 800), (640, 400), (390, 844)):
            found[name] = obstacles
    assert found == {}
    assert page.complaints == []


async def test_no_dialog_hinders_anybody(server: ServerProcess, page: Page) -> None:
    await log_in(page, server, server.admin)
    await page.look(width=390, height=844)
    await page.press("Account of Administrator")
    found = {}
    for place, name in (("API keys", "New key"), ("Webhooks", "New webhook"), ("People", "Add a person")):
        await page.press(place)
        await page.press(name)
        await page.until("document.querySelector('dialog[open]')")
        if obstacles := await page.obstacles_at((390, 844)):
            found[name] = obstacles
        await page.key("Escape")
        await page.until("!document.querySelector('dialog')")
    assert found == {}


async def test_a_key_s_limits_are_told_in_words(server: ServerProcess, page: Page) -> None:
    limits = dict.fromkeys(("messages", "connections"), None)
    made = server.curl("POST", "/api/v1/keys", {"name": "free", "scopes": ["read"], "limits": limits})
    assert made.status == 201, made.body
    await page.open(f"{server.url}/?page=keys#token={server.key}")
    await page.shows("Without limits")
