"""A client of S3, the Crogia backend API, over plain HTTP: `crogia_client.py URL [TOKEN]`.

It opens a session, gives its agent a second task, follows it on the WebSocket, and looks at what came of it.
"""

import asyncio
import sys

from aiohttp import ClientSession

TASK = "Write and run a program"


async def follow(client, address):
    """Print the events of a session until the task has completed, and return what the agent said."""
    said = ""
    async with client.ws_connect(address) as events:
        async for message in events:
            event = message.json()
            match event["type"]:
                case "text_delta":
                    said += event["content"]
                case "task_completed" if event["task"] == TASK:
                    return said
                case kind:
                    print(kind, event.get("tool", ""))
    raise ConnectionError("the server has closed the connection")


async def main(url, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with ClientSession(url, headers=headers, raise_for_status=True) as client:
        async with client.post("/api/sessions", json={"task": "Survey what is here"}) as answer:
            session = await answer.json()
        place = f"/api/sessions/{session['session_id']}"
        following = asyncio.create_task(follow(client, f"/ws/{session['session_id']}"))
        async with client.post(f"{place}/tasks", json={"task": TASK}):
            print("started")
        print(await following)
        async with client.get(f"{place}/files", params={"path": "."}) as answer:
            print("files:", *(each["name"] for each in (await answer.json())["items"]))
        async with client.post(f"{place}/shell", json={"cmd": "python3 -B primes.py"}) as answer:
            print("output:", (await answer.json())["output"])
        async with client.delete(place):
            print("deleted")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
