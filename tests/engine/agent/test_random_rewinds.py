"""Random histories of a task, gone back in at random: what it was at a message, it is again."""

from __future__ import annotations

import random
import sqlite3
from dataclasses import dataclass, field

import orjson
import pytest

from roocode_server.models.event import StoredEvent
from roocode_server.models.identifier import MessageId, SessionId
from roocode_server.models.task import Task
from tests.engine.agent.conftest import Agent, Answer, call, done, say
from tests.engine.agent.test_rewinding import Make, conversation, messages, reinstate, rewind
from tests.support.nightly import times


@dataclass(frozen=True)
class Was:
    """What a task was: its conversation's length, mode, to-do list and files."""

    turns: int
    mode: str
    todos: str | None
    files: dict[str, str]


@dataclass
class Witness:
    """Looks at the stored task and the workspace whenever a message is told, which is once it is stored."""

    agent: Agent
    seen: dict[str, Was] = field(default_factory=dict)

    def __call__(self, told: StoredEvent) -> None:
        if told.type == "message.created":
            message_id = orjson.loads(told.body)["message"]["id"]
            self.seen[message_id] = self.look(str(told.task_id), told.session_id)

    def look(self, task_id: str, session_id: SessionId | None = None) -> Was:
        """Look at a task, and at the files of a session: by default the one that the agent's helpers use."""
        path = self.agent.engine.data_dir / "roocode.sqlite3"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            [turns] = database.execute("SELECT count(*) FROM turns WHERE task_id = ?", [task_id]).fetchone()
            mode, todos = database.execute("SELECT mode, todos FROM tasks WHERE id = ?", [task_id]).fetchone()
        database.close()
        return Was(turns, mode, todos, self.files(session_id))

    def files(self, session_id: SessionId | None = None) -> dict[str, str]:
        folder = self.agent.engine.sessions.workspace(session_id or self.agent.session_id).folder
        return {file.name: file.read_text() for file in folder.iterdir()}


def some_steps(chance: random.Random, names: list[int]) -> list[Answer]:
    """Answers that change files, mode and to-do list, each with one or several calls, and a completion."""
    steps: list[Answer] = []
    for _ in range(chance.randint(1, 5)):
        calls = []
        for _ in range(chance.randint(1, 3)):
            names.append(number := len(names))
            path = f"{chance.choice('abc')}.txt"
            calls.append(
                chance.choice(
                    [
                        call("write_to_file", f"c{number}", path=path, content=f"{number}", line_count=1),
                        call("execute_command", f"c{number}", command=f"echo {number} > {path}"),
                        call("execute_command", f"c{number}", command=f"rm -f {path}"),
                        call("update_todo_list", f"c{number}", todos=f"[ ] do {number}"),
                        call(
                            "switch_mode",
                            f"c{number}",
                            mode_slug=chance.choice(["code", "debug"]),
                            reason="why not",
                        ),
                        call("read_file", f"c{number}", path="missing.txt"),
                    ]
                )
            )
        steps.append([say(f"Step {len(names)}."), *calls])
    return [*steps, [done(f"done {len(names)}")]]


async def check(agent: Agent, witness: Witness, task: Task, to: MessageId) -> None:
    """Rewind, and compare with what the witness saw; then undo it, and compare with what was there before."""
    before = witness.look(task.id), await messages(agent, task), await conversation(agent, task)
    was = witness.seen[to]
    back = await rewind(agent, task, to)
    now = await conversation(agent, task)
    assert now[: was.turns] == before[2][: was.turns]
    assert all(turn.call_id and not turn.success for turn in now[was.turns :])
    assert (back.mode, back.todos, witness.files()) == (was.mode, was.todos, was.files)
    kept = await messages(agent, task)
    assert kept == [each for each in before[1] if each in kept]
    assert to in [each.id for each in kept]
    await reinstate(agent, task)
    assert (witness.look(task.id), await messages(agent, task), await conversation(agent, task)) == before


@pytest.mark.parametrize("seed", range(times(2, nightly=4)))
async def test_what_a_task_was_at_a_message_it_is_again(make_agent: Make, seed: int) -> None:
    agent = await make_agent({"mistake_limit": 0, "repetition_limit": 0})
    chance, names = random.Random(seed), list[int]()  # noqa: S311
    witness = Witness(agent)
    agent.engine.hub.observe(witness)
    task = await agent.run(*some_steps(chance, names), enableCheckpoints=True)
    for _ in range(4):
        await check(agent, witness, task, chance.choice(await messages(agent, task)).id)
        to = chance.choice(await messages(agent, task))
        await rewind(agent, task, to.id)
        agent.model.answers.extend(some_steps(chance, names))
        await agent.say(task, "go on")
        task = await agent.finish(task)
