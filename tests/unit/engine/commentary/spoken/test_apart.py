"""A teller in a process of its own: it stalls, crashes, floods and speaks nonsense; each is a state of the words."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from engine.commentary.spoken.apart import ProcessTeller, _Life
from engine.commentary.spoken.beside import Closed, SpokenBeside
from engine.core.process_stats import children_of
from engine.core.signals import Hearing, Words

FAKE = """
import json, sys, time
wanted = json.loads(sys.argv[1])
lives = open(wanted["lives"], "a+")
lives.write("x")
lives.flush()
lives.seek(0)
life = len(lives.read())

def say(**message):
    print(json.dumps(message), flush=True)

def told():
    return json.loads(sys.stdin.readline())

def words(text, start=1.0, end=2.0, **more):
    say(words=dict(start=start, end=end, text=text, **more))

say(ready="fake")
exec(wanted["does"])
"""


class Listens(SpokenBeside):
    """Notes what it is told instead of judging it, and is over once it has ``enough`` of it."""

    def __init__(self, teller: ProcessTeller, enough: int, heard_s: float = 60.0) -> None:
        super().__init__(teller)
        self.told: list[tuple[Hearing, float, str] | Words] = []
        self._enough = enough
        self._shown = 0
        self._heard_s = heard_s

    def say(self, words: Words) -> None:
        super().say(words)
        self._note(words)

    def show(self, state: Hearing, late_s: float = 0.0, detail: str = "") -> None:
        super().show(state, late_s, detail)
        self._shown += 1
        if self._shown > 200:
            self._closed.set()
        if (state, late_s, detail) not in self.told:
            self._note((state, late_s, detail))

    def _note(self, told: tuple[Hearing, float, str] | Words) -> None:
        self.told.append(told)
        if len(self.told) >= self._enough:
            self._closed.set()


@contextmanager
def teller(folder: Path, does: str, **patience: float) -> Iterator[ProcessTeller]:
    """A teller whose process does as ``does`` says; afterwards no process of it is left."""
    wanted = {"does": does, "lives": str(folder / "lives")}
    yield ProcessTeller("fake", [sys.executable, "-c", FAKE], wanted, **{"again_s": 0.01, **patience})
    assert children_of_this() == []


def children_of_this() -> list[int]:
    return [child for child in children_of(os.getpid()) if b"wanted" in _command_line(child)]


def _command_line(process: int) -> bytes:
    path = Path("/proc") / str(process) / "cmdline"
    return path.read_bytes() if path.exists() else b""


def told_by(made: ProcessTeller, enough: int) -> list[tuple[Hearing, float, str] | Words]:
    """The first ``enough`` things that the run is told, without the sign of life at the beginning."""
    to = Listens(made, enough)
    with suppress(Closed):
        made.tell(to)
    return to.told[1:]


def states(told: list[tuple[Hearing, float, str] | Words]) -> list[Hearing]:
    return [one[0] for one in told if isinstance(one, tuple)]


def test_words_come_through_and_the_end_of_the_sound_is_the_end(tmp_path: Path):
    with teller(tmp_path, "words('a goal', language='en'); say(over='match.ogg has ended')") as made:
        told = told_by(made, 99)
    assert told == [
        (Hearing.LISTENING, 0.0, ""), Words(60.0, 1.0, 2.0, "a goal", "en"), (Hearing.OVER, 0.0, "match.ogg has ended"),
    ]  # fmt: skip


def test_the_process_is_told_how_far_the_run_has_heard(tmp_path: Path):
    with teller(tmp_path, "now = told(); words(json.dumps(now['heard_s'])); say(over='')") as made:
        (said,) = (one for one in told_by(made, 99) if isinstance(one, Words))
    assert json.loads(said.text) == 60.0


def test_a_recogniser_that_crashes_is_lost_and_begun_anew(tmp_path: Path):
    with teller(tmp_path, "words(f'life {life}'); sys.exit(3) if life < 3 else say(over='')") as made:
        told = told_by(made, 99)
    assert [one.text for one in told if isinstance(one, Words)] == ["life 1", "life 2", "life 3"]
    assert (Hearing.LOST, 0.0, "its process has ended") in told and told[-1] == (Hearing.OVER, 0.0, "")


def test_a_recogniser_that_hangs_is_ended_and_begun_anew(tmp_path: Path):
    with teller(tmp_path, "time.sleep(600) if life == 1 else say(over='')", answer_s=2.0) as made:
        told = told_by(made, 99)
    assert states(told) == [Hearing.LISTENING, Hearing.LOST, Hearing.OVER]
    assert "not answered" in told[1][2]  # type: ignore[index]


def test_a_recogniser_that_never_gets_ready_is_lost(tmp_path: Path):
    made = ProcessTeller("fake", [sys.executable, "-c", "import time; time.sleep(600)"], {}, ready_s=0.3, again_s=0.01)
    assert states(told_by(made, 2)) == [Hearing.LOST]


def test_a_recogniser_that_can_not_be_started_is_lost():
    made = ProcessTeller("fake", ["/nowhere/to/be/found"], {}, again_s=0.01)
    ((state, _, detail),) = told_by(made, 2)  # type: ignore[misc]
    assert state is Hearing.LOST and "No such file" in detail


@pytest.mark.parametrize(
    "nonsense",
    [
        "print('Downloading model ...', flush=True)",
        "print('[1, 2, 3]', flush=True)",
        "print('7', flush=True)",
        "print('[' * 40000, flush=True)",
        "(sys.stdout.buffer.write(bytes(range(256))), sys.stdout.flush())",
        "words(7)",
        "words('x', start='soon')",
        "words('x', start=float('nan'))",
        "words('x', end=-1.0)",
        "say(words=['x'])",
        "say(late_s=True)",
        "say(fault=['one line'])",
        "say(unknown=1)",
    ],
)
def test_nonsense_is_no_word_and_ends_that_process(nonsense: str, tmp_path: Path):
    with teller(tmp_path, f"({nonsense}) if life == 1 else words('well'); say(over='')") as made:
        told = told_by(made, 99)
    assert states(told)[1] is Hearing.LOST and "nonsense" in told[1][2]  # type: ignore[index]
    assert [one.text for one in told if isinstance(one, Words)] == ["well"]


def test_a_line_without_an_end_fills_no_memory(tmp_path: Path):
    endless = "[sys.stdout.write('x' * 65536) for _ in iter(int, 1)] if life == 1 else say(over='')"
    with teller(tmp_path, endless) as made:
        assert "without end" in told_by(made, 99)[1][2]  # type: ignore[index]


def test_a_slow_recogniser_is_late_and_one_that_never_catches_up_is_begun_anew(tmp_path: Path):
    slow = "[say(late_s=late) for late in (0.5, 12.0, 400.0)] if life == 1 else say(over='')"
    with teller(tmp_path, slow) as made:
        told = told_by(made, 99)
    assert (Hearing.LISTENING, 12.0, "") in told
    assert (Hearing.LOST, 0.0, "it is 400 s behind and will not catch up") in told


def test_a_fault_of_its_source_is_said_as_it_was_told(tmp_path: Path):
    with teller(tmp_path, "say(fault=['There is no microphone.', 'Plug it in.'])") as made:
        assert told_by(made, 3)[1] == (Hearing.LOST, 0.0, "There is no microphone. Plug it in.")


def test_utterances_that_were_left_out_are_counted_on_the_screen(tmp_path: Path):
    with teller(tmp_path, "say(late_s=1.0, dropped=3); say(over='')") as made:
        assert (Hearing.LISTENING, 1.0, "3 utterances were left out") in told_by(made, 99)


def test_one_that_does_not_read_what_it_is_told_holds_nobody_up(tmp_path: Path):
    """Its pipe is full after a thousand lines or two."""
    sleeper = subprocess.Popen(["sleep", "600"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    life = _Life(SpokenBeside(ProcessTeller("fake", [], {})), sleeper)
    for number in range(20_000):
        life.tell_it({"heard_s": number, "at_s": number})
    sleeper.kill()
    sleeper.wait()


def test_the_end_of_the_run_ends_the_process(tmp_path: Path):
    with teller(tmp_path, "sys.stdin.read()") as made:
        beside = SpokenBeside(made)
        beside.start()
        beside.close(within_s=60.0)
        assert not beside._thread.is_alive()
