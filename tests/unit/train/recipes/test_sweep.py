"""A sweep: the same trials on any number of workers and after any kill, chosen on validation matches alone."""

import math
from pathlib import Path

import pytest

pytest.importorskip("optuna", reason="needs the extra 'sweep'")

from engine.core.errors import InputError, MomentumError, UsageError
from tests.unit.train.jobs.trial_tasks import nobody
from tests.unit.train.recipes.drawn_matches import QUICK, drawn
from train.fit.settings import FitSettings
from train.fit.spotting.settings import SpottingSettings
from train.jobs.task import Fault
from train.jobs.workers import InThisProcess
from train.recipes.sweep import study as studies
from train.recipes.sweep.network_sweep import DEFAULT, KNOBS, Dealt, Source, SweptNetwork
from train.recipes.sweep.report import best_settings, summary, to_html, to_report
from train.recipes.sweep.space import changed, read_fixed, read_space, to_toml
from train.recipes.sweep.study import Budget, Study, SweepSettings
from train.recipes.sweep.trial import pruner


@pytest.fixture(scope="module")
def matches(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("drawn")
    return folder, drawn(folder, 5)


@pytest.fixture
def begin(matches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Begins a sweep whose trials are a formula of their settings."""

    def formula(given):
        rate, dropout = given.params["schedule.learning_rate"], given.params["dropout"]
        score = 0.9 - (math.log10(rate) + 3.0) ** 2 / 10 - (dropout - 0.3) ** 2
        curve = [(step, score - 0.1 / step) for step in (1, 2)]
        ends = pruner(given.earlier) if given.earlier is not None else lambda *_: False
        for i, (step, value) in enumerate(curve):
            if ends(step, value):
                return {"state": "pruned", "score": value, "curve": curve[: i + 1], "figures": {}}
        return {"state": "complete", "score": score, "curve": curve, "figures": {"roc_auc": score}}

    monkeypatch.setattr(studies, "do_trial", formula)
    space = tmp_path / "space.toml"
    space.write_text(QUICK)

    def begun(name: str = "study", **settings) -> Study:
        folder, found = matches
        source = Source("simulated", folder, "danger")
        swept = SweptNetwork(read_space(space, KNOBS), source, Dealt.of(found, 0))
        return Study(tmp_path / name, swept, SweepSettings(**settings))

    return begun


def none(task, fault) -> None:
    raise AssertionError(fault)


def told(study: Study) -> list[tuple]:
    return [(t.number, t.state.name, t.params, t.value, t.intermediate_values) for t in study.trials]


class Scrambled:
    """Does whatever it may begin, and the newest first."""

    def outcomes(self, tasks):
        waiting = []
        left = True
        while left or waiting:
            while left and len(waiting) < 8:
                task = next(tasks, ...)
                if task is None:
                    break
                left = task is not ...
                if left:
                    waiting.append(task)
            if waiting:
                task = waiting.pop()
                yield task, task.function(task.given)

    def count(self) -> int:
        return 8


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_many_workers_try_the_same_and_find_the_same(begin, sampler: str):
    one, many = begin("one", sampler=sampler), begin("many", sampler=sampler)
    one.run(Budget(trials=24), InThisProcess(), nobody, none)
    many.run(Budget(trials=24), Scrambled(), nobody, none)
    assert told(one) == told(many)
    states = [state for _, state, *_ in told(one)]
    assert states.count("PRUNED") > 2 and states.count("COMPLETE") > 8


def test_a_sweep_that_was_killed_goes_on_to_the_same_end(begin, tmp_path: Path):
    whole, killed = begin("whole"), begin("killed")
    whole.run(Budget(trials=14), InThisProcess(), nobody, none)

    class Killed(Exception):
        pass

    class DiesAfter(Scrambled):
        def __init__(self, many: int) -> None:
            self.left = many

        def outcomes(self, tasks):
            for done in super().outcomes(tasks):
                if not self.left:
                    raise Killed
                self.left -= 1
                yield done

    journal = tmp_path / "killed" / "journal.log"
    for many in (0, 3, 2, 4):
        with pytest.raises(Killed):
            killed.run(Budget(trials=14), DiesAfter(many), nobody, none)
        killed.close()
        with journal.open("ab") as file:  # and in the middle of a line
            file.write(b'{"op_code":6,"worker_id":"5b')
        killed = begin("killed")
        assert killed.resumed
    killed.run(Budget(trials=14), InThisProcess(), nobody, none)
    assert told(killed) == told(whole)
    killed.run(Budget(trials=14), InThisProcess(), nobody, none)
    assert len(killed.trials) == 14


def test_a_sweep_of_other_settings_does_not_go_on_in_the_same_folder(begin):
    begin(seed=1).close()
    with pytest.raises(UsageError, match="begun otherwise"):
        begin(seed=2)
    begin(seed=1)
    with pytest.raises(UsageError, match="another process"):
        begin(seed=1)


def test_hours_are_counted_over_all_its_commands(begin):
    seconds = iter(range(0, 1_000_000, 600))
    study = begin()
    study.run(Budget(hours=1.0), InThisProcess(), nobody, none, lambda: next(seconds))
    first = len(study.trials)
    assert 0 < first < 12
    assert study.spent_s >= 3000
    study.run(Budget(hours=1.0), InThisProcess(), nobody, none, lambda: next(seconds))
    assert len(study.trials) <= first + 1


def test_a_trial_that_goes_astray_is_named_and_the_others_go_on(begin, monkeypatch: pytest.MonkeyPatch):
    real = studies.do_trial

    def astray(given):
        if given.number == 2:
            raise MomentumError("the loss is nan at step 3", "Train with a lower --learning-rate.")
        return real(given)

    monkeypatch.setattr(studies, "do_trial", astray)
    study = begin()
    said: list[tuple[str, Fault]] = []
    study.run(Budget(trials=6), InThisProcess(), nobody, lambda task, fault: said.append((task.name, fault)))
    assert [name for name, _ in said] == ["trial 2"]
    assert [state for _, state, *_ in told(study)].count("FAIL") == 1


def test_the_report_says_what_it_was_chosen_by_and_shows_the_pictures(begin):
    study = begin()
    study.run(Budget(trials=20), InThisProcess(), nobody, none)
    report = to_report(study)
    assert report["best"]["score"] == max(row["score"] for row in report["trials"] if row["score"] is not None)
    assert set(report["importance"]) == {"schedule.learning_rate", "dropout", "head.readout"}
    assert next(iter(report["importance"])) == "schedule.learning_rate"
    assert "validation matches alone" in summary(report)[1]
    page = to_html(report, "today")
    assert page.count("<img") == 3 + 3
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert changed(FitSettings(), best_settings(report)).head.readout in ("last", "mean")


def test_matches_that_are_kept_out_are_in_no_task(matches, tmp_path: Path):
    many = [*matches[1], *drawn(tmp_path / "more", 20)]
    many = [match for i, match in enumerate(many) if match.id not in {one.id for one in many[:i]}]
    dealt = Dealt.of(many, 0)
    assert len(dealt.kept_out) >= 2
    assert not set(dealt.kept_out) & {*dealt.train, *dealt.val}
    assert len(dealt.train) + len(dealt.val) + len(dealt.kept_out) == len(many)


def test_the_best_settings_are_read_back_to_the_last_bit(tmp_path: Path):
    fixed = {"schedule.learning_rate": 0.1 + 0.2, "head.readout": "mean", "fold_steps": 0}
    (tmp_path / "best.toml").write_text(to_toml(fixed))
    assert read_fixed(tmp_path / "best.toml") == fixed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no space"),
        ("[space]\nnope = {low = 1, high = 2}", "no setting 'nope'"),
        ('[space]\n"schedule.nope" = {low = 1, high = 2}', "no setting 'schedule.nope'"),
        ("[space]\ndropout = {low = 0.5, high = 0.1}", "no range"),
        ("[space]\ndropout = {low = 0, high = 1, log = true}", "no range"),
        ('[space]\ndropout = {low = "a", high = 1}', "needs numbers"),
        ("[space]\ndropout = {choices = []}", "list of choices"),
        ('[space]\ndropout = {choices = ["a"]}', "can't be 'a'"),
        ("[space]\nseed = {low = 1, high = 9}", "no choice of a sweep"),
        ("[space]\ndropout = 3", "neither"),
        ("[space", "can't be read"),
    ],
)
def test_a_space_that_makes_no_sense_is_refused_before_anything_is_tried(tmp_path: Path, text: str, said: str):
    file = tmp_path / "space.toml"
    file.write_text(text)
    with pytest.raises((InputError, UsageError)) as raised:
        read_space(file, KNOBS)
    assert said in raised.value.message


def test_the_usual_space_is_one():
    assert len(read_space(None, KNOBS).tried) == 7
    assert "[fixed]" in DEFAULT


def test_a_file_of_settings_with_the_names_of_before_is_understood():
    before = {"strips": 5, "pieces.pieces": 4, "sharpen.copies": 3}
    now = {"segments": 5, "crops.crops": 4, "fine_tune.copies": 3}
    assert changed(FitSettings(), before) == changed(FitSettings(), now) != FitSettings()
    assert changed(SpottingSettings(), {"strip_windows": 8}).segment_windows == 8
    with pytest.raises(UsageError, match="twice"):
        changed(FitSettings(), {"strips": 5, "segments": 6})
