"""What a sweep found: as JSON, and as one page with the pictures that people expect."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from train.evaluate.html_page import STYLE, picture, table_html
from train.evaluate.table import Table
from train.recipes.sweep.optuna_quietly import optuna
from train.recipes.sweep.pictures import bars, history, parallel, slices
from train.recipes.sweep.study import Study

_LEAST: Final = 4
"""Complete trials from which on it can be said what mattered."""
_SHOWN: Final = 20


def to_report(study: Study) -> dict[str, Any]:
    """All of it, as JSON can hold it."""
    trials = [_row(trial) for trial in study.trials if trial.state.is_finished()]
    complete = [row for row in trials if row["state"] == "complete"]
    return {
        "trials": trials,
        "best": max(complete, key=lambda row: (row["score"], -row["number"]), default=None),
        "importance": _importance(study),
        "tried": {name: _axis(study, name) for name in study.space.tried},
        "fixed": dict(study.space.fixed),
        "sampler": study.settings.sampler,
        "pruned_by": "the median of earlier trials" if study.settings.prune else None,
        "at_once": study.settings.at_once,
        "seed": study.settings.seed,
        "spent_s": round(study.spent_s, 1),
        **study.swept.report(),
        "rests_on": list(study.swept.rests_on()),
        "score_is": study.swept.score_is,
    }


def summary(report: Mapping[str, Any]) -> list[str]:
    """What it rests on, in sentences."""
    states = [row["state"] for row in report["trials"]]
    counts = f"{states.count('complete')} complete, {states.count('pruned')} ended early, {states.count('fail')} failed"
    return [f"{len(states)} trials: {counts}; {report['spent_s'] / 3600:.2f} hours of work.", *report["rests_on"]]


def to_html(report: Mapping[str, Any], made_at: str) -> str:
    """The whole page, which needs nothing else. ``made_at`` is when, as it should be shown."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<title>Sweep</title><style>{STYLE}</style><h1>Sweep</h1>",
        "".join(f"<p>{escape(line)}</p>" for line in summary(report)),
        f"<p class=note>{escape(made_at)}.</p>",
    ]
    complete = [row for row in report["trials"] if row["state"] == "complete"]
    if complete:
        shown = [("Scores in the order of the trials", history(report["trials"]))]
        if report["importance"]:
            shown.append(("How much each setting mattered", bars(report["importance"])))
        shown.append(("Settings of all complete trials, the best in front", parallel(report["tried"], complete)))
        shown += [(f"Score by {name}", svg) for name, svg in slices(report["tried"], complete).items()]
        parts += [
            f"<figure>{picture(svg, title)}<figcaption>{escape(title)}</figcaption></figure>" for title, svg in shown
        ]
    parts += [table_html(table) for table in tables(report)]
    return "".join(parts) + "</html>\n"


def tables(report: Mapping[str, Any]) -> list[Table]:
    """The best trials, and what mattered."""
    names = list(report["tried"])
    best = sorted(
        (row for row in report["trials"] if row["state"] == "complete"), key=lambda row: (-row["score"], row["number"])
    )
    found = [
        Table(
            "The best trials",
            report["score_is"],
            ("trial", "score", *names),
            tuple(
                (str(row["number"]), f"{row['score']:.4f}", *(cell(row["params"][name]) for name in names))
                for row in best[:_SHOWN]
            ),
        )
    ]
    if report["importance"]:
        found.append(
            Table(
                "What mattered",
                "Shares of what sets the better trials apart (PED-ANOVA). Few trials say little.",
                ("setting", "share"),
                tuple((name, f"{share:.2f}") for name, share in report["importance"].items()),
            )
        )
    return found


def cell(value: Any) -> str:
    """A value of a setting, short."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _row(trial: Any) -> dict[str, Any]:
    state = trial.state.name.lower()
    return {
        "number": trial.number,
        "state": state,
        "score": trial.value if state == "complete" else None,
        "params": dict(trial.params),
        "curve": [[step, score] for step, score in sorted(trial.intermediate_values.items())],
        "figures": dict(trial.user_attrs.get("figures", {})),
    }


def _importance(study: Study) -> dict[str, float]:
    """Each setting's share, the largest first; nothing where too few trials are complete, or all do alike."""
    complete = [trial for trial in study.trials if trial.state.name == "COMPLETE"]
    if len(complete) < _LEAST or len({trial.value for trial in complete}) < 2:
        return {}
    view = optuna.create_study(direction="maximize")
    view.add_trials(complete)
    found = optuna.importance.get_param_importances(view, evaluator=optuna.importance.PedAnovaImportanceEvaluator())
    return {name: round(float(share), 6) for name, share in found.items()}


def _axis(study: Study, name: str) -> dict[str, Any]:
    one: Any = study.space.tried[name]
    return (
        {"choices": list(one.choices)}
        if hasattr(one, "choices")
        else {"low": one.low, "high": one.high, "log": one.log}
    )


def best_settings(report: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of the best trial by name, those that all trials had included; empty where none is complete."""
    best: Mapping[str, Any] | None = report["best"]
    return {**report["fixed"], **best["params"]} if best else {}
