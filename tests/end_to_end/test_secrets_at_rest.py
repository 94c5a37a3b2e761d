"""Secrets are sealed at rest, by a key that can be replaced and is missed when it is not there."""

from __future__ import annotations

import copy
import json
import os
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

import roocode_server.engine.storage.migrations
from roocode_server.engine.sealing.columns import (
    KEYS_OF_PROFILES,
    SEALED_COLUMNS,
    SECRETS_OF_SESSIONS,
    SECRETS_OF_WEBHOOKS,
)
from roocode_server.engine.sealing.keys import SEALING_FILE, find_sealing_keys
from roocode_server.engine.sealing.sealer import Sealer
from roocode_server.models.session_secrets import HIDDEN
from tests.support.forked import ForkedCommand, run_to_the_end
from tests.support.server import ALIKE, ServerProcess

Start = Callable[..., ServerProcess]

PLANTED = {
    name: f"planted-{name}-5e1f0b"
    for name in ("profile", "webhook", "former", "env", "header", "acp", "changed")
}
CONFIG: dict[str, Any] = {
    "mcpServers": {
        "local": {"command": "node", "env": {"TOKEN": PLANTED["env"]}},
        "far": {"url": "https://mcp.example/mcp", "headers": {"Authorization": PLANTED["header"]}},
    },
    "agent": {"acp": {"command": ["agent"], "environment": {"KEY": PLANTED["acp"]}}},
}
MIGRATIONS = Path(roocode_server.engine.storage.migrations.__file__).parent


def plant(server: ServerProcess) -> tuple[str, list[Any]]:
    """Give the server a secret of each kind; the session's id, and what it has answered."""
    profile = {"name": "mine", "provider": "openai", "apiKey": PLANTED["profile"]}
    hook = {"url": "https://hook.example/", "secret": PLANTED["former"], "events": ["session.*"]}
    made = server.request("POST", "/api/v1/webhooks", hook)
    webhook = f"/api/v1/webhooks/{made.body['webhook']['id']}"
    created = server.request("POST", "/api/v1/sessions", {"name": "Secret", "config": CONFIG})
    session_id = str(created.body["session"]["id"])
    place = f"/api/v1/sessions/{session_id}"
    servers = copy.deepcopy(created.body["session"]["config"]["mcpServers"])
    servers["local"]["env"]["TOKEN"] = PLANTED["changed"]
    answers = [
        made,
        created,
        server.request("POST", "/api/v1/profiles", profile),
        server.request("PUT", webhook, {"secret": PLANTED["webhook"]}),
        server.request("PUT", place, {"config": {"mcpServers": servers}}),
        server.request("GET", place),
        server.request("GET", f"{place}/events"),
        server.request("GET", "/api/v1/profiles"),
        server.request("GET", "/api/v1/webhooks"),
        server.request("GET", "/api/v1/audit"),
    ]
    assert all(answer.status < 300 for answer in answers), answers
    return session_id, [answer.body for answer in answers]


def found_in(data_dir: Path) -> list[tuple[str, Path]]:
    """The planted secrets that a search of all files below the data directory finds."""
    files = [file for file in data_dir.rglob("*") if file.is_file()]
    return [
        (name, file) for file in files for name, text in PLANTED.items() if text.encode() in file.read_bytes()
    ]


def opened(data_dir: Path, **environment: str) -> dict[str, str]:
    """Everything that is sealed in a database, opened by the keys that are there now."""
    keys = find_sealing_keys(data_dir, next(iter(environment), ""), environment)
    assert keys is not None
    found: dict[str, str] = {}
    with sqlite3.connect(data_dir / "roocode.sqlite3") as database:
        for each in SEALED_COLUMNS:
            sealer = Sealer(keys.keys, each.purpose)
            rows = database.execute(f"SELECT id, {each.name} FROM {each.table.name}")  # noqa: S608
            found |= {f"{owner} {each.name}": sealer.open(text, owner) for owner, text in rows if text}
    database.close()
    return found


