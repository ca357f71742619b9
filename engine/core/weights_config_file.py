"""The files of a folder of weights, of whatever network, and its ``config.json``: a JSON object, or a fault that says
what is wrong with it.
"""

import json
from math import isfinite
from pathlib import Path
from typing import Any, Final

from engine.core.errors import WeightsError

CONFIG_FILE: Final = "config.json"
TENSOR_FILE: Final = "weights.safetensors"
CARD_FILE: Final = "CARD.md"
_LIMIT_BYTES: Final = 1_000_000


def read_config_row(path: Path, missing: WeightsError, hint: str, finite: bool = True) -> dict[str, Any]:
    """What ``path`` says; with ``finite`` no number in it may be infinite or none.

    Raises ``missing`` where there is no such file, and ``WeightsError`` with ``hint`` where it can't be read, is too
    large, or holds something else than an object.
    """
    checked: dict[str, Any] = {"parse_constant": _not_finite, "parse_float": _finite} if finite else {}
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise WeightsError(f"{path} is too large to be a weights' config.", hint)
        row = json.loads(path.read_text(encoding="utf-8"), **checked)
    except FileNotFoundError:
        raise missing from None
    except (OSError, ValueError, RecursionError) as fault:
        raise WeightsError(f"{path} can't be read: {fault}", hint) from None
    if not isinstance(row, dict):
        raise WeightsError(f"{path} holds no JSON object.", hint)
    return row


def _finite(text: str) -> float:
    value = float(text)
    return value if isfinite(value) else _not_finite(text)


def _not_finite(text: str) -> float:
    raise ValueError(f"{text} is no finite number")
