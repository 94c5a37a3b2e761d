"""Has an agent work through a plan of tasks that depend on each other, and reports what became of them.

    ROOCODE_URL=http://127.0.0.1:3000 ROOCODE_KEY=... python nightly.py plan.toml [NIGHT]

If it was interrupted, start it again: the same plan in the same night has the same session, in which nothing
is done twice; what failed gets its retries again. A night ends at noon, unless you name it.

The exit code is 0 if all tasks have completed, so cron or a CI system can tell. `plan.toml` explains itself.
"""

import datetime
import hashlib
import sys
import tomllib
from pathlib import Path

from roocode import RooCodeClient

LONGEST_S = 8 * 3600


def ended(client, session, planned):
    """Wait for the end of a task, and retry it as often as the plan says.

    A task that failed because another one had to be retried is retried as well, which does not count.
    """
    left = planned.get("retries", 0)
    while True:
        task = client.tasks.attach(session.id, planned["id"]).wait(LONGEST_S)
        if task.status != "failed":
            return task
        if task.error.code == "DEPENDENCY_FAILED":
            earlier = [client.tasks.get(session.id, name) for name in planned["after"]]
            if any(each.status != "completed" for each in earlier):
                return task
        elif left:
            left -= 1
        else:
            return task
        client.tasks.retry(session.id, planned["id"])


def line(planned, task):
    """A line of the report."""
    took = (task.completed_at - task.started_at).total_seconds() if task.started_at else 0
    said = task.result.summary if task.result else f"{task.error.code}: {task.error.message}"
    first = said.strip().partition("\n")[0]
    return f"{planned['id']:<12} {task.status:<10} {took:>7.1f} s  {task.usage.total_cost:>8.4f} $  {first}"


def purpose(text):
    """What the night's session is for: there is one session for each purpose."""
    half_a_day_ago = datetime.datetime.now() - datetime.timedelta(hours=12)
    night = sys.argv[2] if len(sys.argv) > 2 else half_a_day_ago.date().isoformat()
    return f"nightly-{hashlib.sha256(f'{night} {text}'.encode()).hexdigest()[:16]}"


def begin(client, session, planned, known):
    """Create a task unless an earlier start has done so."""
    if planned["id"] not in known:
        client.tasks.create(
            session.id,
            planned["input"],
            client_id=planned["id"],
            dependencies=planned.get("after", []),
            type="nightly",
        )


def main():
    text = Path(sys.argv[1]).read_text()
    plan = tomllib.loads(text)
    with RooCodeClient() as client:
        session = client.sessions.ensure(purpose(text), name=plan["name"], config=plan["config"]).session
        known = {task.client_id: task for task in client.tasks.each(session.id)}
        for planned in plan["task"]:
            begin(client, session, planned, known)
        tasks = []
        for planned in plan["task"]:
            tasks.append(ended(client, session, planned))
            print(line(planned, tasks[-1]), flush=True)
        print(f"Session {session.id}: {client.base_url}/?session={session.id}")
    return any(task.status != "completed" for task in tasks)


if __name__ == "__main__":
    sys.exit(main())
