"""How Home Assistant finds a venue by itself: retained descriptions of what the topics hold."""

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from engine.core.publish_settings import MqttSettings
from engine.core.text import plain
from engine.publish.messages import HEALTH, MATCH, READING, SPIKE, STATE, VENUE_CELLS, topic, topic_level
from engine.publish.mqtt_connection import Note

EXPIRE_AFTER_S: Final = 30
"""A reading that is older is no reading: Home Assistant shows "unavailable" then."""
_NO_ID: Final = re.compile(r"[^a-zA-Z0-9_-]+")


def discovery(settings: MqttSettings, prefix: str, venue: str) -> Iterator[Note]:
    """The descriptions of a venue: index, level, health, spikes, and what people noted."""
    node = node_id(venue)
    for component, name, row in _entities():
        config = {
            "~": f"{prefix}/{topic_level(venue)}",
            "name": row.pop("name"),
            "uniq_id": f"{node}_{name}",
            "avty_t": topic(prefix, venue, STATE),
            **row,
            "dev": {"ids": [node], "name": plain(venue, VENUE_CELLS), "mf": "Acoustic Momentum", "mdl": "recorder"},
            "o": {"name": "Acoustic Momentum", "sw": _version()},
        }
        where = f"{settings.home_assistant_prefix}/{component}/{node}/{name}/config"
        yield Note(where, json.dumps(config, separators=(",", ":")).encode())


def node_id(venue: str) -> str:
    """The venue in letters that Home Assistant takes; names that would become one are told apart."""
    level = topic_level(venue)
    plain_id = _NO_ID.sub("_", level)
    return f"momentum_{plain_id}" + ("" if plain_id == level else f"_{sha256(level.encode()).hexdigest()[:6]}")


def _entities() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Component, object and the rest of its description."""
    reading = {"stat_t": f"~/{READING}", "exp_aft": EXPIRE_AFTER_S, "stat_cla": "measurement"}
    yield (
        "sensor",
        "pressure",
        {
            "name": "Attack pressure",
            **reading,
            "val_tpl": "{{ value_json.pressure }}",
            "sug_dsp_prc": 2,
            "ic": "mdi:stadium",
        },
    )
    yield (
        "sensor",
        "level",
        {"name": "Level", **reading, "val_tpl": "{{ value_json.level_db }}", "unit_of_meas": "dB"},
    )
    yield (
        "sensor",
        "health",
        {"name": "Listening", "stat_t": f"~/{HEALTH}", "val_tpl": "{{ value_json.health }}", "ic": "mdi:microphone"},
    )
    yield "event", "spike", _event("Spike", SPIKE, ["alarm", "spike"], "value_json.type", "mdi:bell")
    yield "event", "mark", _event("Match", MATCH, ["mark"], "value_json.type", "mdi:soccer")


def _event(name: str, kind: str, types: list[str], of: str, icon: str) -> dict[str, Any]:
    template = f"{{{{ dict(value_json, event_type={of}) | tojson }}}}"
    return {"name": name, "stat_t": f"~/{kind}", "evt_typ": types, "val_tpl": template, "ic": icon}


def _version() -> str:
    try:
        return version("acoustic-momentum")
    except PackageNotFoundError:
        return "unknown"
