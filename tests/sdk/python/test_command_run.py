"""`roocode run`, `sessions`, `tasks` and `logs`: with a real server, and a terminal where a person types."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.command_line import COMMAND, DEADLINE_S, CommandLine
from tests.support.server import ServerProcess

DO_IT = ("--provider", "scripted", "--model", "do-it")
ASK_ME = ("--provider", "scripted", "--model", "ask-me")
WRITE = ("--provider", "scripted", "--model", "write-and-run")
HOSTILE = (
    r"printf '\033]0;owned\007\033[2J\033]52;c;b3duZWQ=\007shown\n'; "
    r"""printf 'a\033[2Jb\n' > "$(printf 'evil\033[31m.txt')" """
)


def test_a_task_is_followed_and_its_diff_is_the_data(command_line: CommandLine) -> None:
    done = command_line.run("run", *WRITE, "--yes", "Write a program")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("diff --git a/primes.py b/primes.py\nnew file mode 100644\n")
    assert "→ write_to_file primes.py" in done.stderr
    assert "  | 2 3 5 7 11 13 17 19\n" in done.stderr
    assert "✓ Wrote `primes.py` and ran it twice." in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_json_is_an_event_a_line_and_then_the_outcome(command_line: CommandLine) -> None:
    printed = command_line.succeed("run", *DO_IT, "--yes", "--json", "echo hello > there")
    *events, last = map(json.loads, printed.splitlines())
    numbers = [event["seq"] for event in events if "seq" in event]
    assert numbers == sorted(set(numbers))
    assert events[-1]["type"] == "task.completed"
    assert last["type"] == "run.ended"
    assert last["task"]["status"] == "completed"
    assert [file["path"] for file in last["difference"]["files"]] == ["/there"]


def test_the_next_task_goes_on_with_what_the_latest_one_knows(command_line: CommandLine) -> None:
    first = json.loads(command_line.succeed("run", *DO_IT, "--yes", "--json", "echo one").splitlines()[-1])
    again = command_line.succeed("run", "--continue", "--yes", "--json", "echo two")
    second = json.loads(again.splitlines()[-1])
    assert second["task"]["sessionId"] == first["task"]["sessionId"]
    assert second["task"]["continuedFrom"] == first["task"]["id"]
    refused = command_line.run("run", "--continue", "--new", "echo three")
    assert refused.returncode == 2
    assert "leave --session and --continue out" in refused.stderr


def test_without_a_terminal_what_is_not_approved_is_refused_and_the_task_fails(
    command_line: CommandLine,
) -> None:
    done = command_line.run("run", *DO_IT, "echo hello")
    assert done.returncode == 3
    assert "Refused, for nobody is there to ask: --approve execute_command allows it" in done.stderr


@pytest.mark.parametrize("names", ["execute_command", "read, command"])
def test_tools_and_groups_of_tools_are_approved_by_name(command_line: CommandLine, names: str) -> None:
    done = command_line.run("run", *DO_IT, "--approve", names, "echo hello")
    assert done.returncode == 0, done.stderr


def test_another_group_is_not_approved_by_it(command_line: CommandLine) -> None:
    assert command_line.run("run", *DO_IT, "--approve", "edit", "echo hello").returncode == 3


def test_a_tool_that_does_not_exist_is_named_before_anything_is_made(command_line: CommandLine) -> None:
    before = command_line.json("sessions")
    done = command_line.run("run", *DO_IT, "--approve", "edti", "echo hello")
    assert done.returncode == 2
    assert "no tool is called edti" in done.stderr
    assert command_line.json("sessions") == before


def test_a_task_is_done_if_its_checks_pass(command_line: CommandLine) -> None:
    checks = ("--check", "grep hello there", "--protect", "tests/", "--max-cost", "1")
    done = command_line.run("run", *DO_IT, "--yes", *checks, "echo hello > there")
    assert done.returncode == 0, done.stderr
    assert "✓ command grep hello there\n✓ protect tests/\n" in done.stderr


def test_a_task_that_only_says_that_it_is_done_has_failed(command_line: CommandLine) -> None:
    done = command_line.run("run", *DO_IT, "--yes", "--check", "test -f there", "echo hello")
    assert done.returncode == 3
    assert "✗ command test -f there: The exit code is 1, not 0." in done.stderr
    assert "✗ CHECKS_FAILED: " in done.stderr


def test_the_time_that_a_task_may_take_has_a_code_of_its_own(command_line: CommandLine) -> None:
    assert command_line.run("run", *DO_IT, "--yes", "--timeout", "0.5", "sleep 60").returncode == 5


def test_a_task_that_waits_is_stopped_and_cannot_be_stopped_twice(command_line: CommandLine) -> None:
    task = command_line.succeed("run", *DO_IT, "--detach", "echo hello").strip()
    command_line.wait_until_it_asks(task)
    assert command_line.run("tasks", "interrupt", task).stderr.endswith(f"Interrupted: {task}\n")
    assert command_line.json("tasks", "show", task)["activity"] == "resumable"
    assert command_line.run("tasks", "interrupt", task).returncode == 1


def test_a_task_that_is_left_is_found_again(command_line: CommandLine) -> None:
    task = command_line.succeed("run", *DO_IT, "--detach", "echo hello").strip()
    assert command_line.json("tasks", "show", task)["input"] == "echo hello"
    followed = command_line.run("tasks", "cancel", task)
    assert followed.returncode == 0, followed.stderr
    assert "cancelled" in command_line.succeed("logs", "-f", task)
    again = command_line.run("tasks", "cancel", task)
    assert again.returncode == 1
    assert again.stderr == "Error: The task is already cancelled.\n"


def test_an_interrupted_task_stays_so_until_somebody_says_what_to_do(command_line: CommandLine) -> None:
    with command_line.in_terminal("run", *DO_IT, "--yes", "sleep 2; echo hello") as person:
        person.until("→ execute_command")
        [task] = set(re.findall(r"task-[0-9a-f]{20}", person.seen))
        command_line.succeed("tasks", "interrupt", task)
        person.until("A person interrupted it")
        person.until(f"It waits until somebody says what to do: roocode tasks say {task}")
        assert command_line.json("tasks", "show", task)["activity"] == "resumable"
        said = command_line.run("tasks", "say", task, "With more patience")
        assert said.stderr == f"Said. To follow it, and answer what it asks: roocode tasks attach {task}\n"
        person.until("» With more patience")
        assert person.code() == 0


def test_a_task_that_is_left_is_attached_to_and_what_it_asks_is_answered(command_line: CommandLine) -> None:
    left = command_line.run("run", *DO_IT, "--detach", "echo hello > there")
    task = left.stdout.strip()
    assert left.stderr == f"It goes on: roocode tasks attach {task}\n"
    command_line.wait_until_it_asks(task)
    with command_line.in_terminal("tasks", "attach", task) as person:
        shown = person.until("Approve? ")
        assert "Ctrl-C leaves the task running" in shown
        assert shown.index("echo hello > there") < shown.index("? Run: echo hello > there")
        person.until(":")
        person.type("y\n")
        person.until("+hello")
        assert person.code() == 0
    again = command_line.run("tasks", "attach", task)
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("? Run: ") == 1
    assert "Refused" not in again.stderr
    assert "+hello\n" in again.stdout


@pytest.mark.parametrize(("given", "code"), [(("--yes",), 0), ((), 3)])
def test_without_a_terminal_an_attached_task_is_answered_as_by_run(
    command_line: CommandLine, given: tuple[str, ...], code: int
) -> None:
    task = command_line.succeed("run", *DO_IT, "--detach", "echo hello").strip()
    attached = command_line.run("tasks", "attach", "--json", *given)
    assert attached.returncode == code, attached.stderr
    *events, last = map(json.loads, attached.stdout.splitlines())
    numbers = [event["seq"] for event in events if "seq" in event]
    assert numbers == sorted(set(numbers))
    assert (events[0]["type"], last["task"]["id"]) == ("task.created", task)


@pytest.mark.parametrize("given", [("--yes",), ("--approve", "command")])
def test_nothing_can_be_approved_by_a_run_that_leaves(
    command_line: CommandLine, given: tuple[str, ...]
) -> None:
    refused = command_line.run("run", *DO_IT, *given, "--detach", "echo hello")
    assert refused.returncode == 2
    assert "answer later with `roocode tasks attach --yes`" in refused.stderr


def test_a_task_of_a_cancelled_run_has_a_code_of_its_own(command_line: CommandLine) -> None:
    with command_line.in_terminal("run", *DO_IT, "echo hello") as person:
        person.until("Approve? ")
        [task] = re.findall(r"task-[0-9a-f]{20}", person.seen)
        command_line.succeed("tasks", "cancel", task)
        assert person.code() == 4


def test_the_person_at_the_terminal_approves(command_line: CommandLine) -> None:
    with command_line.in_terminal("run", *DO_IT, "echo hello > there") as person:
        shown = person.until("Approve? ")
        assert "command: echo hello > there" in shown
        person.until(":")
        person.type("y\n")
        person.until("+hello")
        assert person.code() == 0


def test_words_refuse_and_are_told_to_the_agent(command_line: CommandLine) -> None:
    with command_line.in_terminal("run", *DO_IT, "echo hello") as person:
        person.until("tell the agent why not:")
        person.type("use printf instead\n")
        assert "They said: use printf instead" in person.until("They said: use printf instead")
        assert person.code() == 3


def test_a_tool_that_is_always_approved_is_asked_about_once(command_line: CommandLine) -> None:
    with command_line.in_terminal("run", *WRITE, "--approve", "edit", "Write") as person:
        person.until("Approve? ")
        person.until(":")
        person.type("a\n")
        assert person.code() == 0
        assert person.seen.count("Approve? ") == 1


def test_the_session_remembers_an_answer_by_the_rule_that_is_shown(command_line: CommandLine) -> None:
    with command_line.in_terminal("run", *WRITE, "--approve", "edit", "Write") as person:
        assert "[s]ession python3 -B primes.py" in person.until("tell the agent why not:")
        person.type("s\n")
        assert person.code() == 0
        assert person.seen.count("Approve? ") == 1


def test_what_was_typed_before_the_question_answers_nothing(command_line: CommandLine) -> None:
    with command_line.in_terminal("run", *DO_IT, "echo hello") as person:
        person.type("y\ny\n")
        person.until("tell the agent why not:")
        person.type("n\n")
        assert person.code() == 3


def test_somebody_else_answers_and_the_terminal_asks_no_more(
    command_line: CommandLine, playing_server: ServerProcess
) -> None:
    with command_line.in_terminal("run", *DO_IT, "echo hello") as person:
        person.until("tell the agent why not:")
        [session] = set(re.findall(r"session-[0-9a-f]{20}", person.seen))
        [task] = re.findall(r"task-[0-9a-f]{20}", person.seen)
        path = f"/api/v1/sessions/{session}/tasks/{task}"
        assert playing_server.request("PUT", path, {"action": "approve"}).status == 200
        person.until("approved by admin@localhost")
        assert person.code() == 0


def test_a_question_is_answered_by_the_number_of_a_suggestion(command_line: CommandLine) -> None:
    with command_line.in_terminal("run", *ASK_ME, "Blue") as person:
        shown = person.until("or a number:")
        assert "  2. Blue" in shown
        person.type("2\n")
        person.until("✓ Blue")
        assert person.code() == 0


def test_without_a_terminal_a_question_is_answered_that_nobody_is_there(command_line: CommandLine) -> None:
    done = command_line.run("run", *ASK_ME, "Blue")
    assert done.returncode == 0, done.stderr
    assert "✓ " in done.stderr
    assert "Nobody is there to answer" in done.stderr


def test_ctrl_c_cancels_the_task_as_it_says(command_line: CommandLine) -> None:
    with command_line.in_terminal("run", *DO_IT, "--yes", "sleep 300", is_installed=True) as person:
        person.until("Ctrl-C cancels the task")
        person.until("→ execute_command")
        person.press_ctrl_c()
        person.until("Cancelling the task")
        assert person.code() == 130
        assert "Traceback" not in person.seen
        [task] = set(re.findall(r"task-[0-9a-f]{20}", person.seen))
    assert command_line.json("tasks", "show", task)["status"] == "cancelled"


def test_ctrl_c_leaves_the_task_running_as_it_says(command_line: CommandLine) -> None:
    with command_line.in_terminal("run", *DO_IT, "--yes", "--on-interrupt", "detach", "sleep 300") as person:
        person.until("Ctrl-C leaves the task running")
        person.until("→ execute_command")
        person.press_ctrl_c()
        person.until("The task goes on: roocode tasks attach ")
        assert person.code() == 130
        [task] = set(re.findall(r"task-[0-9a-f]{20}", person.seen))
    assert command_line.json("tasks", "show", task)["status"] == "running"
    command_line.succeed("tasks", "cancel", task)


def test_hostile_output_and_names_move_no_cursor(command_line: CommandLine) -> None:
    with command_line.in_terminal("run", *DO_IT, "--yes", HOSTILE, NO_COLOR="1") as person:
        assert person.code() == 0
    assert "  | shown" in person.seen
    assert "evil" in person.seen
    assert "\x1b" not in person.seen
    assert "\x07" not in person.seen
    for arguments in (["logs"], ["tasks"], ["diff", "--stat"], ["files", "ls"], ["tasks", "show"]):
        assert "\x1b" not in command_line.succeed(*arguments)
        with command_line.in_terminal(*arguments, NO_COLOR="1") as person:
            assert person.code() == 0
        assert "\x1b" not in person.seen
        assert person.seen.strip()


def test_an_approval_shows_what_a_command_would_hide(command_line: CommandLine) -> None:
    with command_line.in_terminal("run", *DO_IT, "echo safe #\x1b[2K\rrm -r *", NO_COLOR="1") as person:
        shown = person.until("Approve? ")
        assert r"command: echo safe #\x1b[2K\rrm -r *" in shown
        person.until(":")
        person.type("n\n")
        assert person.code() == 3


def test_a_folder_becomes_the_workspace_without_what_gitignore_leaves_out(
    command_line: CommandLine, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    (folder / "deep").mkdir(parents=True)
    (folder / ".gitignore").write_text("*.secret\n")
    (folder / "a.secret").write_text("no")
    (folder / "deep" / "b.txt").write_text("yes")
    (folder / "link").symlink_to("deep/b.txt")
    command_line.succeed("run", *DO_IT, "--yes", "--from-dir", str(folder), "cat deep/b.txt")
    entries = command_line.json("files", "ls", "-r", "-a")
    assert sorted(each["path"] for each in entries if each["type"] != "directory") == [
        "/.gitignore",
        "/deep/b.txt",
        "/link",
    ]


def test_a_second_task_works_in_the_same_session(command_line: CommandLine) -> None:
    command_line.succeed("run", *DO_IT, "--yes", "echo one > one")
    command_line.succeed("run", "-s", "last", "--yes", "echo two > two")
    assert [each["input"] for each in command_line.json("tasks")] == ["echo two > two", "echo one > one"]


def test_the_session_of_the_environment_is_used(command_line: CommandLine) -> None:
    session = command_line.succeed("sessions", "create", "Mine", *DO_IT).strip()
    command_line.succeed("sessions", "create", "Another", *DO_IT)
    command_line.succeed("run", "--yes", "true", ROOCODE_SESSION=session)
    assert len(command_line.json("tasks", "-s", session)) == 1
    assert command_line.json("tasks") == []


def test_sessions_are_made_listed_shown_copied_moved_and_deleted(
    command_line: CommandLine, tmp_path: Path
) -> None:
    session = command_line.succeed("sessions", "create", "Mine\x1b[2J", *DO_IT).strip()
    assert command_line.json("sessions")[0]["id"] == session
    listed = command_line.succeed("sessions", "list", "-n", "1")
    assert listed.startswith(f"{session}\tMine")
    assert "\x1b" not in listed
    assert command_line.json("sessions", "show", session)["config"]["model"] == "do-it"
    copy = command_line.succeed("sessions", "fork", session, "--name", "Copied").strip()
    assert command_line.json("sessions", "show", copy)["name"] == "Copied"
    assert command_line.json("sessions", "fork", copy)["name"] == "Copied"
    archive = str(tmp_path / "one.session.tar.gz")
    assert command_line.json("sessions", "export", archive, copy)["sessionId"] == copy
    nowhere = command_line.run("sessions", "export", "nowhere/at-all.tar", copy)
    assert (nowhere.returncode, nowhere.stderr) == (1, "Error: nowhere: there is no such folder\n")
    made = command_line.succeed("sessions", "import", archive, "--name", "Moved").strip()
    assert command_line.json("sessions", "show", made)["name"] == "Moved"
    refused = command_line.run("sessions", "delete", session)
    assert refused.returncode == 2
    assert "add --yes" in refused.stderr
    command_line.succeed("sessions", "delete", "--yes", session)
    gone = command_line.run("sessions", "show", session)
    assert gone.returncode == 1
    assert gone.stderr.startswith("Error: ")


def test_the_log_has_each_event_of_the_task_once(command_line: CommandLine) -> None:
    command_line.succeed("run", *DO_IT, "--yes", "echo hello")
    events = [json.loads(line) for line in command_line.succeed("logs", "--json").splitlines()]
    followed = [json.loads(line) for line in command_line.succeed("logs", "-f", "--json").splitlines()]
    numbers = [event["seq"] for event in events]
    assert len(numbers) == len(set(numbers))
    assert [event["seq"] for event in followed if "seq" in event] == numbers
    assert "  | hello" in command_line.succeed("logs")


def test_a_task_is_copied_at_a_message(command_line: CommandLine) -> None:
    command_line.succeed("run", *DO_IT, "--yes", "echo hello")
    task = command_line.json("tasks")[0]["id"]
    events = [json.loads(line) for line in command_line.succeed("logs", task, "--json").splitlines()]
    first = next(each["message"]["id"] for each in events if each["type"] == "message.created")
    copy = command_line.succeed("tasks", "fork", task, first, "--conversation-only").strip()
    assert copy != task
    assert command_line.json("tasks", "show", copy)["activity"] == "resumable"
    assert command_line.json("tasks", "show", task)["status"] == "completed"


def test_a_task_is_rewound_to_a_message_and_back(command_line: CommandLine) -> None:
    command_line.succeed("run", *DO_IT, "--checkpoints", "--yes", "echo hello > there")
    task = command_line.json("tasks")[0]["id"]
    messages = command_line.json("tasks", "messages", task)
    first = command_line.succeed("tasks", "messages", task).split("\t")[0]
    assert first == messages[0]["id"]
    rewound = command_line.run("tasks", "rewind", task, first)
    assert rewound.returncode == 0, rewound.stderr
    assert rewound.stdout == "deleted\t/there\n"
    assert rewound.stderr == f"Rewound: {task}\n"
    assert command_line.json("tasks", "show", task)["activity"] == "resumable"
    assert [each["id"] for each in command_line.json("tasks", "messages", task)] == [first]
    taken_back = command_line.run("tasks", "rewind", task, messages[-1]["id"])
    assert taken_back.returncode == 1
    assert taken_back.stderr.startswith("Error: ")
    reinstated = command_line.json("tasks", "reinstate", task)
    assert reinstated["task"]["status"] == "completed"
    assert [file["path"] for file in reinstated["files"]] == ["/there"]
    assert command_line.json("tasks", "messages") == messages
    assert command_line.run("tasks", "reinstate", task).returncode == 1


def test_a_person_reads_the_messages_that_say_something(command_line: CommandLine) -> None:
    command_line.succeed("run", *WRITE, "--yes", "--checkpoints", "Write a program")
    rows = [line.split("\t") for line in command_line.succeed("tasks", "messages").splitlines()]
    messages = command_line.json("tasks", "messages")
    assert {row[1] for row in rows} == {"text", "tool", "command", "command_output", "completion_result"}
    assert {message.get("say") for message in messages} > {"api_req_started", "checkpoint_saved"}
    [written] = [row[2] for row in rows if row[2].startswith("newFileCreated")][:1]
    assert written.startswith('newFileCreated primes.py """Print the prime numbers')
    assert len(rows) < len(messages)


