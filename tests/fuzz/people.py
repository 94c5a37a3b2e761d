"""Callers of every role, each with a key and, if they may have one, a session of their own."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.support.server import ServerProcess

CONFIG = {"provider": "scripted", "model": "survey"}
PASSWORD = "long enough for anybody"


@dataclass
class Person:
    """Somebody who calls with `key`; `maker` is the key that makes their session, where they have one."""

    name: str
    key: str
    maker: str | None
    own: dict[str, str] = field(default_factory=dict)
    """Path parameters that lead to something of theirs."""

    def settle(self, server: ServerProcess) -> None:
        """See to it that there are a session, a file and a task of theirs: calls may have deleted them."""
        if self.maker is None:
            return
        if (
            self.own
            and server.request("GET", f"/api/v1/sessions/{self.own['sessionId']}", key=self.key).status == 200
        ):
            return
        made = server.request(
            "POST", "/api/v1/sessions", {"name": self.name, "config": CONFIG}, key=self.maker
        )
        assert made.status == 201, made.body
        path = f"/api/v1/sessions/{made.body['session']['id']}"
        assert (
            server.request("POST", f"{path}/files/a.txt", {"content": "one\n"}, key=self.maker).status == 201
        )
        task = server.request("POST", f"{path}/tasks", {"input": "look round"}, key=self.maker)
        assert task.status == 201, task.body
        self.own = {
            "sessionId": made.body["session"]["id"],
            "taskId": task.body["task"]["id"],
            "path": "a.txt",
        }


def people(server: ServerProcess) -> list[Person]:
    """An administrator, a developer, a viewer, and somebody whose key only reads."""
    admin, developer, viewer, reader = (
        _token(server, f"fuzz-{role}-{number}@example.com", role)
        for number, role in enumerate(("admin", "developer", "viewer", "developer"))
    )
    every = ["read", "write", "admin"]
    return [
        Person("admin", key := _key(server, admin, every), key),
        Person("developer", key := _key(server, developer, every), key),
        Person("viewer", _key(server, viewer, every), None),
        Person("reader", _key(server, reader, ["read"]), _key(server, reader, every)),
    ]


def _token(server: ServerProcess, email: str, role: str) -> str:
    user = {"email": email, "name": role, "roles": [role], "password": PASSWORD}
    made = server.request("POST", "/api/v1/users", user)
    assert made.status == 201, made.body
    login = {"email": email, "password": PASSWORD}
    return str(server.request("POST", "/api/v1/auth/login", login, key=None).body["tokens"]["accessToken"])


def _key(server: ServerProcess, token: str, scopes: list[str]) -> str:
    made = server.request("POST", "/api/v1/keys", {"name": "fuzz", "scopes": scopes}, key=token)
    assert made.status == 201, made.body
    return str(made.body["secret"])
