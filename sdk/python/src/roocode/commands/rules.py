"""`roocode rules`: what a person has decided for all of their sessions."""

from __future__ import annotations

from typing import Final

import click

from roocode.client import AsyncRooCodeClient
from roocode.commands.connection import Connection, connected
from roocode.commands.listing import ListingGroup
from roocode.commands.plain_text import one_line
from roocode.commands.printing import local_time, print_json, print_table, say
from roocode.models import ApprovalRule, RuleRemoved, StandingRule
from roocode.wire import dumped

EXAMPLES: Final = """\b
Examples:
  roocode rules
  roocode rules --json | jq -r '.[] | select(.rule.tool == "browser_action") | .id'
  roocode rules delete rule-0727d4c4e8dfb4d47d54
"""


@click.group(cls=ListingGroup, epilog=EXAMPLES)
def command() -> None:
    """List your standing rules, and take them back. Without a command they are listed."""


@command.command("list")
@connected
def list_rules(connection: Connection) -> None:
    """List your standing rules. The last one that matches decides."""

    async def work(client: AsyncRooCodeClient) -> list[StandingRule]:
        return [rule async for rule in client.rules.each()]

    found = connection.run(work)
    if connection.is_json:
        return print_json([dumped(rule) for rule in found])
    if not found:
        say("There is none: an approval that is remembered `always` makes one")
        return None
    print_table(
        ("RULE", "DECIDES", "ABOUT", "CREATED"),
        ((each.id, each.rule.decision, _about(each.rule), local_time(each.created_at)) for each in found),
    )
    return None


@command.command()
@click.argument("rules", metavar="RULE...", nargs=-1, required=True)
@connected
def delete(connection: Connection, rules: tuple[str, ...]) -> None:
    """Take rules back. What they decided is asked about again from now on."""

    async def work(client: AsyncRooCodeClient) -> list[RuleRemoved]:
        removed = []
        for rule in rules:
            removed.append(await client.rules.delete(rule))
            say(f"Taken back: {one_line(rule)}")
        return removed

    removed = connection.run(work)
    if connection.is_json:
        print_json([dumped(each) for each in removed])


def _about(rule: ApprovalRule) -> str:
    """Return which calls a rule is about, as `tool execute_command, command git status`."""
    conditions = {
        "tool": rule.tool,
        "group": rule.group,
        "server": rule.server,
        "path": rule.path,
        "command": rule.command,
    }
    named = (f"{name} {value}" for name, value in conditions.items() if value is not None)
    return ", ".join(named) or "everything"