def rotating(data_dir: Path) -> ForkedCommand:
    """A rotation that goes on."""
    return ForkedCommand(
        ["secrets", "rotate", "--data-dir", str(data_dir)],
        env={**os.environ, **ALIKE},
        cwd=data_dir.parent,
        stderr=data_dir.with_name("rotating.log"),
    )


def rotated(data_dir: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    words = ["secrets", "rotate", "--data-dir", str(data_dir), *options]
    return run_to_the_end(words, env={**os.environ, **ALIKE, **environment}, cwd=data_dir.parent)


def rotate(data_dir: Path, *options: str, **environment: str) -> str:
    done = rotated(data_dir, *options, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refusal(server: ServerProcess) -> str:
    """Why a server does not start."""
    words = ["serve", "--port", "0", "--data-dir", str(server.data_dir)]
    settings = {**os.environ, **ALIKE, **server.settings}
    done = run_to_the_end(words, env=settings, cwd=server.data_dir.parent)
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


def test_no_file_answer_or_log_has_a_secret(start_server: Start) -> None:
    server = start_server()
    session_id, answers = plant(server)
    assert found_in(server.data_dir) == []
    assert not [name for name, text in PLANTED.items() if text in json.dumps(answers) + server.log]
    server.request("DELETE", f"/api/v1/sessions/{session_id}")
    assert server.stop() == 0
    assert found_in(server.data_dir) == []


def test_what_is_shown_can_be_sent_back_and_is_the_same_secret(start_server: Start) -> None:
    server = start_server()
    session_id, _ = plant(server)
    place = f"/api/v1/sessions/{session_id}"
    shown = server.request("GET", place).body["session"]
    assert shown["config"]["mcpServers"]["local"]["env"] == {"TOKEN": HIDDEN}
    assert server.request("PUT", place, {"session": shown}).status == 200
    stored = json.loads(opened(server.data_dir)[f"{session_id} sealed_secrets"])
    assert stored["mcpServers"]["local"]["env"] == {"TOKEN": PLANTED["changed"]}
    assert stored["mcpServers"]["far"]["headers"] == {"Authorization": PLANTED["header"]}
    assert stored["acp"] == {"KEY": PLANTED["acp"]}
    shown["config"]["mcpServers"]["far"]["url"] = "https://elsewhere.example/mcp"
    refused = server.request("PUT", place, {"session": shown})
    assert refused.code == "VALIDATION_ERROR"
    assert refused.body["error"]["details"]["field"] == "config.mcpServers.far.headers.Authorization"


def test_rotation_replaces_both_keys_and_no_login_ends(start_server: Start) -> None:
    server = start_server()
    plant(server)
    login = {"email": server.admin["email"], "password": server.admin["password"]}
    tokens = server.request("POST", "/api/v1/auth/login", login).body["tokens"]
    assert server.stop() == 0
    before = opened(server.data_dir)
    files = {name: (server.data_dir / name).read_text() for name in (SEALING_FILE, "secret.key")}
    assert len(before) == 4
    assert rotate(server.data_dir) == "sealed anew: 4, unreadable: 0\n"
    assert opened(server.data_dir) == before
    assert files[SEALING_FILE] not in (server.data_dir / SEALING_FILE).read_text()
    assert (server.data_dir / "secret.key").read_text().split()[0] != files["secret.key"].strip()
    server.start()
    assert server.request("GET", "/api/v1/auth/profile", key=tokens["accessToken"]).status == 200
    refresh = {"refreshToken": tokens["refreshToken"]}
    renewed = server.request("POST", "/api/v1/auth/refresh", refresh, key=None).body["tokens"]
    assert server.request("GET", "/api/v1/auth/profile", key=renewed["accessToken"]).status == 200
    entries = server.request("GET", "/api/v1/audit?operation=secrets.rotate").body
    assert entries["pagination"]["total"] == 1


def test_a_running_server_is_not_pulled_the_keys_away_from(start_server: Start) -> None:
    server = start_server()
    key = (server.data_dir / SEALING_FILE).read_text()
    refused = rotated(server.data_dir)
    assert refused.returncode == 1
    assert "stop it first" in refused.stderr
    assert (server.data_dir / SEALING_FILE).read_text() == key


def test_a_rotation_that_is_killed_leaves_everything_readable(start_server: Start) -> None:
    server = start_server()
    plant(server)
    assert server.stop() == 0
    add_profiles(server.data_dir, 3000)
    before, file = opened(server.data_dir), server.data_dir / SEALING_FILE
    first = file.read_text().strip()
    for delay_s in (0, 0.05, 0.2, 0.4):
        process = rotating(server.data_dir)
        while len(file.read_text().split()) == 1 and process.poll() is None:
            time.sleep(0.002)
        time.sleep(delay_s)
        process.kill()
        process.wait()
        process.stdout.close()
        assert opened(server.data_dir) == before
    server.start()
    assert server.request("GET", "/api/v1/profiles").status == 200
    assert server.stop() == 0
    rotate(server.data_dir)
    assert opened(server.data_dir) == before
    assert first not in file.read_text()
    assert len(file.read_text().split()) == 1


def add_profiles(data_dir: Path, count: int) -> None:
    keys = find_sealing_keys(data_dir, "", {})
    assert keys is not None
    sealer = Sealer(keys.keys, KEYS_OF_PROFILES)
    with sqlite3.connect(data_dir / "roocode.sqlite3") as database:
        [user_id] = database.execute("SELECT id FROM users").fetchone()
        names = [f"profile-{number:04}" for number in range(count)]
        database.executemany(
            "INSERT INTO provider_profiles (id, user_id, name, provider, model, encrypted_key, is_active, "
            "created_at, updated_at) VALUES (?, ?, ?, 'openai', 'auto', ?, 0, '2026-01-01', '2026-01-01')",
            [(name, user_id, name, sealer.close(f"key of {name}", name)) for name in names],
        )
    database.close()


@pytest.mark.parametrize("left", ["", "another", "damaged"])
def test_without_its_key_a_server_says_so_and_does_not_start(start_server: Start, left: str) -> None:
    server = start_server()
    plant(server)
    assert server.stop() == 0
    file = server.data_dir / SEALING_FILE
    right = file.read_text()
    file.unlink()
    if left:
        file.write_text("00" * 32 if left == "another" else "00")
    assert "sealing" in refusal(server)
    assert file.exists() == bool(left)
    file.write_text(right)
    server.start()
    assert server.request("GET", "/api/v1/profiles").status == 200


def test_who_has_lost_the_key_can_go_on_without_the_secrets(start_server: Start) -> None:
    server = start_server()
    session_id, _ = plant(server)
    assert server.stop() == 0
    (server.data_dir / SEALING_FILE).unlink()
    assert rotate(server.data_dir, "--give-up") == "sealed anew: 0, unreadable: 4\n"
    server.start()
    place = f"/api/v1/sessions/{session_id}"
    shown = server.request("GET", place).body["session"]["config"]["mcpServers"]
    refused = server.request(
        "PUT", place, {"config": {"mcpServers": {"local": shown["local"] | {"args": ["x"]}}}}
    )
    assert refused.code == "VALIDATION_ERROR"
    anew = {"local": {"command": "node", "env": {"TOKEN": "given anew"}}}
    again = server.request("PUT", place, {"config": {"mcpServers": anew, "agent": None}})
    assert again.status == 200, again
    assert "given anew" in opened_of(server.data_dir, session_id)


def opened_of(data_dir: Path, session_id: str) -> str:
    keys = find_sealing_keys(data_dir, "", {})
    assert keys is not None
    with sqlite3.connect(data_dir / "roocode.sqlite3") as database:
        statement = "SELECT sealed_secrets FROM sessions WHERE id = ?"
        [sealed] = database.execute(statement, [session_id]).fetchone()
    database.close()
    return Sealer(keys.keys, SECRETS_OF_SESSIONS).open(sealed, session_id)


def test_a_key_of_the_environment_is_rotated_by_whoever_sets_it(
    start_server: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, names = "11" * 32, "22" * 32, {"ROOCODE_DATABASE__SEALING_KEY_VARIABLE": "MY_SEAL"}
    monkeypatch.setenv("MY_SEAL", old)
    server = start_server(database__sealing_key_variable="MY_SEAL")
    plant(server)
    assert server.stop() == 0
    assert not (server.data_dir / SEALING_FILE).exists()
    before = opened(server.data_dir, MY_SEAL=old)
    monkeypatch.setenv("MY_SEAL", new)
    assert "MY_SEAL is not the one" in refusal(server)
    assert "sealed anew: 4" in rotate(server.data_dir, **names, MY_SEAL=f"{new},{old}")
    assert opened(server.data_dir, MY_SEAL=new) == before
    server.start()


def test_what_an_earlier_version_has_left_is_sealed_by_the_next_start(start_server: Start) -> None:
    server = start_server()
    session_id, _ = plant(server)
    gone = server.request("POST", "/api/v1/sessions", {"name": "Gone", "config": CONFIG}).body["session"][
        "id"
    ]
    assert server.request("DELETE", f"/api/v1/sessions/{gone}").status == 200
    assert server.stop() == 0
    sealed = opened(server.data_dir)
    assert make_older(server.data_dir) >= {("events", session_id), ("feed_entries", gone)}
    assert {name for name, _ in found_in(server.data_dir)} == {"env", "header", "acp"}
    server.start()
    assert found_in(server.data_dir) == []
    now = opened(server.data_dir)
    stored = json.loads(now.pop(f"{session_id} sealed_secrets"))
    assert now == {name: text for name, text in sealed.items() if "sealed_secrets" not in name}
    assert stored["mcpServers"]["local"]["env"] == {"TOKEN": PLANTED["env"]}
    assert stored["acp"] == {"KEY": PLANTED["acp"]}
    events = server.request("GET", f"/api/v1/sessions/{session_id}/events").body["data"]
    assert [event["type"] for event in events][:1] == ["session.created"]
    assert events[0]["session"]["config"]["mcpServers"]["local"]["env"] == {"TOKEN": HIDDEN}
    assert server.stop() == 0
    assert found_in(server.data_dir) == []


def make_older(data_dir: Path) -> set[tuple[str, str]]:
    """Have a data directory be as the version before left it: in clear, or sealed by `secret.key`.

    The tables and sessions whose events have secrets in clear now.
    """
    told: set[tuple[str, str]] = set()
    keys, signing = find_sealing_keys(data_dir, "", {}), (data_dir / "secret.key").read_text()
    assert keys is not None
    path = data_dir / "roocode.sqlite3"
    with sqlite3.connect(path) as database:
        for each in SEALED_COLUMNS:
            if each.purpose not in (KEYS_OF_PROFILES, SECRETS_OF_WEBHOOKS):
                continue
            now, then = Sealer(keys.keys, each.purpose), Sealer([bytes.fromhex(signing)], each.purpose)
            rows = database.execute(f"SELECT id, {each.name} FROM {each.table.name}").fetchall()  # noqa: S608
            for owner, text in rows:
                changed = f"UPDATE {each.table.name} SET {each.name} = ? WHERE id = ?"  # noqa: S608
                database.execute(changed, [text and then.close(now.open(text, owner), owner), owner])
        stored = json.dumps({"mcp_servers": CONFIG["mcpServers"], "agent": CONFIG["agent"]})
        database.execute("UPDATE sessions SET config = json_patch(config, ?)", [stored])
        for table in ("events", "feed_entries"):
            rows = database.execute(f"SELECT session_id, seq, body FROM {table}").fetchall()  # noqa: S608
            for session_id, seq, body in rows:
                if body is not None and "session" in (event := orjson.loads(body)):
                    event["session"]["config"] |= CONFIG
                    statement = f"UPDATE {table} SET body = ? WHERE session_id = ? AND seq = ?"  # noqa: S608
                    database.execute(statement, [orjson.dumps(event), session_id, seq])
                    told.add((table, session_id))
    database.close()
    engine = create_engine(f"sqlite:///{path}", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        before = ScriptDirectory.from_config(config).get_revision("0014").down_revision
        command.downgrade(config, str(before))
    engine.dispose()
    (data_dir / SEALING_FILE).unlink()
    return told
