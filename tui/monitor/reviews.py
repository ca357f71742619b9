"""What a person says of spikes and rejected candidates: kept at once, and taken back as easily."""

from dataclasses import dataclass, field, replace

from engine.core.signals import Rejected
from tui.monitor.feed import SpikeLabel
from tui.monitor.model import Candidate, Model


@dataclass
class Reviews:
    """Keeps verdicts in the session through ``model`` and knows what was there before each."""

    model: Model
    _before: dict[float, SpikeLabel | None] = field(default_factory=dict)
    _taken_back: dict[float, SpikeLabel] = field(default_factory=dict)

    def given(self, candidate: Candidate) -> SpikeLabel | None:
        """What was said of ``candidate``, if anything was."""
        return self.model.labels.get(candidate.onset)

    def judge(self, candidate: Candidate, verdict: str) -> SpikeLabel | None:
        """Keep ``verdict``; the same one again takes it back, to what was said before. Returns what counts now.

        Cause and note stay with the candidate, whatever the verdict. Raises ``MomentumError`` where it can't be kept.
        """
        onset, given = candidate.onset, self.given(candidate)
        if given is not None and given.verdict == verdict:
            before = self._before.get(onset)
            if before is None:
                self.model.unlabel(given)
            else:
                self.model.label(replace(given, verdict=before.verdict))
            self._before.pop(onset, None)
            self._taken_back[onset] = given
        else:
            known = given or self._taken_back.get(onset) or _nothing(candidate)
            self.model.label(replace(known, verdict=verdict))
            self._before[onset] = given
        return self.given(candidate)

    def explain(self, candidate: Candidate, what: str | None = None, note: str | None = None) -> None:
        """Keep what a judged candidate was, or a note on it; None leaves what was said. Raises ``MomentumError``."""
        given = self.model.labels[candidate.onset]
        self.model.label(
            replace(given, what=given.what if what is None else what, note=given.note if note is None else note)
        )


def _nothing(candidate: Candidate) -> SpikeLabel:
    return SpikeLabel(candidate.onset, "", rejected=isinstance(candidate, Rejected))
