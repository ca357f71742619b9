"""The benchmarks' table."""

import json
from types import ModuleType

import pytest

from tests.bench import Row, __main__


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> str:
    """A benchmark that measures nothing."""
    module = ModuleType("tests.bench.bench_trial")
    vars(module)["run"] = lambda: [Row("one update", 3.456, "ms", 0.21, "median of 9"), Row("ratio", 1234.5, "x")]
    monkeypatch.setitem(__main__.sys.modules, module.__name__, module)
    monkeypatch.setattr(__main__, "topics", lambda: ["trial"])
    return "trial"


def test_every_file_named_bench_is_a_topic_that_can_be_run():
    for topic in __main__.topics():
        assert callable(__main__.load(topic).run)


def test_rows_become_one_table_with_numbers_to_the_right(topic: str, capsys: pytest.CaptureFixture[str]):
    __main__.main([])
    assert capsys.readouterr().out.splitlines() == [
        "topic  what        median  unit  spread  note",
        "trial  one update    3.46  ms      0.21  median of 9",
        "trial  ratio         1234  x",
    ]


def test_json_has_the_same_figures(topic: str, capsys: pytest.CaptureFixture[str]):
    __main__.main(["--only", topic, "--json"])
    rows = json.loads(capsys.readouterr().out)
    assert [row["value"] for row in rows] == [3.456, 1234.5]


def test_an_unknown_topic_is_refused(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        __main__.main(["--only", "no-such-topic"])
    assert "no-such-topic" in capsys.readouterr().err
