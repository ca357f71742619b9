"""What a webhook is sent: the message in an envelope, or a sentence in the form that a chat takes."""

import json
from collections.abc import Callable, Mapping
from string import Template
from typing import Any, Final

from engine.core.clock_text import clock_time
from engine.core.publish_settings import WebhookSettings
from engine.publish.messages import Message

_SENTENCES: Final[Mapping[str, str]] = {
    "alarm": "$venue: alarm at $clock, index $value",
    "spike": "$venue: spike from $clock on, highest $value",
    "health": "$venue: $health at $clock. $detail",
    "mark": "$venue: $label $note at $clock",
    "start": "$venue: listening to $source",
    "end": "$venue: listening has ended after $clock ($reason)",
}


def body_of(message: Message, settings: WebhookSettings) -> bytes:
    """The request's body, JSON in ASCII; the same for the same message."""
    if settings.format == "standard":
        row: dict[str, Any] = {
            "type": f"momentum.{message.type}",
            "timestamp": message.body["at"],
            "data": message.body,
        }
    else:
        row = _CHATS[settings.format](sentence(message, settings.text))
    return json.dumps(row, separators=(",", ":"), allow_nan=False).encode()


def sentence(message: Message, text: str | None = None) -> str:
    """The message in words; ``text`` is another template, in which a name that the message lacks stays as it is."""
    body = message.body
    value = body.get("peak_pressure", body.get("pressure"))
    words = {
        **{
            key: str(word).replace("_", " ") if key in ("health", "reason") else str(word) for key, word in body.items()
        },
        "clock": clock_time(float(body.get("onset", body["t"]))),
        "value": "" if value is None else f"{value:.2f}",
    }
    told = " ".join(Template(text or _SENTENCES[message.type]).safe_substitute(words).split())
    return told + (" (late)" if "late" in body else "") + (" (test)" if "test" in body else "")


def _slack(text: str) -> dict[str, Any]:
    # Slack's own three letters; without it a name could call the whole channel.
    return {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}


def _discord(text: str) -> dict[str, Any]:
    return {"content": text[:2000], "allowed_mentions": {"parse": []}}


def _teams(text: str) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "TextBlock", "text": text, "wrap": True}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


_CHATS: Final[Mapping[str, Callable[[str], dict[str, Any]]]] = {"slack": _slack, "discord": _discord, "teams": _teams}
