"""Answers the approvals of all your sessions by rules, and leaves the rest to people.

    ROOCODE_URL=http://127.0.0.1:3000 ROOCODE_KEY=... python approval_bot.py

It ends at Ctrl-C.
"""

import re

from roocode import RooCodeClient

PROGRAM = re.compile(r"python3 (-B )?[\w/]+\.py")


def main() -> None:
    with RooCodeClient() as client:
        bot = client.approvals.bot()

        @bot.on("write_to_file", "apply_diff", "search_and_replace", "insert_content")
        def files(approval):
            """Sources may be written; what else is, a person decides."""
            print("asked:", approval.description, flush=True)
            return True if approval.parameters.get("path", "").endswith((".py", ".md")) else None

        @bot.on("execute_command")
        def commands(approval):
            """A program of the workspace may be run; anything else is refused, and the agent told why."""
            print("asked:", approval.description, flush=True)
            if PROGRAM.fullmatch(approval.parameters["command"]):
                return True
            return "Only Python programs of the workspace may be run."

        print("answering", flush=True)
        try:
            bot.run()
        except KeyboardInterrupt:
            bot.stop()


if __name__ == "__main__":
    main()
