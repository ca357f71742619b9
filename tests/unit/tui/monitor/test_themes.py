import pytest

from tui.monitor.themes import CONTRAST, DARK, LIGHT, SIXTEEN, choose_theme


@pytest.mark.parametrize(
    ("wanted", "environ", "theme"),
    [
        ("auto", {"TERM": "xterm-256color"}, DARK),
        ("auto", {"TERM": "xterm-16color"}, SIXTEEN),
        ("auto", {"TERM": "linux"}, SIXTEEN),
        ("auto", {"TERM": "xterm-16color", "COLORTERM": "truecolor"}, DARK),
        ("light", {}, LIGHT),
        ("contrast", {}, CONTRAST),
        ("light", {"NO_COLOR": "1"}, SIXTEEN),
    ],
)
def test_the_theme_fits_wish_and_terminal(wanted: str, environ: dict[str, str], theme: str) -> None:
    assert choose_theme(wanted, environ) == theme
