"""Sound from addresses: servers of every kind on the loopback address."""

import shutil
import signal
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from engine.audio.deadlines import hangs
from engine.audio.ffmpeg_connection import Patience, connect
from engine.audio.media_file import Decoded, MediaFile
from engine.audio.network_source import LiveAddress, open_address, open_recording, watch_settings
from engine.audio.reconnecting import WatchedSource
from engine.audio.source import AudioSource
from engine.audio.watchdog import Watchdog
from engine.core.errors import DeviceError, ExitCode, InputError, MomentumError, UsageError
from engine.core.grid import SAMPLE_RATE_HZ
from engine.core.signals import AudioBlock, Health
from tests.sound_servers import (
    Asked,
    SoundServer,
    folder,
    icecast,
    in_turn,
    locked,
    rtsp_camera,
    says,
    whole,
)
from tests.unit.engine.audio.sounds import heard, noise, tone, write_av, write_sound

SOON = Patience(answer_s=5.0, silence_s=0.6)


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


class Done:
    """Work done where it is asked for: beside, the made-up time would run ahead of a server that takes real time."""

    done = True

    def __init__(self, work: Callable[[], AudioSource | DeviceError]) -> None:
        self._value = work()

    def result(self) -> AudioSource | DeviceError:
        return self._value


def listen(source: LiveAddress, seconds: float) -> np.ndarray:
    """So many seconds of sound, which must come without a hole."""
    pieces, count = [], 0
    for block in source.blocks():
        if len(block.samples):
            assert block.start == count
            pieces.append(block.samples)
            count += len(block.samples)
        if count >= seconds * SAMPLE_RATE_HZ:
            break
    source.close()
    return np.concatenate(pieces)


def heard_with_gaps(source: Decoded) -> int:
    """How many samples came."""
    return sum(len(block.samples) for block in source.blocks())


def live(url: str, patience: Patience = SOON) -> LiveAddress:
    clock = Clock()
    source = open_address(url, patience=patience, clock=clock, sleep=clock.sleep)
    assert isinstance(source, LiveAddress)
    return source


@pytest.fixture
def flac(tmp_path: Path) -> Path:
    return write_sound(tmp_path / "match.flac", np.stack([noise(8.0, 48000), noise(8.0, 48000, seed=4)], 1), 48000)


