"""The screen as a picture that loads nothing from elsewhere."""

import re
from typing import Any, Final

from textual.app import App

TITLE: Final = "Acoustic Momentum"
_FONT_FACE: Final = re.compile(r"@font-face\s*\{[^}]*\}\s*")


def screen_as_svg(app: App[Any]) -> str:
    """SVG of what ``app`` shows. Textual's own names fonts on a server; here the viewer's fixed-width font serves."""
    return _FONT_FACE.sub("", app.export_screenshot(title=TITLE))
