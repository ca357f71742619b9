"""A folder of features and labels as SoccerNet lays them out, its games dealt into train, valid and test."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError, UsageError
from engine.core.files import write_whole
from engine.core.made_by import MadeBy, made_by_of_sidecar
from engine.core.telling import Tell
from engine.core.text import plain
from engine.encoders.feature_file import read_sidecar
from engine.football.json_document import MEGABYTE, read_json
from engine.football.soccernet import HALVES, Spot
from engine.football.soccernet_files import LABELS_V1, LABELS_V2, GameDocuments, find_documents
from engine.football.soccernet_spots import labelled_spots
from engine.spotting.scores import first_broken
from engine.spotting.vocabularies import V1, VOCABULARIES, class_of

TRAIN: Final = "train"
VALID: Final = "valid"
TEST: Final = "test"
PARTS: Final = (TRAIN, VALID, TEST)
_SHARES: Final = (0.6, 0.2)
_SIDECAR_RATE: Final = ("fps", "rate_hz")
_SAMPLED_ROWS: Final = 16

Values = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Half:
    """One half of a game: ``channels`` are features (rows, width), left on the disk; ``events`` rows and classes."""

    game: str
    number: int
    channels: tuple[Values, ...]
    spots: tuple[Spot, ...]
    events: NDArray[np.int64]
    """(events, 2): row, class."""

    @property
    def rows(self) -> int:
        """As many as the shortest channel has."""
        return min(len(channel) for channel in self.channels)


@dataclass(frozen=True, slots=True, eq=False)
class Games:
    """All halves by part, and what else goes into a run: ``rate_hz``, the widths of the channels. ``made_by``: what
    made each channel's features; None where that is not said of all."""

    parts: Mapping[str, tuple[Half, ...]]
    widths: tuple[int, ...]
    rate_hz: float
    dealt_by: str
    made_by: tuple[MadeBy | None, ...]

    def inputs(self) -> dict[str, Any]:
        """What is learned from, for the folder of a run: games by part, and a digest of samples of their features."""
        digest = sha256()
        for part in PARTS:
            for half in self.parts[part]:
                for channel in half.channels:
                    digest.update(np.ascontiguousarray(channel[:: max(1, len(channel) // _SAMPLED_ROWS)]).tobytes())
                digest.update(half.events.tobytes())
        games = {part: sorted({half.game for half in self.parts[part]}) for part in PARTS}
        return {"games": games, "widths": list(self.widths), "rate_hz": self.rate_hz, "samples": digest.hexdigest()}


@dataclass(frozen=True, slots=True)
class DealtGames:
    """Which games are for what, none of them opened; this travels to whoever opens them.

    ``features`` are what the files of each channel are called, without half and ``.npy``; ``where`` is by part the file
    of labels of each game, beside which its features lie; ``dealt_by`` says how, for a person.
    """

    features: tuple[str, ...]
    vocabulary: str
    where: Mapping[str, Mapping[str, Path]]
    dealt_by: str

    def only(self, part: str, game: str) -> "DealtGames":
        """The same with one game alone."""
        return replace(self, where={part: {game: self.where[part][game]}})

    def open(self, parts: Sequence[str] = PARTS) -> Games:
        """The games of ``parts``; the files of others are left alone, and their parts are empty.

        Raises ``InputError`` where a file can't be read, or they are not of one width, rate and make.
        """
        widths: dict[str, int] = {}
        makers: dict[str, set[MadeBy | None]] = {name: set() for name in self.features}
        rates: set[float] = set()
        opened: dict[str, tuple[Half, ...]] = dict.fromkeys(PARTS, ())
        for part in parts:
            for game, label_file in self.where.get(part, {}).items():
                opened[part] += tuple(self._halves(game, label_file, widths, makers, rates))
        if len(rates) > 1:
            raise InputError("the features have different rates", "Make all of them at one rate.")
        if not rates:
            raise InputError(f"no half has features {' and '.join(self.features)}", "Make them: momentum features.")
        made_by = tuple(_fullest(makers[name]) for name in self.features)
        return Games(opened, tuple(widths[name] for name in self.features), rates.pop(), self.dealt_by, made_by)

    def _halves(
        self,
        game: str,
        label_file: Path,
        widths: dict[str, int],
        makers: Mapping[str, set[MadeBy | None]],
        rates: set[float],
    ) -> Iterator[Half]:
        ((_, document),) = GameDocuments(label_file.name, {game: str(label_file)}).read([game])
        spots = labelled_spots(document, 1 if self.vocabulary == V1 else 2).spots
        for half, files in _whole(label_file, self.features).items():
            rate = {_rate(file) for file in files}
            if len(rate) > 1:
                raise InputError(f"{plain(game)}: features of different rates", "Make them at one rate.")
            rates |= rate
            for file, each in zip(files, self.features, strict=True):
                makers[each].add(_maker(file, makers[each]))
            channels = tuple(_mapped(file, widths, each) for file, each in zip(files, self.features, strict=True))
            yield _half(game, half, channels, spots, self.vocabulary, next(iter(rate)))


def deal_games(
    folder: Path, features: Sequence[str], vocabulary: str, splits: Path | None, seed: int, tell: Tell
) -> DealtGames:
    """All games of ``folder`` that have labels and the features called ``<half>_<NAME>.npy`` of every name, by part.

    Args:
        folder: a game a folder, with ``Labels-v2.json`` (``Labels.json`` for the vocabulary of SoccerNet v1).
        features: what the files of each channel are called, without half and ``.npy``.
        vocabulary: which classes the labels are to count as.
        splits: a JSON object with lists of games under train, valid and test. Without one the folders of these names
            decide; where there are none, chance does, by ``seed``, and that is told.
        seed: of the chance.
        tell: told of games that are left out, and why.

    Raises:
        InputError: there are no games, or a part of the splits is empty.
    """
    name = LABELS_V1 if vocabulary == V1 else LABELS_V2
    found = find_documents(folder, [name]).get(name)
    if found is None or found.archive is not None:
        raise InputError(f"{plain(folder)} holds no game with a {name}", "Name the folder over the leagues.")
    games = []
    for game in sorted(found.where):
        label_file = Path(found.where[game])
        if _whole(label_file, features):
            games.append(game)
        else:
            lacks = [n for n in features if not any(_file(label_file, half, n).exists() for half in HALVES)]
            why = f"it has no features {', '.join(lacks)}" if lacks else "neither half has all features"
            tell(f"{plain(game)} is left out: {why}")
    if not games:
        raise InputError(f"{plain(folder)} holds no features {' and '.join(features)}", "Make them: momentum features.")
    dealt, how = _dealt(folder, games, found.where, splits, seed)
    empty = [part for part in (TRAIN, VALID) if not dealt[part]]
    if empty:
        raise InputError(f"no game with these features is in {' or '.join(empty)}", "Look at the splits.")
    tell(f"{how}: {', '.join(f'{len(dealt[part])} {part}' for part in PARTS)}")
    where = {part: {game: Path(found.where[game]).absolute() for game in dealt[part]} for part in PARTS}
    return DealtGames(tuple(features), vocabulary, where, how)


def read_games(
    folder: Path, features: Sequence[str], vocabulary: str, splits: Path | None, seed: int, tell: Tell
) -> Games:
    """The games that ``deal_games`` finds, opened. Raises ``InputError`` also where a file can't be read."""
    return deal_games(folder, features, vocabulary, splits, seed, tell).open()


def _file(label_file: Path, half: int, name: str) -> Path:
    return label_file.with_name(f"{half}_{name}.npy")


def _whole(label_file: Path, features: Sequence[str]) -> dict[int, list[Path]]:
    """The files of the halves that have all features, beside the labels, by half."""
    of_half = {half: [_file(label_file, half, name) for name in features] for half in HALVES}
    return {half: files for half, files in of_half.items() if all(file.exists() for file in files)}


def _fullest(makers: Set[MadeBy | None]) -> MadeBy | None:
    """The one that says most; None where one says nothing."""
    known = [maker for maker in makers if maker is not None]
    return max(known, key=lambda maker: len(maker.told)) if len(known) == len(makers) else None


def _maker(file: Path, others: Set[MadeBy | None]) -> MadeBy | None:
    """What made a file; raises ``InputError`` where something else made one of ``others``."""
    maker = made_by_of_sidecar(read_sidecar(file))
    for other in others:
        unlike = maker and other and maker.unlike(other)
        if unlike:
            raise InputError(
                f"{plain(file)} was made by {unlike[0]}, others by {unlike[1]}", "Make all of them one way."
            )
    return maker


def _mapped(file: Path, widths: dict[str, int], name: str) -> Values:
    """Features as they lie on the disk: read when they are asked for."""
    try:
        values: Values = np.lib.format.open_memmap(file, mode="r")  # np.load would open an archive of arrays, too
    except (OSError, ValueError, EOFError) as fault:
        raise InputError(f"{plain(file)} can't be read: {plain(fault, 100)}", "Make these features again.") from None
    if values.ndim > 2:  # some of SoccerNet's have an axis of one in between
        values = values.reshape(len(values), -1)
    if values.ndim != 2 or not len(values) or values.dtype.kind != "f":
        raise InputError(f"{plain(file)} holds no rows of features", "Make these features again.")
    if widths.setdefault(name, values.shape[1]) != values.shape[1]:
        raise InputError(
            f"{plain(file)} has {values.shape[1]} columns, others have {widths[name]}", "Make all of them one way."
        )
    broken = first_broken(values)
    if broken is not None:
        raise InputError(f"{plain(file)} holds what is no number in row {broken}", "Make these features again.")
    return values


def _rate(file: Path) -> float:
    """Rows a second as the file's sidecar says; 2, as SoccerNet has it, without one."""
    sidecar = file.with_suffix(".json")
    if sidecar.exists():
        node = read_json(sidecar, MEGABYTE)
        for key in _SIDECAR_RATE:
            found = node.find(key)
            if found is not None:
                return found.number(0.01, 100.0)
    return 2.0


def _half(
    game: str, number: int, channels: tuple[Values, ...], spots: Sequence[Spot], vocabulary: str, rate_hz: float
) -> Half:
    labels = VOCABULARIES[vocabulary]
    rows = min(len(channel) for channel in channels)
    known = [(spot, class_of(spot.label, vocabulary)) for spot in spots if spot.half == number]
    mine = [(spot, label) for spot, label in known if label is not None]
    placed = [(int(s.position_ms * rate_hz / 1000), labels.index(label)) for s, label in mine]
    events = [(row, kind) for row, kind in placed if row < rows]  # features may break off, and labels go on
    kept = tuple(Spot(s.half, s.position_ms, label, shown=s.shown) for s, label in mine)
    return Half(game, number, channels, kept, np.array(events, dtype=np.int64).reshape(-1, 2))


def _dealt(
    folder: Path, games: Collection[str], where: Mapping[str, str], splits: Path | None, seed: int
) -> tuple[dict[str, list[str]], str]:
    if splits is not None:
        return _by_file(splits, games), f"dealt by {plain(splits.name)}"
    within = {game: Path(where[game]).relative_to(folder).parts[0] for game in games}
    if {TRAIN, VALID} <= set(within.values()) <= set(PARTS):
        return {part: [g for g in games if within[g] == part] for part in PARTS}, "dealt by folders"
    if len(games) < 3:
        raise UsageError(f"{len(games)} games can't be dealt into three parts", "Bring more, or say which is which.")
    order = np.random.default_rng([seed, len(games)]).permutation(len(games))
    names = [sorted(games)[n] for n in order]
    valid = max(1, round(_SHARES[1] * len(names)))
    train = min(len(names) - 2 * valid, max(1, round(_SHARES[0] * len(names)))) if len(names) > 3 else 1
    parts = {
        TRAIN: sorted(names[:train]),
        VALID: sorted(names[train : train + valid]),
        TEST: sorted(names[train + valid :]),
    }
    return parts, f"dealt by chance (seed {seed})"


def _by_file(splits: Path, games: Collection[str]) -> dict[str, list[str]]:
    node = read_json(splits, MEGABYTE)
    dealt: dict[str, list[str]] = {part: [] for part in PARTS}
    owner: dict[str, str] = {}
    for part in PARTS:
        given = node.find(part)
        for entry in given.items(100_000) if given is not None else ():
            if not isinstance(entry.value, str) or len(entry.value) > 500:
                raise entry.fault("expected the name of a game", "A list of games under train, valid and test.")
            game = entry.value.strip("/")
            if owner.setdefault(game, part) != part:
                raise entry.fault(f"{plain(game, 80)} is in {owner[game]} as well", "A game belongs to one part.")
            if game in games and game not in dealt[part]:
                dealt[part].append(game)
    return dealt


def write_splits(path: Path, games: Games) -> None:
    """The splits as they were dealt, for ``--splits``."""
    rows = games.inputs()["games"]
    write_whole(path, (json.dumps(rows, indent=1) + "\n").encode())
