"""Where a password may be kept, and what is said where there is none."""

import sys

import pytest

from engine.core.errors import UsageError
from engine.publish.secret_places import read_secret


def test_a_secret_comes_from_the_environment_or_the_first_line_of_a_file(tmp_path):
    (tmp_path / "secret").write_text("hunter2\nnot this\n")
    assert read_secret("env:X", {"X": "hunter2"}) == "hunter2"
    assert read_secret(f"file:{tmp_path / 'secret'}", {}) == "hunter2"


def test_a_secret_comes_from_the_keyring(monkeypatch):
    import keyring

    kept = {("acoustic-momentum", "broker"): "hunter2"}
    monkeypatch.setattr(keyring, "get_password", lambda service, name: kept.get((service, name)))
    assert read_secret("keyring:broker", {}) == "hunter2"
    with pytest.raises(UsageError, match="keyring:other holds no secret") as raised:
        read_secret("keyring:other", {})
    assert raised.value.hint == "'keyring set acoustic-momentum other' puts it there."


def test_a_machine_without_a_keyring_is_told_of_a_file(monkeypatch):
    import keyring
    from keyring.errors import NoKeyringError

    def nobody(service, name):
        raise NoKeyringError("No recommended backend was available.\nlong text")

    monkeypatch.setattr(keyring, "get_password", nobody)
    with pytest.raises(UsageError, match="keyring does not answer: No recommended backend") as raised:
        read_secret("keyring:broker", {})
    assert "file:PATH" in raised.value.hint
    assert "\n" not in raised.value.message


@pytest.mark.parametrize(("place", "said"), [("env:X", "Set the variable X"), ("file:/nowhere/x", "first line")])
def test_a_missing_secret_is_told_with_where_it_belongs(place, said):
    with pytest.raises(UsageError) as raised:
        read_secret(place, {})
    assert said in raised.value.hint


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(UsageError) as raised:
        read_secret("keyring:broker", {})
    assert "acoustic-momentum[publish]" in raised.value.hint
