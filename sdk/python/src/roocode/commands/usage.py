"""`roocode usage`: what models have been used for, and what it has cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Literal

import click

from roocode.client import AsyncRooCodeClient
from roocode.commands.choosing import LAST, chosen_session
from roocode.commands.connection import Connection, connected
from roocode.commands.printing import print_json, print_table, say
from roocode.models import UsageRow, UsageSums
from roocode.transport import UNSET
from roocode.wire import dumped

Group = Literal["day", "user", "session", "model"]

ROWS_OF_A_REQUEST: Final = 1000
COLUMNS: Final[dict[Group, tuple[str, Callable[[UsageRow], str | None]]]] = {
    "day": ("DAY", lambda row: row.day),
    "user": ("USER", lambda row: row.user_id),
    "session": ("SESSION", lambda row: row.session_id),
    "model": ("MODEL", lambda row: f"{row.provider}/{row.model}"),
}
EXAMPLES: Final = """\b
Examples:
  roocode usage
  roocode usage --by day --by model --since 2026-02-01 --until 2026-02-28
  roocode usage --by session --json | jq '.total.cost'
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--by",
    "groups",
    type=click.Choice(list(COLUMNS)),
    multiple=True,
    default=["day"],
    show_default=True,
    help="A row for each; can be repeated, for each combination.",
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="The first day, in UTC.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="The last day, in UTC.")
@click.option("-s", "--session", metavar="ID", help=f"Only this session; `{LAST}` is your latest one.")
@click.option("--user", metavar="ID", help="Only this user; others than you are for administrators.")
@connected
def command(
    connection: Connection,
    groups: tuple[Group, ...],
    since: datetime | None,
    until: datetime | None,
    session: str | None,
    user: str | None,
) -> None:
    """Sum up requests to models, tokens and cost.

    They are those of your sessions, deleted ones included. Administrators see those of all users. A row
    without a cost is of models that cost nothing; `?` is of those whose price is not known, and `+ ?` of
    some whose price is not known.
    """
    groups = tuple(dict.fromkeys(groups))

    async def work(client: AsyncRooCodeClient) -> tuple[list[UsageRow], UsageSums]:
        session_id = await chosen_session(client, session) if session else UNSET
        rows: list[UsageRow] = []
        while True:
            page = await client.usage.report(
                group_by=groups,
                since=since.date().isoformat() if since else UNSET,
                until=until.date().isoformat() if until else UNSET,
                session_id=session_id,
                user_id=user or UNSET,
                limit=ROWS_OF_A_REQUEST,
                offset=len(rows),
            )
            rows += page.data
            if not page.pagination.has_more or not page.data:
                return rows, page.total

    rows, total = connection.run(work)
    if connection.is_json:
        return print_json({"data": [dumped(row) for row in rows], "total": dumped(total)})
    if not rows:
        say("Nothing was used in that time")
        return None
    heads = [COLUMNS[group][0] for group in groups]
    print_table(
        (*heads, "REQUESTS", "TOKENS IN", "TOKENS OUT", "COST"), (_cells(groups, row) for row in rows)
    )
    say(
        f"Together: {total.requests:,} requests, {total.tokens_in:,} tokens in, {total.tokens_out:,} out"
        + (f", ${total.cost:,.4f}" if total.cost else "")
    )
    if total.unpriced_requests:
        say(f"The price of {total.unpriced_requests:,} of the requests is not known")
    return None


def _cells(groups: tuple[Group, ...], row: UsageRow) -> list[str]:
    named = [COLUMNS[group][1](row) or "" for group in groups]
    sums: list[Any] = [row.requests, row.tokens_in, row.tokens_out, cost_words(row)]
    return [*named, *map(str, sums)]


def cost_words(row: UsageRow | UsageSums) -> str:
    """Return what a row has cost, and that some of it is not known."""
    known = f"{row.cost:.4f}" if row.cost else ""
    return " + ".join(filter(None, [known, "?" if row.unpriced_requests else ""]))
