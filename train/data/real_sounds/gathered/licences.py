"""Whether weights that are given away may learn from a sound, by the name of its licence.

What asks for no more than a name (and what asks for nothing) may teach. What wants its own terms kept on what is made
of it, forbids trade, or can't be understood only judges: nobody is to ask whether weights are a derived work.
"""

import re
from typing import Final

YES: Final = "yes"
SHARE_ALIKE: Final = "no (share-alike): evaluate only"
NON_COMMERCIAL: Final = "no (non-commercial): evaluate only"
UNCLEAR: Final = "no (terms unclear): evaluate only"

_FREE: Final = re.compile(
    r"cc-?0|cc-by(-\d(\.\d)?)?|mit|expat|isc|zlib|apache(-2(\.0)?)?|bsd([- ]?\d[- ]clauses?|-\d)?|public-domain|pd"
    r"|wtf|wtfpl|freedoom-license|unlicense",
)
_VERSION: Final = re.compile(r"-\d+(\.\d+)*\+?$")
_KEPT: Final = re.compile(r"gpl|sa\b|share-?alike|free-?art|fal\b|lal\b|artistic|mpl")


def may_train(licence: str) -> str:
    """``yes``, or ``no`` with the reason in brackets. Of several licences joined by "or" one is enough."""
    name = licence.strip().lower().replace("_", "-")
    if any(_each_free(choice) for choice in re.split(r"\s+or\s+|\s*\|\s*", name)):
        return YES
    if re.search(r"nc\b|non-?commercial", name):
        return NON_COMMERCIAL
    return SHARE_ALIKE if _KEPT.search(name) else UNCLEAR


def _each_free(licences: str) -> bool:
    parts = [part for part in re.split(r"\s+and\s+|\s*,\s*", licences) if part]
    return bool(parts) and all(_FREE.fullmatch(part) or _FREE.fullmatch(_VERSION.sub("", part)) for part in parts)
