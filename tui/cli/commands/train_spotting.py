"""``momentum train spotting``: from features of recordings with labels to a model that spots events."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.cli.output import AsJson

if TYPE_CHECKING:
    from train.fit.loop.trainer import Progress


def spotting(
    folder: Annotated[Path, typer.Argument(help="Games with labels and features, laid out as SoccerNet does.")],
    features: Annotated[
        str, typer.Option("--features", metavar="NAME", help="Features of the picture: the NAME of 1_NAME.npy.")
    ],
    audio: Annotated[
        str | None, typer.Option("--audio", metavar="NAME", help="Features of the sound, to be fused with the others.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="max, mean, netvlad, netrvlad, netfv; with ++ past and future apart; or calf.")
    ] = "netvlad++",
    fusion: Annotated[
        str, typer.Option(help="With --audio, where both meet: joined, pooled, logits, or late.")
    ] = "pooled",
    vocabulary: Annotated[str, typer.Option(help="Classes: soccernet-v2 (17), soccernet-v1 (3) or danger.")] = (
        "soccernet-v2"
    ),
    window: Annotated[
        float | None, typer.Option(metavar="S", min=1, max=600, help="Seconds of a window. Without: 20, CALF 120.")
    ] = None,
    stride: Annotated[
        float, typer.Option(metavar="S", min=0.1, max=600, help="Seconds between the windows of a strip.")
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
    splits: Annotated[
        Path | None, typer.Option(metavar="FILE", help="JSON with lists of games under train, valid and test.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="All randomness; the same seed gives the same weights.")] = 0,
    name: Annotated[str, typer.Option(help="What the new weights are called.")] = "spotting",
    run: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the run; the same folder again goes on after a kill.")
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write what is spotted in each test game to there.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Learn to spot events in features of picture and sound, from games with labels.

    Games are dealt by --splits, by folders called train, valid and test, or by chance. Killed and started again with
    the same settings it goes on where it was, and ends in the same weights.

    Example: momentum train spotting SoccerNet --features ResNET_TF2_PCA512 --audio VGGish --predictions found
    """
    from dataclasses import replace

    from engine.app.spotting_weights import FOLDER
    from engine.core.clock_text import minutes_time
    from engine.core.errors import UsageError
    from engine.core.paths import find_paths
    from train.fit.spotting.settings import SpottingSettings
    from train.fit.spotting.training import train_spotting
    from tui.cli.output import print_json, print_lines, say
    from tui.cli.progress import shown_on_stderr

    if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
        raise UsageError(f"{name!a} can't be the name of new weights", "Take letters, digits, - and _.")
    settings = SpottingSettings(
        model, vocabulary, fusion, window, stride, clusters, hidden, project,
        gamma=gamma, weights=weighting, delay_s=causal, events=events, apart_s=apart, least=least,
        epochs=epochs, seed=seed,
    )  # fmt: skip
    schedule = replace(settings.schedule, learning_rate=learning_rate, patience=patience)
    settings = replace(settings, schedule=schedule)
    paths = find_paths()
    channels = {"video": features} | ({"audio": audio} if audio else {})
    with shown_on_stderr() as tell:

        def progress(at: "Progress") -> None:
            left = minutes_time(round(at.left_s))
            tell(at.stage, at.step, at.steps, f"loss {at.loss:.4f}, {at.rate:.0f} windows/s, {left} left")

        trained = train_spotting(
            folder, channels, settings, name, paths.data / FOLDER / name,
            run or paths.cache / "runs" / f"{name}-spotting", splits, predictions, say, progress,
        )  # fmt: skip
    measured = dict(trained.config.measured)
    if as_json:
        row = {"weights": name, "folder": str(trained.folder), "sha256": trained.checksum, "measured": measured}
        print_json({**row, "trained_on": trained.config.trained_on, "games_predicted": trained.predicted})
        return
    for key, value in measured.items():
        if not isinstance(value, dict):
            print_lines(f"{key.replace('_', ' ')}: {value}")
    print_lines(f"saved: {trained.folder}")
    if trained.predicted:
        print_lines(f"predictions of {trained.predicted} games: {predictions}")
