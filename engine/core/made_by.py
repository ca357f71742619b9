"""What made features: components and models that were fitted on some read no others, were they as wide."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from engine.core.text import plain


@dataclass(frozen=True, slots=True)
class MadeBy:
    """An encoder, the SHA-256 of its weights, how it is shown a picture, the rows a second where a row is compared with
    others, and the SHA-256 of the file of components that its rows were reduced to. What is empty is not known, or does
    not matter.
    """

    encoder: str
    weights_sha256: str = ""
    picture: str = ""
    fps: float = 0.0
    pca_sha256: str = ""

    def unlike(self, other: "MadeBy") -> tuple[str, str] | None:
        """Both, in the words of the first thing that tells them apart; None where nothing that is known does."""
        for name, words in _WORDS.items():
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine and theirs and mine != theirs:
                return _told(self, words), _told(other, words)
        return None

    @property
    def told(self) -> dict[str, str]:
        """What is known of it, as text."""
        return {name: str(value) for name, value in asdict(self).items() if value}


_WORDS: Final = {
    "encoder": "{encoder}",
    "weights_sha256": "{encoder} with the weights {weights_sha256:.12}…",
    "picture": "{encoder} of pictures {picture}",
    "fps": "{encoder} at {fps:g} rows a second",
    "pca_sha256": "{encoder} with the components {pca_sha256:.12}…",
}


def made_by_of_row(row: Mapping[str, Any]) -> MadeBy:
    """From ``told`` or ``asdict``; what else is in ``row`` is passed over. Raises ``TypeError`` or ``ValueError``."""
    texts = {each.name: str(row[each.name]) for each in fields(MadeBy) if each.name in row and each.name != "fps"}
    return MadeBy(**texts, fps=float(row.get("fps", 0.0)))


def made_by_of_sidecar(row: Mapping[str, Any] | None) -> MadeBy | None:
    """What the page beside a file of features says; None where it does not, as beside those of others."""
    match row:
        case {"encoder": str(encoder), "weights_sha256": str(weights), "fps": int() | float() as fps, **more}:
            sees, reduced = more.get("row_sees_s"), more.get("pca")
            return MadeBy(
                encoder,
                weights,
                str(more.get("picture", "")),
                float(fps) if isinstance(sees, list) and any(sees) else 0.0,
                str(reduced.get("sha256", "")) if isinstance(reduced, dict) else "",
            )
    return None


def _told(made_by: MadeBy, words: str) -> str:
    known = {name: plain(value, 80) if isinstance(value, str) else value for name, value in asdict(made_by).items()}
    return words.format(**known)
