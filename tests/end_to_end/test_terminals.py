"""A terminal, as the real client opens it, disconnects and returns."""

from __future__ import annotations

from tests.support.server import ServerProcess


def test_a_terminal_is_used_over_socket_io_and_outlives_its_client(server: ServerProcess) -> None:
    told = server.node("terminal.mjs")
    assert "stuck" not in told, told
    output = told["output"]
    assert "\r42\r\n30 100" in output and output.count("while-away") >= 2 and "\rback-again" in output
    assert output.index("42") < output.index("while-away") < output.index("back-again")
    assert told["printed"] == sorted(told["printed"])
    assert told["exitCode"] == 7
    assert told["after"]["error"]["code"] == "RESOURCE_NOT_FOUND"
