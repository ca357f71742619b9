"""Colours: calm is blue, alarm is orange, in every theme; red never stands against green."""

from collections.abc import Mapping

from textual.theme import Theme

DARK, LIGHT, CONTRAST, SIXTEEN = "momentum-dark", "momentum-light", "momentum-contrast", "momentum-16"
THEME_NAMES = (DARK, LIGHT, CONTRAST, SIXTEEN)
SHORT_NAMES = {"dark": DARK, "light": LIGHT, "contrast": CONTRAST, "16": SIXTEEN}
"""What a person writes in the configuration or after ``--theme``."""
AUTO = "auto"


def _theme(name: str, dark: bool, background: str, ink: str, faint: str, line: str, calm: str, building: str,
           alarm: str, fault: str, panel: str, ansi: bool = False) -> Theme:  # fmt: skip
    on_tone = background if not ansi else "ansi_black"
    return Theme(
        name=name,
        dark=dark,
        ansi=ansi,
        primary=calm,
        secondary=calm,
        accent=alarm,
        warning=alarm,
        error=fault,
        success=calm,
        foreground=ink,
        background=background,
        surface=background,
        panel=panel,
        boost=panel,
        variables={
            "ink": ink,
            "faint": faint,
            "line": line,
            "calm": calm,
            "building": building,
            "alarm": alarm,
            "fault": fault,
            "on-tone": on_tone,
            "bar": panel,
            "block-cursor-background": calm,
            "block-cursor-foreground": on_tone,
            "input-cursor-text-style": "reverse",
            "border": calm,
            "border-blurred": line,
            "ansi-background": "ansi_black",
            "ansi-foreground": "ansi_white",
        },
    )


THEMES = (
    _theme(DARK, True, background="#0d1322", ink="#d9e1ef", faint="#7585a3", line="#2b3a58", calm="#57a8ff",
           building="#ffd166", alarm="#ff8f2e", fault="#f07fc0", panel="#18223a"),
    _theme(LIGHT, False, background="#f7f5ef", ink="#1d2636", faint="#6b7280", line="#c6c3b8", calm="#1d64b5",
           building="#b98300", alarm="#c24a00", fault="#96307a", panel="#e8e4d8"),
    # After Okabe and Ito, "Color Universal Design", 2008: colours that all common forms of colour vision tell apart.
    _theme(CONTRAST, True, background="#000000", ink="#ffffff", faint="#b8b8b8", line="#6a6a6a", calm="#56b4e9",
           building="#f0e442", alarm="#e69f00", fault="#cc79a7", panel="#262626"),
    _theme(SIXTEEN, True, background="ansi_default", ink="ansi_default", faint="ansi_bright_black",
           line="ansi_bright_black", calm="ansi_bright_blue", building="ansi_bright_white", alarm="ansi_bright_yellow",
           fault="ansi_bright_magenta", panel="ansi_default", ansi=True),
)  # fmt: skip

_FEW_COLOURS = ("16color", "linux", "vt100", "vt220", "xterm-color", "ansi")


def choose_theme(wanted: str, environ: Mapping[str, str]) -> str:
    """The theme to start with. ``auto`` is dark, or 16 colours where the terminal has no more or wants none.

    ``NO_COLOR`` takes the 16 colour theme, since only there no colour code at all is sent.
    """
    if environ.get("NO_COLOR"):
        return SIXTEEN
    if wanted != AUTO:
        return SHORT_NAMES.get(wanted, wanted)
    term = environ.get("TERM", "")
    few = any(term == name or term.endswith(name) for name in _FEW_COLOURS)
    return SIXTEEN if few and not environ.get("COLORTERM") else DARK
