"""Addresses of sound on the net, and how they may be shown: passwords and tokens in them are nobody's business."""

import re
from typing import Final
from urllib.parse import urlsplit

SCHEMES: Final = ("http", "https", "rtsp")
HIDDEN: Final = "***"

_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_VALUE: Final = re.compile(r"=[^/]+")
_TOKEN: Final = re.compile(r"(?<=/)(?=[^/]*\d)[A-Za-z0-9_-]{24,}(?=[/.]|$)")
"""A part of a path that no person has thought up."""


def is_address(spec: str) -> bool:
    """Whether ``spec`` names something on the net and not a file."""
    return _ADDRESS.match(spec) is not None


def shown(spec: str) -> str:
    """``spec`` as it may stand on a screen, in a session or in a log; what is no address stays as it is.

    Name and password are left out, and every value of the query is hidden, since any of them may open the door: so are
    values in the path and parts of it that look like tokens.
    """
    if not is_address(spec):
        return spec
    scheme = spec.partition("://")[0].lower()
    try:
        parts = urlsplit(spec)
        host, port = parts.hostname, parts.port
    except ValueError:  # a broken address may carry its password anywhere
        return f"{scheme}://{HIDDEN}"
    host = f"[{host}]" if host and ":" in host else host or ""
    path = _TOKEN.sub(HIDDEN, _VALUE.sub(f"={HIDDEN}", parts.path))
    query = "&".join(map(_without_value, parts.query.split("&"))) if parts.query else ""
    return f"{scheme}://{host}{f':{port}' if port else ''}{path}{f'?{query}' if query else ''}"


def has_secret(spec: str) -> bool:
    """Whether something of ``spec`` is hidden when it is shown."""
    return is_address(spec) and shown(spec).lower() != spec.rstrip("?#").lower()


def _without_value(part: str) -> str:
    name, has_value, _ = part.partition("=")
    return f"{name}={HIDDEN}" if has_value else HIDDEN
