"""An event that was spotted in a recording, as it is kept and shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Spotted:
    """An event of the class ``label`` at ``t`` seconds; ``shares`` is what each channel added to it, in log-odds."""

    t: float
    label: str
    confidence: float
    shares: Mapping[str, float] = field(default_factory=dict, hash=False)

    @property
    def onset(self) -> float:
        """Where it is looked for."""
        return self.t
