"""A proxy that cuts connections."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

CHUNK_BYTES = 4096


class CuttingProxy:
    """Passes TCP connections on to a server, and cuts each.

    The next of `budgets` is the number of bytes that the server may answer before. Once they are used up,
    nothing is cut any more.
    """

    def __init__(self, target: str, budgets: Iterable[int]) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 0)
        self._budgets: Iterator[int] = iter(budgets)
        self._turn = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cuts = 0
        self.is_through = threading.Event()
        """Whether nothing is cut any more."""
        self._threads = [threading.Thread(target=self._accept)]
        self._open: set[socket.socket] = set()
        self._threads[0].start()

    def close(self) -> None:
        """End all connections, and every thread."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                thread = threading.Thread(target=self._pass, args=(client,))
                self._threads.append(thread)
                thread.start()

    def _pass(self, client: socket.socket) -> None:
        with self._turn:
            budget = next(self._budgets, None)
            if budget is None:
                self.is_through.set()
        with client, socket.create_connection(self._target) as server:
            self._open |= {client, server}
            asking = threading.Thread(target=_pump, args=(client, server))
            asking.start()
            with contextlib.suppress(OSError):
                while content := server.recv(CHUNK_BYTES):
                    if budget is not None and len(content) > budget:
                        client.sendall(content[:budget])
                        self._cut(client)
                        break
                    client.sendall(content)
                    budget = None if budget is None else budget - len(content)
            for each in (client, server):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            asking.join()
            self._open -= {client, server}

    def _cut(self, client: socket.socket) -> None:
        """Break off as a network does, without a farewell."""
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with self._turn:
            self.cuts += 1


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while content := source.recv(CHUNK_BYTES):
            target.sendall(content)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
