"""Who made a file of a Debian package and on which terms, as its machine-readable copyright file says (DEP-5).

The last paragraph whose pattern fits a file counts; patterns are those of the source package, in which ``*`` stands
for anything, slashes included.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

_YEARS: Final = re.compile(r"^(copyright\s+)?(\(c\)|©)?\s*[\d,;\s–-]*", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"\s*[<(][^>)]*[@:/][^>)]*[>)]")


class Terms(NamedTuple):
    """On which terms a file is given, and who made it."""

    licence: str
    author: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """The terms of all files whose names fit one of ``patterns``."""

    patterns: tuple[str, ...]
    terms: Terms


def read_copyright(text: str) -> list[Paragraph]:
    """All paragraphs about files, in their order; none where the text is not machine-readable."""
    found = []
    for fields in _fields(text):
        if "files" in fields:
            licence = (fields.get("license") or fields.get("licence") or "").split("\n")[0].strip()
            patterns = tuple(fields["files"].replace(",", " ").split())
            found.append(Paragraph(patterns, Terms(licence or "not stated", author_of(fields.get("copyright", "")))))
    return found


def terms_of(path: str, paragraphs: list[Paragraph]) -> Terms | None:
    """The terms of a file by its name in the source package; None where no paragraph speaks of it."""
    for paragraph in reversed(paragraphs):
        if any(fnmatchcase(path, pattern.removeprefix("./")) for pattern in paragraph.patterns):
            return paragraph.terms
    return None


def author_of(copyright_field: str) -> str:
    """The names in a copyright field, without years and addresses, at most three of them."""
    names: list[str] = []
    for line in copyright_field.splitlines():
        name = _ADDRESS.sub("", _YEARS.sub("", line.strip())).strip(" ,;.")
        if name and name not in names:
            names.append(name)
    return ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")


def _fields(text: str) -> Iterator[dict[str, str]]:
    for paragraph in re.split(r"\n[ \t]*\n", text):
        fields: dict[str, str] = {}
        key = ""
        for line in paragraph.splitlines():
            if line[:1] in (" ", "\t"):
                if key:
                    fields[key] += "\n" + line.strip()
            elif ":" in line:
                name, _, value = line.partition(":")
                key = name.strip().lower()
                fields[key] = value.strip()
        yield fields
