"""Clients that leave before they are answered."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from urllib.parse import urlsplit

from tests.support.server import ServerProcess


def test_clients_that_leave_in_their_handshake_are_no_defect_of_the_server(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server()
    at = urlsplit(server.url)
    upgrade = (
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {at.netloc}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    for _ in range(40):
        client = socket.create_connection(("127.0.0.1", at.port))
        client.sendall(upgrade.encode())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()  # with a reset
    assert server.request("GET", "/api/health").status == 200
    assert "Traceback" not in server.log
