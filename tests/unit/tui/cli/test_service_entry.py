"""Where launchd starts the service."""

from tui.cli.service_entry import main


def test_the_real_command_says_what_is_wrong_and_is_not_started_again(home, capsys):
    assert main(["record", str(home / "nothing.flac")]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("momentum: ")
    assert "ended with code 5" in said[-1]
