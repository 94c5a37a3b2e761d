"""A stand-in for a model with OpenAI's protocol: `answering.py STEPS` prints its address.

It does not read requests, it counts them: after `STEPS` calls of the cheapest tool it completes the task.
"""

from __future__ import annotations

import http.server
import json
import sys
from typing import Any, Final

STEPS: Final = int(sys.argv[1])


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        Answers.asked += 1
        tool, arguments = "fetch_instructions", {"task": "create_mode"}
        if Answers.asked > STEPS:
            tool, arguments = "attempt_completion", {"result": "done"}
        function = {"name": tool, "arguments": json.dumps(arguments)}
        call = {"index": 0, "id": f"call-{Answers.asked}", "type": "function", "function": function}
        body = b"".join([_piece({"tool_calls": [call]}), _piece({}, "tool_calls"), b"data: [DONE]\n\n"])
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Log nothing: the parent process waits only for the address."""


def _piece(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    usage = {"prompt_tokens": 1000, "completion_tokens": 10, "total_tokens": 1010}
    chunk = {"id": "c", "object": "chat.completion.chunk", "choices": [choice], "usage": usage}
    return f"data: {json.dumps(chunk)}\n\n".encode()


if __name__ == "__main__":
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
        server.serve_forever()