@pytest.fixture(scope="module")
def mp3(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_sound(tmp_path_factory.mktemp("mp3") / "town.mp3", tone(44100, 6.0, 2), 44100).read_bytes()


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


def test_a_station_is_live_its_titles_are_no_sound_and_stereo_is_no_louder(mp3: bytes):
    with SoundServer(icecast(mp3)) as server:
        got = listen(live(server.url()), 4.0)
        assert server.asked[0].headers["icy-metadata"] == "1"
    level = np.sqrt(np.mean(got[SAMPLE_RATE_HZ : 3 * SAMPLE_RATE_HZ] ** 2))
    assert level == pytest.approx(0.5 / np.sqrt(2), rel=0.01)
    spectrum = np.abs(np.fft.rfft(got[SAMPLE_RATE_HZ : 2 * SAMPLE_RATE_HZ]))
    assert spectrum.argmax() == 440
    assert spectrum[600:].max() < spectrum.max() / 1000


def test_a_station_is_heard_at_the_pace_of_the_clock_however_fast_it_sends(mp3: bytes):
    clock = Clock()
    with SoundServer(icecast(mp3)) as server:
        source = open_address(server.url(), patience=SOON, clock=clock, sleep=clock.sleep)
        heard_s = 0.0
        for block in islice(source.blocks(), 200):
            heard_s += len(block.samples) / SAMPLE_RATE_HZ
            assert heard_s <= clock.now_s - 100.0 + 0.06
        source.close()
    assert heard_s > 3


def test_a_station_has_no_score(mp3: bytes):
    with SoundServer(icecast(mp3)) as server, pytest.raises(UsageError, match="has no end"):
        open_recording(server.url())


def test_a_station_that_falls_silent_keeps_the_listener_awake_and_is_lost(mp3: bytes):
    with SoundServer(icecast(mp3, times=1, then=Asked.hold)) as server:
        source, beats, samples = live(server.url()), 0, 0
        with pytest.raises(DeviceError, match="broken off"):
            for block in source.blocks():
                beats, samples = beats + (not len(block.samples)), samples + len(block.samples)
        assert beats >= 2
        assert samples > 5 * SAMPLE_RATE_HZ


def test_a_station_that_dies_and_returns_is_one_source_with_a_gap(mp3: bytes):
    """Through the states that a microphone goes through, and asked less and less often while it is away."""
    away, page = says("503 Service Unavailable"), says("200 OK", b"<html>" + b"Back soon! " * 500)
    with SoundServer(in_turn(icecast(mp3, times=1), away, page, icecast(mp3))) as server:
        clock, states = Clock(), []
        first = open_address(server.url(), patience=SOON, clock=clock, sleep=clock.sleep)
        assert isinstance(first, LiveAddress)
        dog = Watchdog(watch_settings(None))
        source = WatchedSource(first, first.open_again, dog, clock, clock.sleep, background=Done)
        blocks: list[AudioBlock] = []
        for block in source.blocks():
            if len(block.samples):
                blocks.append(block)
                dog.heard(clock(), len(block.samples), not block.samples.any())
            else:
                dog.quiet(clock())
            states += [change.health for change in dog.take_changes() if change.health]
            if sum(len(block.samples) for block in blocks) > 10 * SAMPLE_RATE_HZ:
                break
        source.close()
        assert len(server.asked) == 4
    gaps = [after.start - before.end for before, after in pairwise(blocks)]
    assert min(gaps) == 0
    assert sum(gap > 0 for gap in gaps) == 1
    assert max(gaps) > 2 * SAMPLE_RATE_HZ
    assert states == [Health.LOST, Health.RECOVERING]


def test_digital_silence_of_a_broadcast_is_no_reason_to_hang_up():
    dog = Watchdog(watch_settings(None))
    dog.opened(0.0, "town")
    for second in range(60):
        dog.heard(float(second), SAMPLE_RATE_HZ, exact_zeros=True)
    assert dog.take_changes() == []
    assert not dog.reopen_due(60.0)


def test_a_server_that_accepts_and_never_answers_is_a_source_that_is_missing():
    with SoundServer(Asked.hold) as server, pytest.raises(DeviceError, match="does not answer") as caught:
        connect(server.url(), SOON)
    assert caught.value.exit_code is ExitCode.DEVICE


def test_a_name_that_takes_for_ever_to_look_up_is_given_up_and_what_still_comes_is_closed(
    monkeypatch: pytest.MonkeyPatch,
):
    found, closed = threading.Event(), threading.Event()

    def late(*_: object) -> SimpleNamespace:
        found.wait(20)
        return SimpleNamespace(close=closed.set)

    monkeypatch.setattr("engine.audio.ffmpeg_connection._open", late)
    with pytest.raises(DeviceError, match="does not answer: nothing came for 0 s"):
        connect("http://radio.example/live", Patience(answer_s=0.1))
    assert hangs()
    found.set()
    assert closed.wait(20)


def test_ctrl_c_while_an_address_is_silent_is_heard_at_once_and_the_program_then_leaves_without_tidying_up():
    main_thread = threading.main_thread()
    assert main_thread.ident is not None

    def pressed(asked: Asked) -> None:
        signal.pthread_kill(main_thread.ident, signal.SIGINT)
        asked.hold()

    with SoundServer(pressed) as server:
        with pytest.raises(KeyboardInterrupt):
            connect(server.url(), SOON)
        assert hangs()
    for thread in threading.enumerate():
        if thread is not main_thread and thread.name == "given up":
            thread.join(20)
    assert not hangs()


def test_a_thread_that_waits_for_the_net_takes_no_ctrl_c(monkeypatch: pytest.MonkeyPatch):
    blocked: list[set[signal.Signals]] = []

    def asks(*_: object) -> SimpleNamespace:
        blocked.append(set(signal.pthread_sigmask(signal.SIG_BLOCK, ())))
        return SimpleNamespace()

    monkeypatch.setattr("engine.audio.ffmpeg_connection._open", asks)
    connect("http://radio.example/live", SOON)
    assert {signal.SIGINT, signal.SIGTERM, signal.SIGHUP} <= blocked[0]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


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
        connect(server.url("/live?token=a1b2c3", login="fan:hunter2@"), SOON)
    told = f"{caught.value.message} {caught.value.hint} {caught.value.__cause__}"
    assert f"http://127.0.0.1:{server.port}/live?token=***" in told
    assert "hunter2" not in told and "a1b2c3" not in told


def test_nobody_there_is_a_source_that_is_missing():
    with SoundServer(Asked.hold) as server:
        url = server.url()
    with pytest.raises(DeviceError, match="refused"):
        connect(url, SOON)


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
            connect(server.url("/live", login="fan:hunter2@"), SOON).close()
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
        connect(address, SOON)


@pytest.fixture
def hls(tmp_path: Path) -> Iterator[Path]:
    """A playlist of six pieces of a second, made by PyAV."""
    import av

    parts = tmp_path / "hls"
    parts.mkdir()
    options = {"hls_time": "1", "hls_list_size": "0"}
    with av.open(str(parts / "live.m3u8"), "w", format="hls", options=options) as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        sound = tone(44100, 6.0)[:, 0]
        for first in range(0, len(sound) - 1024, 1024):
            frame = av.AudioFrame.from_ndarray(sound[None, first : first + 1024], format="fltp", layout="mono")
            frame.rate, frame.pts = 44100, first
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert len(list(parts.glob("*.ts"))) >= 5
    yield parts


def test_an_hls_playlist_with_an_end_is_a_recording(hls: Path):
    with SoundServer(folder(hls)) as server:
        source = open_recording(server.url("/live.m3u8?token=a1b2c3"))
        assert source.duration_s == pytest.approx(6.0, abs=0.1)
        got = heard(source)
    assert len(got) == pytest.approx(6 * SAMPLE_RATE_HZ, rel=0.01)
    assert np.abs(np.fft.rfft(got[SAMPLE_RATE_HZ : 2 * SAMPLE_RATE_HZ])).argmax() == 440


def test_an_hls_playlist_without_an_end_is_live_until_the_end_is_written(hls: Path):
    ends = {"live": True}

    def still_open(data: bytes) -> bytes:
        return data.replace(b"#EXT-X-ENDLIST\n", b"") if ends["live"] else data

    with SoundServer(folder(hls, still_open)) as server:
        first, clock = live(server.url("/live.m3u8")), Clock()
        dog = Watchdog(watch_settings(None))
        samples = 0
        for block in WatchedSource(first, first.open_again, dog, clock, clock.sleep, background=Done).blocks():
            samples += len(block.samples)
            ends["live"] = samples < SAMPLE_RATE_HZ
    assert samples == pytest.approx(3 * SAMPLE_RATE_HZ, rel=0.05)  # live begins three pieces before the end


def test_damage_in_a_file_that_came_whole_is_a_bad_file(tmp_path: Path):
    data = bytearray(write_av(tmp_path / "match.m4a", "aac", tone(44100, 5.0), 44100).read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = b"\xff" * 2000
    with SoundServer(whole(bytes(data))) as server, pytest.raises(InputError, match="breaks off at"):
        heard(open_recording(server.url()))


@pytest.mark.parametrize("scheme", ["file://", ""])
def test_a_playlist_reads_no_local_file(hls: Path, scheme: str):
    local = hls / "live1.ts"
    theirs = hls.parent / "theirs.ts"
    shutil.move(local, theirs)
    with SoundServer(folder(hls, lambda data: data.replace(b"live1.ts", f"{scheme}{theirs}".encode()))) as server:
        got = heard_with_gaps(open_recording(server.url("/live.m3u8")))
    assert got == pytest.approx(5 * SAMPLE_RATE_HZ, rel=0.03)


def test_lists_of_other_kinds_are_not_followed(hls: Path):
    script = f"ffconcat version 1.0\nfile {hls / 'live1.ts'}\n".encode()
    with SoundServer(says("200 OK", script)) as server, pytest.raises(InputError, match="is a list"):
        connect(server.url("/list.ffconcat"), SOON)


def test_a_camera_is_heard_over_rtsp():
    sound = (tone(8000, 5.0)[:, 0] * 32000).astype(np.int16)
    with SoundServer(rtsp_camera(np.tile(sound, 4))) as server:
        got = listen(live(server.url("/1", scheme="rtsp")), 4.0)
    assert np.abs(np.fft.rfft(got[2 * SAMPLE_RATE_HZ : 3 * SAMPLE_RATE_HZ])).argmax() == 440
    level = np.sqrt(np.mean(got[2 * SAMPLE_RATE_HZ : 3 * SAMPLE_RATE_HZ] ** 2))
    assert level == pytest.approx(0.5 * 32000 / 32768 / np.sqrt(2), rel=0.02)


def test_a_camera_that_hangs_up_is_lost():
    sound = (tone(8000, 2.0)[:, 0] * 32000).astype(np.int16)
    with (
        SoundServer(rtsp_camera(sound, then=lambda asked: None)) as server,
        pytest.raises(DeviceError, match="broken off"),
    ):
        list(live(server.url("/1", scheme="rtsp")).blocks())


def test_a_camera_that_never_answers_is_missing():
    with SoundServer(Asked.hold) as server, pytest.raises(DeviceError) as caught:
        connect(server.url("/1?user=fan&password=hunter2", scheme="rtsp"), SOON)
    assert "hunter2" not in caught.value.message


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
            connect(url, SOON)
        assert "certificate" in caught.value.message
        monkeypatch.setenv("SSL_CERT_FILE", str(own))
        connect(url, SOON).close()
