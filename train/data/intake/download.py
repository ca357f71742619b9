"""Sound from a URL through ``yt-dlp``, where a person has installed it. The program itself fetches nothing."""

import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from engine.core.errors import InputError, MomentumError, UsageError
from engine.core.sound_address import shown
from engine.football.json_document import is_plain

PROGRAM = "yt-dlp"
_SCHEMES = ("http", "https")
_STDERR = 2
"""Stdout belongs to the data. A descriptor, since Python's own stderr may be a stand-in without one."""


def is_url(text: str) -> bool:
    """Whether ``text`` names something on the net and not a file."""
    return "://" in text


def check_url(url: str) -> None:
    """Raises ``UsageError`` for anything but a plain web address."""
    parts = urlsplit(url) if is_plain(url) and not any(letter.isspace() for letter in url) else None
    if parts is None or parts.scheme not in _SCHEMES or not parts.hostname:
        raise UsageError(
            f"{shown(url)[:80]!a} is no web address", "Give an address that starts with https://, or a file."
        )


def download(url: str, folder: Path, program: str = PROGRAM) -> Path:
    """Have ``yt-dlp`` fetch the best sound behind ``url`` into the empty ``folder``; the file that came.

    What it prints goes to stderr, so that a person sees its progress. Raises ``UsageError`` for a bad address,
    ``MomentumError`` where the program is not installed or failed, ``InputError`` when it left no file.
    """
    check_url(url)
    found = shutil.which(program)
    if found is None:
        raise MomentumError(
            f"{program} is not installed, and only it can fetch {shown(url)}",
            f"pip install {program}, or download the sound yourself and give the file.",
        )
    # A list of arguments and no shell; "--" keeps an address from being read as an option.
    command = [found, "--no-playlist", "--format", "bestaudio/best", "--paths", str(folder),
               "--output", "sound.%(ext)s", "--", url]  # fmt: skip
    try:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=_STDERR, check=False)
    except OSError as error:
        raise MomentumError(f"{found} can't be run: {error.strerror}", f"Install {program} again.") from error
    if result.returncode != 0:
        raise MomentumError(
            f"{program} could not fetch {shown(url)} (exit {result.returncode})", "What it printed above says why."
        )
    files = [path for path in folder.iterdir() if path.is_file() and path.suffix not in (".part", ".ytdl")]
    if len(files) != 1:
        raise InputError(f"{program} left {len(files)} files instead of one", "Give the address of a single recording.")
    return files[0]
