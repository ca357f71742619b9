"""A receiver of webhooks that fails as it is told to, and keeps what it took."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

PATIENCE_S: Final = 60.0
STALL: Final = -1
HANG_UP: Final = -2


@dataclass
class Receiver:
    """``answers`` are statuses for one request after the other, then 200 for all; with headers where a pair."""

    answers: list[int | tuple[int, Mapping[str, str]]] = field(default_factory=list)
    port: int = 0
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    """Every request: its headers and body."""
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    """Those that were answered with a success; of one that comes again, its first coming."""
    changed: threading.Condition = field(default_factory=threading.Condition)
    leaving: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/T0123"

    def until(self, enough: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(enough, PATIENCE_S), (len(self.asked), len(self.taken))

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.taken]


@contextmanager
def receiving(answers: Iterable[int | tuple[int, Mapping[str, str]]] = (), port: int = 0) -> Iterator[Receiver]:
    """A receiver that is there while inside."""
    receiver = Receiver(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with receiver.changed:
                receiver.asked.append((headers, body))
                answer = receiver.answers.pop(0) if receiver.answers else 200
                status, more = answer if isinstance(answer, tuple) else (answer, {})
                if 200 <= status < 300 and headers["webhook-id"] not in receiver.ids():
                    receiver.taken.append((headers, body))
                receiver.changed.notify_all()
            if status == STALL:
                receiver.leaving.wait(PATIENCE_S)
            if status < 0:
                return
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.end_headers()
            # A receiver may say what it likes, and for ever.
            with suppress(OSError):
                self.wfile.write(b"x" * 1_000_000)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield receiver
    finally:
        receiver.leaving.set()
        server.shutdown()
        server.server_close()
