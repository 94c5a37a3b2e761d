"""S3's Python example, but for the port, and for a token where one is given. Source: S3, "Example Usage"."""

import asyncio
import json
import sys

import aiohttp
import websockets

PORT, *TOKEN = sys.argv[1:]
HEADERS = {"Authorization": f"Bearer {TOKEN[0]}"} if TOKEN else {}


async def create_session_and_run_task():
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        # Create a new session
        task_data = {"task": "Create a simple Flask app"}
        async with session.post(f"http://localhost:{PORT}/api/sessions", json=task_data) as response:
            session_info = await response.json()
            session_id = session_info["session_id"]
            print(f"Created session: {session_id}")

        # Connect to WebSocket for real-time updates
        uri = f"ws://localhost:{PORT}/ws/{session_id}"
        async with websockets.connect(uri, additional_headers=HEADERS) as websocket:
            # Execute a task
            task_data = {"task": "Add a simple route to the Flask app"}
            tasks = f"http://localhost:{PORT}/api/sessions/{session_id}/tasks"
            async with session.post(tasks, json=task_data):
                print("Task started")

            # Listen for updates
            async for message in websocket:
                data = json.loads(message)
                print(f"Event: {data['type']}")
                if data["type"] == "task_completed":
                    break


asyncio.run(create_session_and_run_task())
