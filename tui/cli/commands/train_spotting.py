"""``momentum train spotting``: from features of recordings with labels to a model that spots events."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tui.cli.cluster_option import Cluster
from tui.cli.output import AsJson

if TYPE_CHECKING:
    from train.fit.loop.trainer import Progress
    from train.fit.spotting.settings import SpottingSettings
    from train.fit.spotting.training import Trained

FEATURES: Any = typer.Option("--features", metavar="NAME", help="Features of the picture: the NAME of 1_NAME.npy.")
Audio = Annotated[
    str | None, typer.Option("--audio", metavar="NAME", help="Features of the sound, to be fused with the others.")
]
Vocabulary = Annotated[
    str, typer.Option("--vocabulary", help="Classes: soccernet-v2 (17), soccernet-v1 (3) or danger.")
]
Splits = Annotated[
    Path | None, typer.Option("--splits", metavar="FILE", help="JSON with lists of games under train, valid and test.")
]
EACH: Final = "each"
_SETTINGS: Final = {"window": "window_s", "stride": "stride_s", "weighting": "weights", "causal": "delay_s",
    "apart": "apart_s", "learning_rate": "schedule.learning_rate", "patience": "schedule.patience"} | {
    name: name for name in ("model", "fusion", "vocabulary", "clusters", "hidden", "project", "gamma", "events",
    "least", "epochs", "seed")}  # fmt: skip
"""What each option sets."""


def spotting(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Games with labels and features, laid out as SoccerNet does.")],
    features: Annotated[str, FEATURES],
    audio: Audio = None,
    model: Annotated[
        str, typer.Option(help="max, mean, netvlad, netrvlad, netfv; with ++ past and future apart; or calf.")
    ] = "netvlad++",
    fusion: Annotated[
        str, typer.Option(help="With --audio, where both meet: joined, pooled, logits, late; or each, to compare.")
    ] = "pooled",
    vocabulary: Vocabulary = "soccernet-v2",
    window: Annotated[
        float | None, typer.Option(metavar="S", min=1, max=600, help="Seconds of a window. Without: 20, CALF 120.")
    ] = None,
    stride: Annotated[
        float, typer.Option(metavar="S", min=0.1, max=600, help="Seconds between the windows of a segment.")
    ] = 5.0,
    clusters: Annotated[int, typer.Option(min=1, max=4096, help="Clusters of NetVLAD and its kin.")] = 64,
    hidden: Annotated[int, typer.Option(min=0, max=65536, help="Outputs behind each pool, gated; 0: none.")] = 0,
    project: Annotated[
        int, typer.Option(min=0, max=65536, help="Columns that features are brought to by a learned layer; 0: none.")
    ] = 0,
    causal: Annotated[
        float | None,
        typer.Option("--causal", metavar="S", min=0, help="Read the past and so many seconds more; that is the delay."),
    ] = None,
    weighting: Annotated[str, typer.Option(help="even, or balanced: rare classes count more.")] = "even",
    gamma: Annotated[
        float, typer.Option(min=0, max=10, help="Focal loss: the exponent; 0: plain cross-entropy.")
    ] = 0.0,
    events: Annotated[str, typer.Option(help="How scores become events: nms, soft-nms, or watershed.")] = "nms",
    apart: Annotated[
        float,
        typer.Option(metavar="S", min=0.5, max=600, help="Within how much of each other one class has one event."),
    ] = 20.0,
    least: Annotated[
        float, typer.Option(min=0, max=1, help="Confidence below which there is no event; watershed floods up to it.")
    ] = 0.05,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs at most; it stops earlier when it gets no better.")] = 40,
    learning_rate: Annotated[
        float, typer.Option("--learning-rate", min=1e-6, max=1.0, help="A tenth of it at each plateau.")
    ] = 1e-3,
    patience: Annotated[int, typer.Option(min=1, help="Epochs without a better one that make a plateau.")] = 10,
    splits: Splits = None,
    seed: Annotated[int, typer.Option(min=0, help="All randomness; the same seed gives the same weights.")] = 0,
    seeds: Annotated[
        int, typer.Option(metavar="N", min=1, max=100, help="As many trainings, of seeds one after the other.")
    ] = 1,
    given: Annotated[
        Path | None, typer.Option("--settings", metavar="FILE", help="Other settings, such as best.toml of a sweep.")
    ] = None,
    name: Annotated[str, typer.Option(help="What the new weights are called.")] = "spotting",
    run: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the run; the same folder again goes on after a kill.")
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write what is spotted in each test game to there.")
    ] = None,
    cluster: Cluster = None,
    as_json: AsJson = False,
) -> None:
    """Learn to spot events in features of picture and sound, from games with labels.

    Games are dealt by --splits, by folders called train, valid and test, or by chance. Killed and started again with
    the same settings it goes on where it was, and ends in the same weights. With --fusion each, or several --seeds,
    trainings are compared; --cluster does them side by side.

    Example: momentum train spotting SoccerNet --features ResNET_TF2_PCA512 --audio VGGish --predictions found
    """
    from contextlib import nullcontext

    from engine.app.convert_spotting_weights import FOLDER
    from engine.core.clock_text import minutes_time
    from engine.core.errors import MomentumError, UsageError
    from engine.core.files import private_folder
    from engine.core.paths import find_paths
    from train.fit.spotting.games import deal_games
    from train.fit.spotting.side_by_side import SideBySide
    from train.fit.spotting.training import compared, train_spotting
    from train.fit.spotting.training_job import SpottingWanted, Training
    from train.jobs.workers import check_address, workers_at
    from tui.cli.output import say
    from tui.cli.progress import shown_on_stderr
    from tui.cli.skipped_and_failed import say_not_done

    if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
        raise UsageError(f"{name!a} can't be the name of new weights", "Take letters, digits, - and _.")
    check_address(cluster)
    each = fusion == EACH
    if each and audio is None:
        raise UsageError("--fusion each compares how picture and sound meet", "Name features of the sound: --audio.")
    settings = _settings(context, given)
    paths = find_paths()
    dealt = deal_games(folder, [features, audio] if audio else [features], vocabulary, splits, seed, say)
    state = (run or paths.cache / "runs" / f"{name}-spotting").absolute()
    wanted = SpottingWanted(name, dealt, settings)
    trainings = compared(Training(wanted, state, paths.data / FOLDER / name, predictions), each, seeds)
    not_done: list[MomentumError] = []

    def left(what: str, fault: MomentumError) -> None:
        say_not_done(what, fault)
        not_done.append(fault)

    shared = [private_folder(state), folder]
    with workers_at(cluster, shared) if cluster else nullcontext() as workers, shown_on_stderr() as tell:

        def progress(at: "Progress") -> None:
            left_s = minutes_time(round(at.left_s))
            tell(at.stage, at.step, at.steps, f"loss {at.loss:.4f}, {at.rate:.0f} windows/s, {left_s} left")

        beside = SideBySide(workers, tell) if workers else None
        found = train_spotting(trainings, say, progress, beside, left)
    if found:
        _show(found, len(trainings), predictions, as_json)
    if not_done:
        missing = f"{len(trainings) - len(found)} of {len(trainings)} trainings could not be done"
        raise MomentumError(missing, "The same command tries them again; the rest is kept.", not_done[0].exit_code)


def _settings(context: typer.Context, file: Path | None) -> "SpottingSettings":
    """Those of the options; what ``file`` says stands above what nobody typed."""
    from train.fit.spotting.settings import SpottingSettings
    from train.recipes.sweep.space import changed, read_fixed
    from train.recipes.sweep.spotting_sweep import KNOBS

    given = {_SETTINGS[name]: value for name, value in context.params.items() if name in _SETTINGS}
    there = {field: value for field, value in given.items() if value is not None and value != EACH}
    settings = changed(SpottingSettings(), there)
    if file is not None:
        typed = {_SETTINGS[name] for name in _SETTINGS if _typed(context, name)}
        settings = changed(settings, read_fixed(file), KNOBS.elsewhere)
        settings = changed(settings, {field: value for field, value in there.items() if field in typed})
    return settings


def _typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"


def _show(found: "list[Trained]", of: int, predictions: Path | None, as_json: bool) -> None:
    """What came of the trainings: figures of the only one, or a table."""
    from tui.cli.output import Column, print_json, print_lines, print_table

    if as_json:
        rows = [_row(one) for one in found]
        print_json({"trained": rows} if of > 1 else rows[0])
        return
    if of > 1:
        print_lines("Average precision of spots, loose, and of windows. Choose by the valid games.")
        print_table([Column(name, "right" if n else "left") for n, name in enumerate(_COLUMNS)], _cells(found))
        print_lines(f"saved: {found[0].folder.parent}")
        return
    (one,) = found
    for key, value in one.config.measured.items():
        if not isinstance(value, dict):
            print_lines(f"{key.replace('_', ' ')}: {value}")
    print_lines(f"saved: {one.folder}")
    if one.predicted:
        print_lines(f"predictions of {one.predicted} games: {predictions}")


def _row(one: "Trained") -> dict[str, Any]:
    config = one.config
    row = {"weights": config.name, "folder": str(one.folder), "sha256": one.checksum, "measured": dict(config.measured)}
    return {**row, "trained_on": config.trained_on, "games_predicted": one.predicted}


_COLUMNS: Final = ("weights", "valid spots", "test spots", "valid windows", "test windows")
_FIGURES: Final = ("valid_average_map_loose", "test_average_map_loose", "valid_window_map", "test_window_map")


def _cells(found: "list[Trained]") -> list[list[str]]:
    """A row for each training and, where a fusion was trained with several seeds, their mean and spread."""
    from statistics import mean, stdev

    rows = {one.config.name: [one.config.measured.get(key) for key in _FIGURES] for one in found}
    cells = [[name, *("-" if value is None else f"{value:.4f}" for value in row)] for name, row in rows.items()]
    for fusion in dict.fromkeys(one.config.fusion for one in found):
        same = [rows[one.config.name] for one in found if one.config.fusion == fusion]
        columns = [[value for value in column if value is not None] for column in zip(*same, strict=True)]
        if len(same) > 1:
            told = (f"{mean(column):.4f} ± {stdev(column):.4f}" if len(column) > 1 else "-" for column in columns)
            depth = f"{fusion}, " if len(found) > len(same) else ""
            cells.append([f"{depth}{len(same)} seeds", *told])
    return cells
