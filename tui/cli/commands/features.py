"""``momentum features``: a recording's picture and sound as numbers, two rows a second, for spotting events."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from engine.core.text import plain
from tui.cli.output import raise_last, say

if TYPE_CHECKING:
    from engine.app.features import Order
    from engine.app.made_features import Made

VideoEncoder = Literal["resnet152", "resnet50", "mobilenet", "efficientnet-lite", "objects", "pixels"]
AudioEncoder = Literal["vggish", "mn04", "crowd"]


def features(
    videos: Annotated[list[Path], typer.Argument(help="Recordings, such as 1_720p.mkv.", show_default=False)],
    video: Annotated[VideoEncoder | None, typer.Option(help="What reads the picture.", show_default=False)] = None,
    audio: Annotated[AudioEncoder | None, typer.Option(help="What reads the sound.", show_default=False)] = None,
    fps: Annotated[float, typer.Option(min=0.1, max=100, help="Rows a second.")] = 2.0,
    pca: Annotated[
        str | None,
        typer.Option(help="Principal components of the picture's features: how many to fit, or a file of some."),
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Weights of the picture's encoder: a folder or a file.", show_default=False)
    ] = None,
    audio_weights: Annotated[
        Path | None, typer.Option(help="Weights of the sound's encoder.", show_default=False)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write to; without: beside each recording.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over other features of the same name.")] = False,
    engine: Annotated[Literal["auto", "mlx", "onnx"], typer.Option(help="What computes the networks.")] = "auto",
    decoding: Annotated[
        Literal["auto", "software", "hardware"], typer.Option(help="What decodes the picture; auto: a Mac's hardware.")
    ] = "auto",
) -> int:
    """Turn recordings into features as SoccerNet lays them out: an array with a row for every half second.

    1_720p.mkv becomes 1_ResNET_TF2.npy, with 1_ResNET_TF2.json beside it, which says what it was made of. A run
    that was ended goes on where it was when it is started again.

    Example: momentum features 1_720p.mkv --video resnet50 --audio crowd
    """
    from engine.app.ending import ending_on_signals, exit_code_of
    from engine.app.features import Order, make_features
    from engine.core.errors import UsageError
    from engine.core.run_protocols import Stop
    from engine.encoders.choices import Choice
    from tui.cli.progress import shown_on_stderr

    asked = [(video, weights), (audio, audio_weights)]
    encoders = tuple(Choice(name, path, engine) for name, path in asked if name)
    if not encoders:
        raise UsageError("nothing says what to make.", "Name --video ENCODER, --audio ENCODER, or both.")
    if pca is not None and video is None:
        raise UsageError("--pca reduces the picture's features, and none were asked for.", "Name --video ENCODER.")
    components = None if pca is None else int(pca) if pca.isdecimal() and int(pca) > 0 else Path(pca)
    order = Order(tuple(videos), encoders, fps, out, replace, decoding, components)
    stop = Stop()
    with ending_on_signals(stop), shown_on_stderr() as tell:
        made = list(make_features(order, tell, stop, say))
    _show(made, order)
    return exit_code_of(stop.reason) if stop.reason else 0


def _show(made: "list[Made]", order: "Order") -> None:
    """Say what was made; raises what a recording could not be read for, the last where there are several."""
    for each in made:
        if each.rows and each.file.exists():  # else it was begun, and goes on where it is when asked for again
            typer.echo(f"{plain(each.file)}: {each.rows} rows{_how(each, order.rate_hz)}")
    raise_last([each.fault for each in made if each.fault is not None])


def _how(made: "Made", rate_hz: float) -> str:
    if made.seconds is None:
        return ", was there already"
    return f", {made.seconds:.1f} s, {made.rows / rate_hz / made.seconds:.1f} x real time" if made.seconds else ""
