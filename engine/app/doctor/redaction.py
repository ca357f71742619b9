"""What must not stand in a text that is sent to somebody else: passwords, tokens, and who the person is."""

import os
import re
from pathlib import Path
from typing import Final

HIDDEN: Final = "***"

_SECRET: Final = (
    r"(?:[\w-]*(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|cookie|credentials?|signature)[\w-]*|auth)"
)
_VALUE: Final = r"(?:'[^']*'|\"[^\"]*\"|[^\s,;&]+)"
_SCHEME: Final = r"\b[a-z][a-z0-9+.-]*://"
_REPLACED: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), instead)
    for pattern, instead in (
        # Of an address scheme and host stay, or the scheme alone where a name or a password is in it: keys are often
        # part of the path.
        (rf"({_SCHEME})[^\s'\"]*@[^\s'\"]*", rf"\1{HIDDEN}"),
        (rf"({_SCHEME}[^\s/?#'\"]+)[/?#][^\s'\"]*", rf"\1/{HIDDEN}"),
        (r"(\bauthorization['\"]?\s*[=:]\s*['\"]?)[^'\"]+", rf"\1{HIDDEN}"),
        (r"(\bbearer\s+)[\w.~+/=-]+", rf"\1{HIDDEN}"),
        (rf"(\b{_SECRET}['\"]?\s*[=:]\s*){_VALUE}", rf"\1{HIDDEN}"),
        (rf"(--?{_SECRET}\s+){_VALUE}", rf"\1{HIDDEN}"),
        # A command that was refused is quoted whole.
        (r"(on[_-]spike\b[^'\"]*)['\"].*", rf"\1{HIDDEN}"),
    )
)


def discreet(text: str, home: Path) -> str:
    """``text`` with ``***`` for what looks like a secret, and ``~`` for the person's home folder."""
    for pattern, instead in _REPLACED:
        text = pattern.sub(instead, text)
    for folder in sorted({str(home), os.path.realpath(home)}, key=len, reverse=True):
        if len(folder) > 1:
            text = re.sub(rf"(?<![\w.-]){re.escape(folder)}(?![\w.-])", "~", text)
    return text
