"""Playlists, and cameras over RTSP."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.audio.ffmpeg_connection import connect
from engine.audio.network_source import open_recording, watch_settings
from engine.audio.reconnecting import WatchedSource
from engine.audio.watchdog import Watchdog
from engine.core.errors import DeviceError, InputError
from engine.core.grid import SAMPLE_RATE_HZ
from tests.sound_servers import (
    Asked,
    SoundServer,
    folder,
    rtsp_camera,
    says,
)
from tests.unit.engine.audio.from_addresses import PATIENT, SOON, Clock, Done, heard_with_gaps, listen, live
from tests.unit.engine.audio.sounds import heard, tone


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
        connect(server.url("/list.ffconcat"), PATIENT)


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
