"""Tables of the test games in Markdown, reliability pictures in SVG, and the card of the model."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.commentary.word_network import WordNetwork
from train.commentary.soccernet_label_table import JUDGED
from train.evaluate.charts import Line, line_chart

ROWS: Final = (
    "chance",
    "keyword lists",
    "the plain way",
    "words, live",
    "words, archive",
    "NetVLAD on video",
    "words and NetVLAD",
)
_SHORT: Final = {"Substitution": "Subst.", "Shots on target": "On target", "Shots off target": "Off target"}


def tables(document: Mapping[str, Any]) -> dict[str, str]:
    """Files by name: ``tables.md``, and ``reliability-*.svg`` for each calibrated output."""
    parts = [
        figures_table(document["figures"]),
        gain_table("words and NetVLAD above NetVLAD", document["gain"]),
        _calibration(document["calibration"]),
        _groups("language", document["by_language"]),
        _groups("league", document["by_league"]),
        _alignment(document["alignment"]),
        _fusion(document["fusion"]),
    ]
    files = {"tables.md": "\n".join(parts)}
    for name, found in document["calibration"].items():
        files[f"reliability-{name}.svg"] = reliability_picture(name, found["points"]) + "\n"
    return files


def reliability_picture(name: str, points: list[list[float]]) -> str:
    """What was said against what was true, as SVG."""
    line = Line(name, [(point[0], point[1]) for point in points], dots=True)
    return line_chart([line], "probability said", "share that was right", (0.0, 1.0), (0.0, 1.0), diagonal=True)


def figures_table(figures: Mapping[str, Any], names: Sequence[str] = ROWS) -> str:
    """A row for each of ``names``, the mean with its interval."""
    lines = [_head("", ["mean", *map(_short, JUDGED)])]
    for name in names:
        row = figures[name]
        mean = row["mean"]
        cells = [f"{mean['value']:.3f} ({mean['low']:.3f} to {mean['high']:.3f})"]
        lines.append(_row(name, [*cells, *(f"{row[label]['value']:.3f}" for label in JUDGED)]))
    return "\n".join([*lines, ""])


def gain_table(title: str, gain: Mapping[str, Any]) -> str:
    """A row for each class with how much is gained."""
    lines = [_head(title, ["gain", "95 % interval by game"])]
    for label, row in gain.items():
        lines.append(_row(label, [f"{row['value']:+.3f}", f"{row['low']:+.3f} to {row['high']:+.3f}"]))
    return "\n".join([*lines, ""])


def _calibration(found: Mapping[str, Any]) -> str:
    lines = [_head("expected calibration error", ["spots", "all", "at 0.1 or more", *map(_short, JUDGED)])]
    for name, row in found.items():
        by_class = [f"{row['ece_by_class'][label]:.3f}" for label in JUDGED]
        lines.append(
            _row(
                name,
                [str(row["spots"]), f"{row['ece']:.3f}", f"{row['ece_of_likely']:.3f} ({row['likely']})", *by_class],
            )
        )
    return "\n".join([*lines, ""])


def _groups(by: str, groups: Mapping[str, Any]) -> str:
    lines = [_head(by, ["games", "live", "archive", *map(_short, JUDGED)])]
    for name, row in groups.items():
        archive, live = row["words, archive"], row["words, live"]
        figures = [f"{live['mean']:.3f}", f"{archive['mean']:.3f}", *(f"{archive[label]:.3f}" for label in JUDGED)]
        lines.append(_row(name, [str(row["games"]), *figures]))
    return "\n".join([*lines, ""])


def _alignment(found: Mapping[str, Any]) -> str:
    quantiles = ", ".join(f"{value:+.0f}" for value in found["offset_quantiles_s"])
    return "\n".join(
        [
            _head("alignment", ["test halves"]),
            _row("with words", [str(found["halves"])]),
            _row("refused", [str(found["refused"])]),
            _row("offsets in s: least, 5 %, 25 %, half, 75 %, 95 %, most", [quantiles]),
            _row("offsets within 10 s", [f"{100 * found['offsets_within_10_s']:.0f} %"]),
            _row(f"another game's words refused, of {found['wrong_games']}", [str(found["wrong_games_refused"])]),
            "",
        ]
    )


def _fusion(found: Mapping[str, Any]) -> str:
    columns = ["words: later by", "reach", "weight", "video: later by", "reach", "weight", "share words", "share video"]
    lines = [_head("fusion", columns)]
    for label, rule in found["rules"].items():
        cells = []
        for channel in ("words", "video"):
            one = rule[channel]
            cells += [f"{one['offset_s']:+.1f} s", f"{one['reach_s']:.0f} s", f"{one['weight']:.2f}"]
        shares = found["shares"][label]
        lines.append(_row(label, [*cells, f"{shares['words']:+.2f}", f"{shares['video']:+.2f}"]))
    return "\n".join([*lines, ""])


def _head(first: str, columns: list[str]) -> str:
    return f"{_row(first, columns)}\n|---|{'---|' * len(columns)}"


def _row(first: str, cells: list[str]) -> str:
    return f"| {first} | {' | '.join(cells)} |"


def _short(label: str) -> str:
    return _SHORT.get(label, label)


def card(measured: Mapping[str, Any], networks: Mapping[str, WordNetwork]) -> str:
    """``CARD.md``: what the model is, what it was taught on, and what it reached on the games it was chosen by."""
    rows = [_head("mode", ["mean", *map(_short, JUDGED)])]
    for mode, found in measured.items():
        rows.append(_row(mode, [f"{found['figures'][label]:.3f}" for label in ("mean", *JUDGED)]))
    sizes = ", ".join(f"{mode}: {network.vectors.shape[0]} words" for mode, network in networks.items())
    return f"""# commentary

Words of a commentary to events: goal, substitution, corner, foul, offside, penalty, shot on and off target, red card.

- **Taught on** SoccerNet-Echoes' transcripts (Whisper; arXiv 2405.07354; CC BY 4.0 by its dataset card) and
  SoccerNet-v2's labels (MIT, by way of jyrao/UniSoccer) of the 100 validation games: English, Spanish, Russian, French,
  German, some Portuguese and Turkish, and English translations. No text is in it: words are known by CRC-32.
- **Label rule** `words`: a probability is that of an event of the kind within 15 s of the moment.
- **Modes**: `archive` reads two minutes ahead; `live` tells an event within 10 s of the step of two seconds it is put
  in, and takes words only once their segment has ended.
- **Sizes**: {sizes}; vectors in eight bits.

SoccerNet's loose average-mAP on the validation games, each heard by networks that never saw it; settings were chosen by
these figures, so new games give a little less. The test games are in docs/commentary.md.

{chr(10).join(rows)}

Made by `python -m train.commentary fit`.
"""
