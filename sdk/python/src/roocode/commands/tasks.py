"""`roocode tasks`: the tasks of a session."""

from __future__ import annotations

import json
from typing import Any, Final

import click

from roocode.client import AsyncRooCodeClient
from roocode.commands.answering import approved_tools
from roocode.commands.choosing import chosen_session, chosen_task, session_option
from roocode.commands.connection import Connection, connected
from roocode.commands.following import InterruptChoice, followed
from roocode.commands.history import past_events
from roocode.commands.listing import ListingGroup, limit_option
from roocode.commands.outcome import ExitCode
from roocode.commands.plain_text import one_line, visible
from roocode.commands.printing import local_time, print_json, print_table, say
from roocode.models import Message, RewindAnswer, Task, TaskForked
from roocode.transport import UNSET
from roocode.wire import dumped

INPUT_CHARACTERS: Final = 60
MESSAGE_CHARACTERS: Final = 80
FOR_PROGRAMS: Final = frozenset({"api_req_started", "checkpoint_saved"})
"""Kinds of messages that say nothing to a person: the table leaves them out, --json does not."""
OBJECTS: Final = frozenset({"tool", "followup", "use_mcp_server"})
"""Kinds of messages whose text is a JSON object."""
EXAMPLES: Final = """\b
Examples:
  roocode tasks                               # of your latest session
  roocode tasks -s session-0727d4c4e8dfb4d47d54 --status running --json
  roocode tasks show task-e89f9e02a394617d9e8f
  roocode tasks say task-e89f9e02a394617d9e8f "Use the standard library only"
  roocode tasks attach task-e89f9e02a394617d9e8f
  roocode tasks messages task-e89f9e02a394617d9e8f
  roocode tasks rewind task-e89f9e02a394617d9e8f message-5d41402abc4b2a76b971
"""


@click.group(cls=ListingGroup, epilog=EXAMPLES)
def command() -> None:
    """List, show, follow, answer and cancel tasks, and more. Without a command they are listed."""


@command.command("list")
@session_option
@click.option("--status", type=click.Choice(["pending", "running", "completed", "failed", "cancelled"]))
@limit_option
@connected
def list_tasks(connection: Connection, session: str | None, status: Any, limit: int) -> None:
    """List a session's tasks, newest first."""

    async def work(client: AsyncRooCodeClient) -> list[Task]:
        return (
            await client.tasks.list(await chosen_session(client, session), status=status, limit=limit)
        ).data

    found = connection.run(work)
    if connection.is_json:
        return print_json([dumped(task) for task in found])
    print_table(
        ("TASK", "STATUS", "DOES", "INPUT", "CREATED"),
        (
            (each.id, each.status, each.activity, each.input[:INPUT_CHARACTERS], local_time(each.created_at))
            for each in found
        ),
    )
    if not found:
        say('There is none: roocode run -s last "…" makes one')
    return None


@command.command()
@click.argument("task", required=False)
@session_option
@connected
def show(connection: Connection, task: str | None, session: str | None) -> None:
    """Show a task and its result. It is the latest one unless TASK is given."""
    found = connection.run(lambda client: chosen_task(client, session, task))
    if connection.is_json:
        return print_json(found)
    facts = {
        "task": found.id,
        "session": found.session_id,
        "status": found.status,
        "progress": f"{found.progress} %",
        "created": local_time(found.created_at),
        "ended": local_time(found.completed_at),
        "input": one_line(found.input),
    }
    for name, content in facts.items():
        click.echo(f"{name}\t{one_line(content)}")
    if found.result is not None:
        click.echo(f"\n{visible(found.result.summary)}")
    if found.error is not None:
        click.echo(f"\n{one_line(found.error.code)}: {visible(found.error.message)}")
    return None


@command.command()
@click.argument("task", required=False)
@session_option
@connected
def cancel(connection: Connection, task: str | None, session: str | None) -> None:
    """Stop a task and everything it has started."""
    _changed(connection, "cancel", "Cancelled", task, session)


@command.command()
@click.argument("task", required=False)
@session_option
@connected
def interrupt(connection: Connection, task: str | None, session: str | None) -> None:
    """Stop what a task is doing. `say` then corrects it, `resume` lets it go on."""
    _changed(connection, "interrupt", "Interrupted", task, session)


@command.command()
@click.argument("task", required=False)
@session_option
@connected
def retry(connection: Connection, task: str | None, session: str | None) -> None:
    """Let a failed or cancelled task begin again."""
    _changed(connection, "retry", "Queued again", task, session)


@command.command()
@click.argument("task", required=False)
@session_option
@connected
def resume(connection: Connection, task: str | None, session: str | None) -> None:
    """Let an interrupted task go on. A person or a stop of the server has interrupted it."""
    _changed(connection, "resume", "Resumed", task, session)


@command.command()
@click.argument("task", required=False)
@session_option
@click.option("-y", "--yes", "has_all", is_flag=True, help="Approve everything.")
@click.option(
    "--approve", metavar="NAMES", help="Approve these tools or groups of tools: read,edit,command …"
)
@click.option(
    "--elsewhere", "leaves_to_others", is_flag=True, help="Leave all answers to the dashboard or a bot."
)
@click.option(
    "--on-interrupt",
    type=click.Choice(["cancel", "detach"]),
    default="detach",
    show_default=True,
    help="What Ctrl-C does with the task.",
)
@connected
def attach(
    connection: Connection,
    task: str | None,
    session: str | None,
    has_all: bool,
    approve: str | None,
    leaves_to_others: bool,
    on_interrupt: InterruptChoice,
) -> None:
    """Follow a task that is there to its end, as `run` does.

    It is the latest one unless TASK is given. What it asks is answered here, also what it waits for already,
    and what it has changed is printed.
    """

    async def work(client: AsyncRooCodeClient) -> ExitCode:
        approved = await approved_tools(client, approve, has_all=has_all)
        found = await chosen_task(client, session, task)
        run = await client.tasks.attach(found.session_id, found.id)
        return await followed(
            client,
            connection,
            run,
            approved,
            leaves_to_others=leaves_to_others,
            on_interrupt=on_interrupt,
            past=[event async for event in past_events(client, found)],
        )

    raise click.exceptions.Exit(connection.run(work))


