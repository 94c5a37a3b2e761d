"""A stand-in for an agent program: it speaks the Agent Client Protocol and does what its arguments say."""

import json
import os
import sys
import time

DO = sys.argv[1]
MEMORY = "memory.txt"
"""What the session of an agent that remembers has been told."""
ENDS = {
    "refuse": {"result": {"stopReason": "refusal"}},
    "wander": {"result": {"stopReason": "gone_fishing"}},
    "fail": {
        "error": {"code": -32000, "message": "Not today", "data": {"hint": "log in first", "field": [1]}}
    },
}
"""How prompts end; all others end normally."""

COSTS = {
    "spend": [(40, "EUR"), (0.4, "USD"), (1.25, "USD"), (0.5, "USD")],
    "spend on": [(cents / 100, "USD") for cents in range(1000)],
}
"""What it reports to have cost so far."""


def send(message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def receive():
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)


def ask(identifier, method, params):
    """A request to the client, and its answer."""
    send({"id": identifier, "method": method, "params": params})
    while True:
        message = receive()
        if message.get("id") == identifier and "method" not in message:
            return message


def tell(update):
    send({"method": "session/update", "params": {"sessionId": "s", "update": update}})


def say(text):
    tell({"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": text}})


def talk():
    """Think, plan and speak."""
    tell({"sessionUpdate": "agent_thought_chunk", "content": {"type": "text", "text": "hm"}})
    tell(
        {
            "sessionUpdate": "plan",
            "entries": [
                {"content": "look", "priority": "high", "status": "completed"},
                {"content": "do", "priority": "low", "status": "in_progress"},
            ],
        }
    )
    say("All ")
    say("done.")


def ask_twice():
    """Ask for two permissions under one id."""
    options = [{"optionId": "yes", "name": "Yes", "kind": "allow_once"}]
    for number, command in enumerate(["make", "make install"]):
        call = {"toolCallId": "c", "title": command, "kind": "execute", "rawInput": {"command": command}}
        ask(
            100 + number,
            "session/request_permission",
            {"sessionId": "s", "toolCall": call, "options": options},
        )
    say("asked twice")


def spend():
    """Report what the session has cost so far."""
    for amount, currency in COSTS[DO]:
        cost = {"amount": amount, "currency": currency}
        tell({"sessionUpdate": "usage_update", "used": 10, "size": 100, "cost": cost})
        time.sleep(0.01)
    say("All spent.")


PLAIN = {"talk": talk, "ask twice": ask_twice, "spend": spend, "spend on": spend}


def recall(text):
    """Handle a prompt by saying all that the session was told."""
    with open(MEMORY, "a") as memory:
        memory.write(text + "|")
    with open(MEMORY) as memory:
        say(memory.read())


def act():
    """Handle a prompt."""
    if DO in PLAIN:
        PLAIN[DO]()
    elif DO == "edit":
        call = {
            "toolCallId": f"c{prompts}",
            "title": "Write a.txt",
            "kind": "edit",
            "locations": [{"path": "a.txt"}],
        }
        tell({"sessionUpdate": "tool_call", **call, "status": "pending", "rawInput": {"path": "a.txt"}})
        options = [
            {"optionId": "yes", "name": "Yes", "kind": "allow_once"},
            {"optionId": "no", "name": "No", "kind": "reject_once"},
        ]
        answer = ask(
            100, "session/request_permission", {"sessionId": "s", "toolCall": call, "options": options}
        )
        allowed = answer["result"]["outcome"].get("optionId") == "yes"
        written = ask(
            101,
            "fs/write_text_file",
            {"sessionId": "s", "path": os.getcwd() + "/a.txt", "content": "hello\n"},
        )
        status = "completed" if allowed and "error" not in written else "failed"
        tell({"sessionUpdate": "tool_call_update", "toolCallId": f"c{prompts}", "status": status})
        say(f"allowed {allowed}, written {'error' not in written}")
    elif DO in ("read", "other"):
        kind = "read" if DO == "read" else "edit"
        call = {"toolCallId": "c", "title": "Look", "kind": kind, "locations": [{"path": "a.txt"}]}
        tell({"sessionUpdate": "tool_call", **call, "status": "in_progress"})
        options = [{"optionId": "yes", "name": "Yes", "kind": "allow_once"}]
        ask(100, "session/request_permission", {"sessionId": "s", "toolCall": call, "options": options})
        written = ask(101, "fs/write_text_file", {"sessionId": "s", "path": "b.txt", "content": "x"})
        say(f"written {'error' not in written}")
    elif DO == "look":
        found = ask(102, "fs/read_text_file", {"sessionId": "s", "path": "secret/a.txt"})
        say(f"read {'error' not in found}")
    elif DO == "escape":
        answers = [
            ask(200 + n, "fs/read_text_file", {"sessionId": "s", "path": path})
            for n, path in enumerate(["../../../../etc/passwd", "/etc/passwd", "missing.txt"])
        ]
        say(" ".join(str(answer.get("error", {}).get("code")) for answer in answers))
    elif DO == "terminal":
        answer = ask(300, "terminal/create", {"sessionId": "s", "command": "id"})
        say(str(answer["error"]["code"]))
    elif DO == "die":
        print("something broke", file=sys.stderr, flush=True)
        sys.exit(3)
    elif DO == "emoji":
        say("It is done \ud83d")
        say("\ude00.")
    elif DO == "lines":
        found = ask(102, "fs/read_text_file", {"sessionId": "s", "path": "a.txt", "line": 2, "limit": 1})
        say(found["result"]["content"])
    elif DO == "hang":
        say("…")
        time.sleep(1000)
    elif DO == "where":
        say(
            f"{os.getcwd()} {os.path.exists('/etc/shadow')} "
            f"{os.environ.get('GIVEN')} {os.environ.get('PLAIN')}"
        )


prompts = 0
while True:
    request = receive()
    method = request.get("method")
    if method == "initialize":
        capabilities = {"loadSession": True} if DO == "remember" else {}
        result = {"protocolVersion": 1, "agentCapabilities": capabilities, "authMethods": []}
    elif method == "session/new":
        result = {"sessionId": "s"}
        if DO in ("remember", "forget"):
            open(MEMORY, "w").close()
    elif method == "session/load":
        if not os.path.exists(MEMORY):
            send({"id": request["id"], "error": {"code": -32002, "message": "no such session"}})
            continue
        say("what was said before")
        result = {}
    elif method == "session/prompt":
        prompts += 1
        if DO in ("remember", "forget"):
            recall(request["params"]["prompt"][0]["text"])
        else:
            act()
        send({"id": request["id"], **ENDS.get(DO, {"result": {"stopReason": "end_turn"}})})
        continue
    else:
        continue
    send({"id": request["id"], "result": result})
