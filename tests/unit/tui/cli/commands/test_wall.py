"""``momentum wall``: whose venues it shows, and what it says when it can't."""

import sys
from pathlib import Path

import pytest

from engine.core.errors import ExitCode, MomentumError, UsageError
from engine.core.publish_settings import PublishSettings
from tui.cli.commands.wall import _source
from tui.cli.main import main
from tui.monitor.settings import settings_for
from tui.wall.sources.broker import BrokerSource
from tui.wall.sources.broker_address import address_of, read_address
from tui.wall.sources.sessions import SessionsSource


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOMENTUM_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("text", "title", "port"),
    [
        ("mqtt://desk", "mqtt://desk", 1883),
        ("mqtts://me:secret@desk.example", "mqtts://desk.example", 8883),
        ("mqtt://[::1]:1884/club/momentum", "mqtt://[::1]:1884/club/momentum", 1884),
    ],
)
def test_an_address_is_read_and_shown_without_its_secrets(text: str, title: str, port: int) -> None:
    address = read_address(text)
    assert (address.title, address.port) == (title, port)
    assert "secret" not in repr(address)


@pytest.mark.parametrize("text", ["http://desk", "mqtt://", "mqtt://desk:x", "mqtt://desk/a/+", "mqtt://desk?q=1"])
def test_another_address_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(UsageError):
        read_address(text)


def test_the_broker_of_the_settings_is_the_default(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK", "opensesame")
    file = home / "config" / "config.toml"
    file.parent.mkdir()
    file.write_text('[publish.mqtt]\nbroker = "desk.example:1999"\nuser = "me"\npassword_from = "env:DESK"\n')
    source = _source(None, None, settings_for({}))
    assert isinstance(source, BrokerSource)
    assert source.title == "mqtt://desk.example:1999"
    assert isinstance(_source(None, None, None), SessionsSource)
    assert address_of(PublishSettings(), None) is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["demo:0"], "1 to 256 venues"),
        (["nowhere"], "there is no folder 'nowhere'"),
        (["demo:3", "--sessions"], "name two places"),
        (["demo:3"], "the wall needs a terminal"),
    ],
)
def test_what_it_can_not_show_is_said_in_two_lines(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["wall", *arguments]) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 2


def test_without_the_extra_two_lines_say_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    with pytest.raises(MomentumError) as refused:
        BrokerSource(read_address("mqtt://desk")).open()
    assert "paho-mqtt" in refused.value.message
    assert "[publish]" in refused.value.hint


def test_the_command_imports_neither_textual_nor_paho_before_it_must() -> None:
    import subprocess

    code = "import sys, tui.cli.commands.wall; print({'textual', 'paho', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "set()"
