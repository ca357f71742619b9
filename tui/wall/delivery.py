"""What reaches the wall from a venue, whoever brings it: a broker, a session on this machine, the demonstration."""

from typing import Final, NamedTuple, TypeAlias

from engine.core.signals import Event

FRESH_S: Final = 2.5
"""A number that is older than this, by when it arrived here, is not shown any more."""


class Presence(NamedTuple):
    """Whether a venue's publisher is there: its own word, or the last will that the broker keeps for it."""

    online: bool


class Score(NamedTuple):
    """The score as somebody at the venue marked it, in words such as ``2-1``."""

    text: str


News: TypeAlias = Event | Presence | Score


class Delivery(NamedTuple):
    """One message of a venue.

    ``venue`` is the key it goes by, as it was sent; ``arrived_s`` is this machine's monotonic clock. A message is
    ``late`` where it was sent anew after an outage, and ``retained`` where the broker kept it for whoever comes:
    neither says how things stand now. ``behind_s`` is how much later than it was sent it arrived, by two clocks of
    which either may be wrong; ``heard`` is what the crowd does, in a word, where the message says it, and ``name`` the
    venue as its settings spell it.
    """

    venue: str
    session: str
    news: News
    arrived_s: float
    behind_s: float | None = None
    late: bool = False
    retained: bool = False
    heard: str = ""
    name: str = ""
