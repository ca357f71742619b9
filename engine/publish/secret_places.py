"""Passwords and keys, from where the settings say they are kept; they stand in no setting, log or session."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from engine.core.errors import UsageError
from engine.core.extras import installing

KEYRING_SERVICE: Final = "acoustic-momentum"
_LONGEST: Final = 4096


def read_secret(place: str, environ: Mapping[str, str] = os.environ) -> str:
    """The secret at ``env:NAME``, ``file:PATH`` (its first line) or ``keyring:NAME``. Raises ``UsageError``."""
    kind, _, name = place.partition(":")
    if kind == "env":
        found = environ.get(name)
    else:
        found = _from_file(name) if kind == "file" else _from_keyring(name)
    if not found:
        raise UsageError(f"{place} holds no secret", _HINTS[kind].format(name=name))
    return found


def _from_file(name: str) -> str:
    path = Path(name).expanduser()
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline(_LONGEST).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(f"the secret in {path} can't be read: {reason}", _HINTS["file"]) from error


def _from_keyring(name: str) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError as error:
        raise needs_extra("keyring") from error
    try:
        found: str | None = keyring.get_password(KEYRING_SERVICE, name)
    except (KeyringError, OSError) as error:
        raise UsageError(
            f"the system's keyring does not answer: {str(error).splitlines()[0] if str(error) else 'locked'}",
            "A service without a desktop has none: keep the secret in a file of your own, file:PATH.",
        ) from error
    return found


def needs_extra(package: str) -> UsageError:
    """What is said where a package of the extra is missing."""
    return UsageError(f"to publish needs the package {package}", f"Install it: {installing('publish')}.")


_HINTS: Final = {
    "env": "Set the variable {name} for this program.",
    "file": "Write it into that file as its first line, for your own eyes: chmod 600.",
    "keyring": f"'keyring set {KEYRING_SERVICE} {{name}}' puts it there.",
}
