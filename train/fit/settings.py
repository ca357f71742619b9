"""How to train: every choice that the training story of ``train/fit/fit_network.py`` leaves open."""

from dataclasses import dataclass, field

from engine.core.errors import UsageError
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEndConfig
from engine.model.head import HeadConfig
from engine.model.tags import TagsConfig
from train.fit.loop.trainer import Schedule
from train.fit.sampling.augmentation import Augmentation


@dataclass(frozen=True, slots=True)
class CropSettings:
    """``stretches`` a batch and ``crops`` cut from each."""

    stretches: int = 40
    crops: int = 5


@dataclass(frozen=True, slots=True)
class FineTuneSettings:
    """How. ``copies`` in other colours beside the matches as they are; half of the ``histories`` of a batch are drawn
    where a cry stands out (for matches whose sounds nobody knows: where danger is), the rest from anywhere. ``cries``
    is as in ``FitSettings``, where that is not None: the encoder hears best what it is trained on as a cry, the head
    says what a cry means. ``share``: how far the weights go from what they were to what they became (Wortsman et al.,
    2022). ``taught``: as in ``FitSettings``."""

    copies: int = 2
    histories: int = 128
    dropout: float = 0.3
    cries: float = 0.3
    share: float = 1.0
    taught: float = 0.7
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=800, learning_rate=1e-3, warmup=20, check_every=100, patience=4)
    )


@dataclass(frozen=True, slots=True)
class TagSettings:
    """How. ``copies`` in other colours beside the sounds as they are; ``windows`` a batch, ``anywhere`` of them from
    anywhere and the rest where a drawn tag is heard; ``spread`` of the noise on what is read, in standard deviations.
    """

    copies: int = 1
    windows: int = 256
    anywhere: float = 0.25
    dropout: float = 0.3
    spread: float = 0.2
    schedule: Schedule = field(default_factory=lambda: Schedule(steps=1500, learning_rate=1e-3, warmup=50))
    config: TagsConfig = field(default_factory=TagsConfig)


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How to train.

    ``folds``: parts of the matches; one is to validate on. ``fold_steps``: steps without each of the others, 0 for no
    hard negatives. ``segments`` a batch, ``histories`` labelled in each. ``trained_share``: the share of danger that
    the targets are moved to, undone by the calibration. ``cries``: how much of a simulated match's targets is whether
    the crowd cries out just now, the rest being the share of danger given its cries (``train/data/soft_targets.py``);
    None to train on the events' labels. ``taught``: how much of the targets is what other networks say of a match,
    where some teach (``train.fit.fit_network.fit_distilled``). ``served_floor_db``: the front end's floor once all is
    fitted; nearer to the level, it keeps the floor of the log-mel of a quiet recording out of sight
    (``engine/model/front_end.py``). ``noise``: deviation of what is added to what the stem sees, so that no fine shade
    of the simulator is learned. ``columns``: the first stage, on ``crops``; None for none. ``tags``, ``taggers`` and
    ``direct``: weights of telling apart what sounds, of saying what a tagger says where one was asked, and of the index
    read straight from the newest window. ``fine_tune``: the head's last stage, None for none. ``read_tags``: the
    read-out of the tags that users see (``train/fit/tags.py``), None for weights without.
    """

    seed: int = 0
    folds: int = 5
    fold_steps: int = 150
    segments: int = 8
    histories: int = 12
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=1200, learning_rate=1e-3, check_every=150, patience=3)
    )
    gamma: float = 1.0
    smoothing: float = 0.02
    dropout: float = 0.3
    trained_share: float = 0.2
    cries: float | None = 0.6
    taught: float = 0.5
    noise: float = 0.4
    columns: Schedule | None = field(default_factory=lambda: Schedule(steps=400, warmup=30))
    crops: CropSettings = field(default_factory=CropSettings)
    tags: float = 0.5
    taggers: float = 0.5
    direct: float = 0.5
    fine_tune: FineTuneSettings | None = field(default_factory=FineTuneSettings)
    read_tags: TagSettings | None = None
    augmentation: Augmentation = field(default_factory=Augmentation)
    front_end: FrontEndConfig = field(default_factory=FrontEndConfig)
    served_floor_db: float = -50.0
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    head: HeadConfig = field(default_factory=lambda: HeadConfig(readout="last"))

    def __post_init__(self) -> None:
        if self.folds < 2 or self.segments < 2 or self.histories < 1 or self.schedule.steps < 1 or self.fold_steps < 0:
            raise UsageError(
                "training needs at least two folds, two segments a batch, one history and one step",
                "Leave the setting out to get its default.",
            )
        if not 0.0 < self.trained_share < 1.0 or not 0.0 <= self.dropout < 1.0 or not 0.0 <= self.smoothing < 1.0:
            raise UsageError(
                "the share of danger, dropout and label smoothing are shares between 0 and 1",
                "Leave the setting out to get its default.",
            )


@dataclass(frozen=True, slots=True)
class HeadSettings:
    """How to fit a head alone. ``histories`` a batch; ``long_steps`` of a second stage, over stretches of
    ``long_minutes``."""

    seed: int = 0
    folds: int = 5
    histories: int = 64
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=500, learning_rate=5e-4, ema=0.98, check_every=50, patience=5)
    )
    gamma: float = 1.0
    smoothing: float = 0.02
    dropout: float = 0.2
    long_steps: int = 0
    long_minutes: float = 10.0

    def __post_init__(self) -> None:
        if (
            self.folds < 2
            or self.histories < 2
            or self.schedule.steps < 1
            or self.long_steps < 0
            or self.long_minutes <= 0
        ):
            raise UsageError(
                "fitting needs at least two folds, two histories a batch and one step",
                "Leave the setting out to get its default.",
            )
