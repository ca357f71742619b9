"""What is shown of an address."""

import pytest

from engine.core.sound_address import has_secret, is_address, shown

SECRETS = ("hunter2", "a1b2c3")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("http://radio.example/live.mp3", "http://radio.example/live.mp3"),
        ("HTTPS://Radio.example:8443/live", "https://radio.example:8443/live"),
        ("http://fan:hunter2@radio.example:8000/live", "http://radio.example:8000/live"),
        ("rtsp://admin:hun@ter:hunter2@10.0.0.9/1", "rtsp://10.0.0.9/1"),
        ("https://cdn.example/a.m3u8?token=a1b2c3&q=1", "https://cdn.example/a.m3u8?token=***&q=***"),
        ("https://cdn.example/a.m3u8?a1b2c3", "https://cdn.example/a.m3u8?***"),
        ("https://cdn.example/a.m3u8#a1b2c3", "https://cdn.example/a.m3u8"),
        ("rtsp://cam/user=admin_password=hunter2_channel=1.sdp", "rtsp://cam/user=***"),
        ("https://cdn.example/a1b2c3d4e5f60718293a4b5c6d7e8f90/live.m3u8", "https://cdn.example/***/live.m3u8"),
        ("http://fan:hunter2/@radio.example/live", "http://***"),
        ("http://fan:hunter2@[::1/live", "http://***"),
        ("http://fan:hunter2@[::1]:8000/live", "http://[::1]:8000/live"),
    ],
)
def test_no_password_and_no_token_is_shown(spec: str, expected: str):
    assert shown(spec) == expected
    assert not any(secret in shown(spec) for secret in SECRETS)
    assert has_secret(spec) == any(secret in spec for secret in SECRETS)


@pytest.mark.parametrize("spec", ["mic:Scarlett 2i2", "demo:7", "-", "match.flac", "a/http:/b?c=d", "http:/match.wav"])
def test_what_is_no_address_stays_as_it_is(spec: str):
    assert not is_address(spec)
    assert shown(spec) == spec
    assert not has_secret(spec)
