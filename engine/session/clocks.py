"""The clocks that a session is written by, handed in so that tests can turn them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The computer's clock, which anybody may set at any moment."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clocks:
    """``monotonic`` (s) orders and measures everything; ``utc`` only says once what time it was at the start."""

    monotonic: Callable[[], float] = time.monotonic
    utc: Callable[[], datetime] = utc_now


def iso(moment: datetime) -> str:
    """UTC in ISO 8601 to the second, as in the first line of a run."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
