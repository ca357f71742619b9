"""Whole files from addresses, and which addresses are refused: servers on the loopback address."""

import shutil
import ssl
import subprocess
from pathlib import Path

import numpy as np
import pytest

from engine.audio.ffmpeg_connection import connect
from engine.audio.media_file import MediaFile
from engine.audio.network_source import open_recording
from engine.core.errors import DeviceError, ExitCode, InputError, MomentumError, UsageError
from engine.core.grid import SAMPLE_RATE_HZ
from tests.sound_servers import (
    Asked,
    SoundServer,
    icecast,
    locked,
    says,
    whole,
)
from tests.unit.engine.audio.from_addresses import PATIENT, listen, live
from tests.unit.engine.audio.sounds import heard, tone, write_av


@pytest.mark.parametrize("ranges", [True, False])
def test_a_whole_file_is_the_same_sound_as_from_the_disk(flac: Path, ranges: bool):
    with SoundServer(whole(flac.read_bytes(), ranges)) as server:
        source = open_recording(server.url("/match.flac"))
        assert (source.live, source.duration_s) == (False, 8.0)
        assert np.array_equal(heard(source), heard(MediaFile(flac)))


def test_an_mp4_with_its_tables_at_the_end_is_read(tmp_path: Path):
    file = write_av(tmp_path / "match.m4a", "aac", tone(44100, 5.0), 44100)
    with SoundServer(whole(file.read_bytes())) as server:
        assert np.array_equal(heard(open_recording(server.url())), heard(MediaFile(file)))


def test_a_file_that_breaks_off_is_asked_for_from_there(flac: Path):
    data = flac.read_bytes()
    with SoundServer(whole(data, at_once=len(data) // 2 + 5)) as server:
        assert np.array_equal(heard(open_recording(server.url())), heard(MediaFile(flac)))
        assert len(server.asked) > 1


def test_a_file_that_breaks_off_for_good_is_heard_until_there_and_then_a_lost_source(flac: Path):
    data = flac.read_bytes()
    with SoundServer(whole(data, ranges=False, at_once=len(data) // 2)) as server:
        pieces = []
        with pytest.raises(DeviceError, match=r"breaks off at [34]\.\d s of 8\.0 s") as caught:
            for block in open_recording(server.url()).blocks():
                pieces.append(block.samples)
        assert caught.value.exit_code is ExitCode.DEVICE
        got = np.concatenate(pieces)
        assert len(got) > 3 * SAMPLE_RATE_HZ
        assert np.array_equal(got[:50_000], heard(MediaFile(flac))[:50_000])


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (says("404 Not Found"), DeviceError, "Server returned 404 Not Found.$"),
        (says("500 Oh"), DeviceError, "5XX Server Error reply.$"),
        (says("401 Unauthorized", WWW_Authenticate='Basic realm="x"'), DeviceError, "does not let us in"),
        (says("403 Forbidden"), DeviceError, "does not let us in"),
        (says("200 OK", b"<html><body>" + b"Listen here! " * 400), InputError, "nothing that can be read as sound"),
        (says("302 Found", Location="file:///etc/passwd"), InputError, "leads to another kind"),
        (says("302 Found", Location="rtmp://127.0.0.1:1/x"), InputError, "leads to another kind"),
        (lambda asked: None, DeviceError, "can't be reached"),
    ],
)  # fmt: skip
def test_what_is_refused_is_told_without_the_password(answer, kind: type[MomentumError], said: str):
    with SoundServer(answer) as server, pytest.raises(kind, match=said) as caught:
        connect(server.url("/live?token=a1b2c3", login="fan:hunter2@"), PATIENT)
    told = f"{caught.value.message} {caught.value.hint} {caught.value.__cause__}"
    assert f"http://127.0.0.1:{server.port}/live?token=***" in told
    assert "hunter2" not in told and "a1b2c3" not in told


def test_nobody_there_is_a_source_that_is_missing():
    with SoundServer(Asked.hold) as server:
        url = server.url()
    with pytest.raises(DeviceError, match="refused"):
        connect(url, PATIENT)


def test_a_name_and_a_password_open_and_are_not_in_the_name(mp3: bytes):
    with SoundServer(locked("fan:hunter2", icecast(mp3))) as server:
        source = live(server.url("/live", login="fan:hunter2@"))
        assert source.name == server.url("/live")
        assert "hunter2" not in repr(source)
        assert len(listen(source, 1.0))


def test_a_password_is_not_told_to_whom_a_server_sends_us_on(mp3: bytes):
    with SoundServer(icecast(mp3)) as other:
        on = locked("fan:hunter2", says("302 Found", Location=other.url("/elsewhere")))
        with SoundServer(on) as server:
            connect(server.url("/live", login="fan:hunter2@"), PATIENT).close()
        assert "authorization" in server.asked[-1].headers
        assert [asked.path for asked in other.asked] == ["/elsewhere"]
        assert not any("hunter2" in str(asked.headers) or "authorization" in asked.headers for asked in other.asked)


@pytest.mark.parametrize(
    "address",
    ["ftp://host/x", "file:///etc/passwd", "rtmp://host/x", "concat://a", "http://", "http://h/a b", "http://h:0/x",
     "http://h/\x1b[2J", "http://h:port/x", "data://x"],
)  # fmt: skip
def test_other_kinds_of_addresses_are_refused_before_anything_is_opened(address: str):
    with pytest.raises(UsageError, match="no address that can be listened to"):
        connect(address, PATIENT)


def test_damage_in_a_file_that_came_whole_is_a_bad_file(tmp_path: Path):
    data = bytearray(write_av(tmp_path / "match.m4a", "aac", tone(44100, 5.0), 44100).read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = b"\xff" * 2000
    with SoundServer(whole(bytes(data))) as server, pytest.raises(InputError, match="breaks off at"):
        heard(open_recording(server.url()))


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate")
def test_https_must_show_a_certificate_that_holds(tmp_path: Path, mp3: bytes, monkeypatch: pytest.MonkeyPatch):
    own, key = tmp_path / "own.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(own)]
    subprocess.run(command, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(own, key)
    with SoundServer(icecast(mp3), tls) as server:
        url = server.url("/live", scheme="https")
        with pytest.raises(DeviceError, match="can't be reached") as caught:
            connect(url, PATIENT)
        assert "certificate" in caught.value.message
        monkeypatch.setenv("SSL_CERT_FILE", str(own))
        connect(url, PATIENT).close()
