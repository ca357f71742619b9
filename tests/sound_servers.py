"""Servers on the loopback address that send sound, as good and as bad as those out there."""

import re
import socketserver
import ssl
import struct
import threading
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


@dataclass
class Asked:
    """One request, and the means to answer it."""

    method: str
    path: str
    headers: dict[str, str]
    server: "SoundServer"
    send: Callable[[bytes], None]
    number: int
    read: Callable[[], "Asked | None"] = field(repr=False)

    def head(self, status: str = "200 OK", **headers: object) -> None:
        """The answer's first lines."""
        lines = [f"HTTP/1.1 {status}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join([*lines, "", ""]).encode())

    def hold(self) -> None:
        """Send nothing more, and keep the line open until the server goes."""
        self.server.going.wait()


Answer = Callable[[Asked], None]


class SoundServer:
    """Answers every request as ``answer`` says, each in a thread; a context, at the end of which it is gone."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self.going = threading.Event()
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                try:
                    if (asked := self.read()) is not None:
                        outer.answer(asked)
                except (ConnectionError, ValueError):  # whoever asked has hung up
                    pass

            def read(self) -> Asked | None:
                first = self.rfile.readline().decode().split()
                if len(first) < 2:
                    return None
                headers = {}
                while line := self.rfile.readline().decode().strip():
                    name, _, value = line.partition(":")
                    headers[name.lower()] = value.strip()
                asked = Asked(first[0], first[1], headers, outer, self.wfile.write, len(outer.asked), self.read)
                outer.asked.append(asked)
                return asked

        class Threads(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_: object) -> None:
                """A handshake that was refused is what some tests are about."""

        self._server = Threads(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def url(self, path: str = "/sound", login: str = "", scheme: str = "http") -> str:
        """The address of something on it."""
        return f"{scheme}://{login}127.0.0.1:{self.port}{path}"

    def __enter__(self) -> "SoundServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.going.set()
        self._server.shutdown()
        self._server.server_close()


def whole(data: bytes, ranges: bool = True, at_once: int | None = None) -> Answer:
    """A file with its length; each answer breaks off after ``at_once`` bytes."""

    def answer(asked: Asked) -> None:
        begin = int(re.findall(r"\d+", asked.headers.get("range", "0"))[0]) if ranges else 0
        if "range" in asked.headers and ranges:
            span = f"bytes {begin}-{len(data) - 1}/{len(data)}"
            asked.head("206 Partial", Content_Length=len(data) - begin, Content_Range=span, Accept_Ranges="bytes")
        else:
            asked.head(Content_Length=len(data))
        asked.send(data[begin:][:at_once])

    return answer


def folder(path: Path, edit: Callable[[bytes], bytes] = lambda data: data) -> Answer:
    """The files of a folder; ``edit`` changes playlists."""

    def answer(asked: Asked) -> None:
        file = path / asked.path.partition("?")[0].lstrip("/")
        if not file.is_file():
            asked.head("404 Not Found", Content_Length=0)
            return
        data = edit(file.read_bytes()) if file.suffix == ".m3u8" else file.read_bytes()
        asked.head(Content_Length=len(data))
        asked.send(data)

    return answer


def icecast(data: bytes, times: int | None = None, every: int = 4096, then: Answer = lambda asked: None) -> Answer:
    """A station: ``data`` again and again with titles in between, then what ``then`` does. None: for ever."""

    def answer(asked: Asked) -> None:
        asked.send(b"ICY 200 OK\r\nicy-name: Town\r\nContent-Type: audio/mpeg\r\n")
        asked.send(f"icy-metaint: {every}\r\n\r\n".encode())
        title = b"StreamTitle='Town - City';"
        title = bytes([-(-len(title) // 16)]) + title + bytes(-len(title) % 16)
        rest, done = b"", 0
        while done != times and not asked.server.going.is_set():
            rest, done = rest + data, done + 1
            while len(rest) >= every:
                asked.send(rest[:every] + title)
                rest = rest[every:]
        asked.send(rest)
        then(asked)

    return answer


def says(status: str, body: bytes = b"", **headers: object) -> Answer:
    """Nothing but this."""

    def answer(asked: Asked) -> None:
        asked.head(status, Content_Length=len(body), **headers)
        asked.send(body)

    return answer


def locked(login: str, answer: Answer) -> Answer:
    """Only for who knows ``name:password``."""
    right = "Basic " + b64encode(login.encode()).decode()

    def guard(asked: Asked) -> None:
        if asked.headers.get("authorization") == right:
            answer(asked)
        else:
            says("401 Unauthorized", WWW_Authenticate='Basic realm="ground"')(asked)

    return guard


def in_turn(*answers: Answer) -> Answer:
    """The first answer to the first request, and so on; the last to all that follow."""
    return lambda asked: answers[min(asked.number, len(answers) - 1)](asked)


def rtsp_camera(sound: np.ndarray, then: Answer = Asked.hold) -> Answer:
    """A camera's microphone: int16 at 8000 Hz as µ-law, in packets of 20 ms over the one connection."""

    def answer(asked: Asked | None) -> None:
        while asked is not None:
            more = {"OPTIONS": "Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n", "DESCRIBE": "", "PLAY": "Session: 7\r\n"}
            reply, body = more.get(asked.method, "Session: 7\r\n"), b""
            if asked.method == "DESCRIBE":
                body = b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\na=control:sound\r\n"
                reply = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
            if asked.method == "SETUP":
                reply = "Session: 7\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
            asked.send(f"RTSP/1.0 200 OK\r\nCSeq: {asked.headers['cseq']}\r\n{reply}\r\n".encode() + body)
            if asked.method == "PLAY":
                break
            asked = asked.read()
        if asked is None:
            return
        for number, begin in enumerate(range(0, len(sound) - 159, 160)):
            packet = struct.pack(">BBHII", 0x80, 0, number & 0xFFFF, begin, 1) + mu_law(sound[begin : begin + 160])
            asked.send(b"$\0" + struct.pack(">H", len(packet)) + packet)
        then(asked)

    return answer


def mu_law(samples: np.ndarray) -> bytes:
    """G.711 of int16."""
    values = np.minimum(np.abs(samples.astype(np.int32)), 32635) + 132
    exponent = np.floor(np.log2(values)).astype(np.int32) - 7
    mantissa = (values >> (exponent + 3)) & 15
    sign = np.where(samples < 0, 128, 0)
    return (~(sign | (exponent << 4) | mantissa) & 255).astype(np.uint8).tobytes()
