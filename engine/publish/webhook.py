"""The sender to a webhook: one POST after the other, signed, tried until the receiver has taken it."""

import base64
import hashlib
import hmac
import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import TYPE_CHECKING, Final

from engine.core.errors import MomentumError
from engine.core.publish_settings import WebhookSettings
from engine.publish.backlog import Backlogs, Item
from engine.publish.messages import Message
from engine.publish.secret_places import needs_extra, read_secret
from engine.publish.sender import Sender
from engine.publish.webhook_body import body_of

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

TIMEOUT_S: Final = 10.0
RETRY_S: Final = (1.0, 300.0)
"""How long it waits before it sends again: at first, and at most."""
LONGEST_REST_S: Final = 3600.0
"""A receiver may ask for a rest; not for a longer one."""
_LOOK_S: Final = 0.1
_REFUSALS: Final = frozenset({400, 413, 415, 422})
"""Answers that mean this one message and not the receiver's state."""
_REFUSED_AFTER: Final = 5


class WebhookSender(Sender):
    """Posts what the receiver wants to hear of.

    The same message has the same ``webhook-id`` however often it is sent, so that a receiver can drop what it has.

    Args:
        settings: of the receiver.
        backlogs: what is to be sent.
        clock: monotonic seconds.
        unix_s: seconds since 1970, for the signature.
        jitter: a number between 0 and 1 for each wait.
    """

    def __init__(
        self,
        settings: WebhookSettings,
        backlogs: Backlogs,
        clock: Callable[[], float] = monotonic,
        unix_s: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(settings.shown, backlogs, clock)
        self._settings = settings
        self._unix_s = unix_s
        self._jitter = jitter

    def work(self) -> None:
        """Post one message after the other until asked to end."""
        with new_client() as client:
            while not self.leaving:
                ending = self.ending  # asked first: what came before the end is seen by the look that follows
                items = self.backlogs.take(1)
                if items:
                    self._deliver(client, items[0])
                elif ending:
                    return
                else:
                    self.wait(_LOOK_S)

    def _deliver(self, client: "httpx.Client", item: Item) -> None:
        """Try until the receiver has taken the message, or has refused it often enough, or we are to leave."""
        tries = 0
        while not self.leaving:
            try:
                post(client, self._settings, item.message, self._unix_s())
            except Refused as refused:
                tries += 1
                if refused.of_this_message and tries >= _REFUSED_AFTER:
                    self.backlogs.acknowledge(item)
                    self.backlogs.save()
                    self.confirmed(item, refused.message)
                    return
                self.failed(refused)
                self.wait(self._pause_s(tries, refused.rest_s))
            except MomentumError as error:
                tries += 1
                self.failed(error)
                self.wait(self._pause_s(tries, None))
            else:
                self.backlogs.acknowledge(item)
                self.backlogs.save()
                self.succeeded()
                self.confirmed(item)
                return

    def _pause_s(self, tries: int, rest_s: float | None) -> float:
        if rest_s is not None:
            return min(rest_s, LONGEST_REST_S)
        longest_s: float = min(RETRY_S[1], RETRY_S[0] * 2.0 ** min(tries - 1, 20))
        return longest_s * (0.5 + self._jitter() / 2)


class Refused(MomentumError):
    """The receiver answered, and has not taken the message.

    ``rest_s``: how long it wants to be left alone. ``of_this_message``: it will not take it later either.
    """

    def __init__(self, message: str, hint: str, rest_s: float | None = None, of_this_message: bool = False) -> None:
        super().__init__(message, hint)
        self.rest_s = rest_s
        self.of_this_message = of_this_message


def new_client() -> "httpx.Client":
    """A client that follows nobody elsewhere. Raises ``UsageError`` where httpx is not installed."""
    try:
        import httpx
    except ImportError as error:
        raise needs_extra("httpx") from error
    return httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, headers={"user-agent": "acoustic-momentum"})


def post(client: "httpx.Client", settings: WebhookSettings, message: Message, unix_s: float) -> int:
    """Send one message once; returns the status.

    Raises ``Refused`` for an answer that is no success, ``MomentumError`` where none comes or no key can be read.
    """
    import httpx

    body = body_of(message, settings)
    headers = {"content-type": "application/json"}
    if settings.secret_from is not None:
        headers |= signature(read_secret(settings.secret_from), message.id, int(unix_s), body)
    else:
        headers |= {"webhook-id": message.id, "webhook-timestamp": str(int(unix_s))}
    try:
        # The answer's body is not read: it may be without end.
        with client.stream("POST", settings.url, content=body, headers=headers) as answer:
            status, rest = answer.status_code, answer.headers.get("retry-after", "")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        # What httpx says may name the whole address, which opens the receiver.
        raise MomentumError(f"{settings.shown} can't be reached: {_said(error)}", _WAITS) from error
    if 200 <= status < 300:
        return status
    raise Refused(
        f"{settings.shown} answers {status}",
        _WAITS,
        _rest_s(rest, unix_s) if status in (429, 503) else None,
        status in _REFUSALS,
    )


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks: HMAC-SHA256 over id, timestamp and body. ``whsec_`` keys are base64."""
    signed = hmac.new(key_of(secret), f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": "v1," + base64.b64encode(signed).decode(),
    }


def key_of(secret: str) -> bytes:
    """The bytes of a secret: of ``whsec_`` and base64, or else its own. Raises ``MomentumError``."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError as error:
        raise MomentumError(
            "the webhook's secret begins with whsec_ and is no base64 then", "Copy it whole."
        ) from error


def _rest_s(text: str, unix_s: float) -> float | None:
    """``Retry-After``: seconds, or a date."""
    if text.isascii() and text.isdigit():
        return float(text[:10])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.fromtimestamp(unix_s, UTC)).total_seconds())


def _said(error: Exception) -> str:
    import httpx

    if isinstance(error, httpx.TimeoutException):
        return "it does not answer in time"
    cause = error.__cause__ or error.__context__ or error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__ or cause
    return cause.strerror if isinstance(cause, OSError) and cause.strerror else type(error).__name__


_WAITS: Final = "What it is to hear of waits; 'momentum publish test' tries it again."
