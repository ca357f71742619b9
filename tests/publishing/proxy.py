"""A network between two ends that can be cut, and can swallow everything without a word."""

import socket
import threading
from contextlib import suppress
from typing import Final

_CHUNK: Final = 65_536


class Proxy:
    """Hands on to ``port`` what comes to its own ``port``.

    ``cut`` ends all connections and takes no new one, ``stall`` takes everything and hands on nothing, ``mend`` is as
    at the beginning; what was swallowed stays lost, and so do its connections.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._cut = self._stalled = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._change = threading.Lock()
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._cut = True
        self._drop()

    def stall(self) -> None:
        self._stalled = True

    def mend(self) -> None:
        if self._stalled:
            self._drop()
        self._cut = self._stalled = False

    def close(self) -> None:
        self._closed = True
        self._drop()
        # A socket that another thread waits at is not closed before that has been woken.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                if self._cut:
                    raise OSError
                far = socket.create_connection(("127.0.0.1", self._to), 5.0)
                far.settimeout(None)
            except OSError:
                near.close()
                continue
            with self._change:
                self._pairs.append((near, far))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                if not self._stalled:
                    target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _drop(self) -> None:
        with self._change:
            pairs, self._pairs = self._pairs, []
        for end in (end for pair in pairs for end in pair):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