@command.command("say")
@click.argument("task")
@click.argument("text")
@session_option
@connected
def tell(connection: Connection, task: str, text: str, session: str | None) -> None:
    """Say something to the agent of a task.

    It is an answer, a remark, or what comes next after the task has ended.
    """

    async def work(client: AsyncRooCodeClient) -> Message:
        found = await chosen_task(client, session, task)
        return await client.tasks.message(found.session_id, found.id, text)

    message = connection.run(work)
    if connection.is_json:
        print_json(message)
    say(f"Said. To follow it, and answer what it asks: roocode tasks attach {one_line(message.task_id)}")


@command.command()
@click.argument("task")
@click.argument("message")
@click.option("--name", help="The name of the copy; that of the session unless given.")
@click.option("--conversation-only", is_flag=True, help="Leave the copied files as they are now.")
@session_option
@connected
def fork(
    connection: Connection,
    task: str,
    message: str,
    name: str | None,
    conversation_only: bool,
    session: str | None,
) -> None:
    """Copy the task's session, and go back to MESSAGE there.

    Prints the copied task's id. `roocode tasks messages TASK` lists the messages.
    """

    async def work(client: AsyncRooCodeClient) -> TaskForked:
        found = await chosen_task(client, session, task)
        return await client.tasks.fork(
            found.session_id, found.id, message, name=name or UNSET, files=not conversation_only
        )

    copied = connection.run(work)
    print_json(copied) if connection.is_json else click.echo(one_line(copied.task_id))


@command.command()
@click.argument("task", required=False)
@session_option
@connected
def messages(connection: Connection, task: str | None, session: str | None) -> None:
    """List a task's messages, oldest first.

    `rewind` and `fork` go back to one of them. With --json, those that only programs need are there, too.
    """

    async def work(client: AsyncRooCodeClient) -> list[Message]:
        found = await chosen_task(client, session, task)
        return [message async for message in client.tasks.each_message(found.session_id, found.id)]

    found = connection.run(work)
    if connection.is_json:
        return print_json([dumped(message) for message in found])
    print_table(
        ("MESSAGE", "KIND", "TEXT", "CREATED"),
        (
            (
                each.id,
                _kind(each),
                one_line(_in_words(each))[:MESSAGE_CHARACTERS],
                local_time(each.created_at),
            )
            for each in found
            if _kind(each) not in FOR_PROGRAMS
        ),
    )
    if not found:
        say("There is none yet")
    return None


def _kind(message: Message) -> str:
    return message.ask or message.say or ""


def _in_words(message: Message) -> str:
    """Return a message's text; of an object, what its fields hold."""
    text = message.text or ""
    if _kind(message) not in OBJECTS:
        return text
    try:
        fields = json.loads(text)
    except ValueError:
        return text
    return " ".join(each for each in fields.values() if isinstance(each, str)) if fields else text


@command.command()
@click.argument("task")
@click.argument("message")
@click.option("--conversation-only", is_flag=True, help="Leave the files as they are now.")
@session_option
@connected
def rewind(
    connection: Connection, task: str, message: str, conversation_only: bool, session: str | None
) -> None:
    """Take a task back to MESSAGE, with its files. `say` or `resume` then lets it go on.

    `roocode tasks messages TASK` lists the messages; `roocode tasks reinstate TASK` undoes it.
    """

    async def work(client: AsyncRooCodeClient) -> RewindAnswer:
        found = await chosen_task(client, session, task)
        return await client.tasks.rewind(found.session_id, found.id, message, files=not conversation_only)

    _went_back(connection, "Rewound", connection.run(work))


@command.command()
@click.argument("task")
@session_option
@connected
def reinstate(connection: Connection, task: str, session: str | None) -> None:
    """Undo the last `rewind` of a task, with its files. It must not have gone on since."""

    async def work(client: AsyncRooCodeClient) -> RewindAnswer:
        found = await chosen_task(client, session, task)
        return await client.tasks.reinstate(found.session_id, found.id)

    _went_back(connection, "Reinstated", connection.run(work))


def _went_back(connection: Connection, done: str, answer: RewindAnswer) -> None:
    """Print the files that have changed, as data, and that the task has gone back or forth."""
    if connection.is_json:
        print_json(answer)
    elif answer.files:
        print_table(("CHANGE", "FILE"), ((file.kind, file.path) for file in answer.files))
    say(f"{done}: {one_line(answer.task.id)}")


def _changed(connection: Connection, verb: str, done: str, task: str | None, session: str | None) -> None:
    async def work(client: AsyncRooCodeClient) -> Task:
        found = await chosen_task(client, session, task)
        changed: Task = await getattr(client.tasks, verb)(found.session_id, found.id)
        return changed

    found = connection.run(work)
    if connection.is_json:
        print_json(found)
    say(f"{done}: {one_line(found.id)}")
