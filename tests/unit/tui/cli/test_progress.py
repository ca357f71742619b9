"""Progress on stderr."""

import pytest

from tui.cli.progress import shown_on_stderr


def test_a_file_name_in_the_progress_steers_no_terminal(capsys: pytest.CaptureFixture[str]):
    with shown_on_stderr() as tell:
        tell("reading \x1b[2Jmatch\n.wav", 0, None, "at \x07 9")
    assert capsys.readouterr().err == "reading \ufffd[2Jmatch .wav, at \ufffd 9\n"