def test_without_checkpoints_only_the_conversation_is_rewound(command_line: CommandLine) -> None:
    command_line.succeed("run", *DO_IT, "--yes", "echo hello > there")
    task = command_line.json("tasks")[0]["id"]
    first = command_line.json("tasks", "messages")[0]["id"]
    refused = command_line.run("tasks", "rewind", task, first)
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: ")
    assert command_line.succeed("tasks", "rewind", task, first, "--conversation-only") == ""
    assert command_line.succeed("files", "get", "there", "-") == "hello\n"


def test_the_servers_log_is_read(command_line: CommandLine) -> None:
    entries = [
        json.loads(line) for line in command_line.succeed("logs", "--of-server", "--json").splitlines()
    ]
    assert {"time", "level", "message"} <= set(entries[-1])


def test_a_person_says_something_to_the_agent(command_line: CommandLine) -> None:
    task = command_line.succeed("run", *ASK_ME, "--detach", "Blue").strip()
    with command_line.in_terminal("logs", "-f", task) as person:
        person.until("Which colour?")
        command_line.succeed("tasks", "say", task, "Green")
        person.until("Green")
        assert person.code() == 0


def test_an_empty_task_is_refused(command_line: CommandLine) -> None:
    assert command_line.run("run", "-", said=" \n").returncode == 2


def test_the_task_is_read_from_the_standard_input(command_line: CommandLine) -> None:
    assert command_line.run("run", *DO_IT, "--yes", "-", said="echo from a pipe").returncode == 0


def test_a_reader_that_goes_away_ends_it_quietly(command_line: CommandLine) -> None:
    command_line.succeed("run", *DO_IT, "--yes", "seq 1 20000 > many")
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [str(COMMAND), "diff"],
        stdout=write,
        stderr=subprocess.PIPE,
        env=command_line.environment,
        timeout=DEADLINE_S,
        check=False,
    )
    os.close(write)
    assert b"Traceback" not in done.stderr
