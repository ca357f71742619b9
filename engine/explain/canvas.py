"""Something to draw on: an SVG document, which needs nothing, or a PNG picture, which needs Pillow for its letters."""

import base64
from collections.abc import Callable
from html import escape
from io import BytesIO
from typing import Any, Final, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.core.png import png

Colour: TypeAlias = tuple[int, int, int]
Pixels: TypeAlias = NDArray[np.uint8]
Anchor: TypeAlias = Literal["start", "middle", "end"]

_SCALE: Final = 2
"""Pixels of the PNG for each of the drawing."""
_ANCHORS: Final[dict[Anchor, str]] = {"start": "ls", "middle": "ms", "end": "rs"}


class Canvas(Protocol):
    """Lengths in pixels of the drawing, from its upper left corner; text stands on its base line."""

    def rect(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """A filled rectangle."""
        ...

    def text(self, x: float, y: float, text: str, size: int, colour: Colour, anchor: Anchor = "start") -> None:
        """One line of text."""
        ...

    def pixels(self, x: float, y: float, pixels: Pixels) -> None:
        """A picture (rows, columns, 3)."""
        ...


class SvgCanvas:
    """Draws a document of its own: pictures are inside it, and it loads nothing from elsewhere."""

    def __init__(self, width: int, height: int, background: Colour) -> None:
        size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        self._parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">']
        self.rect(0, 0, width, height, background)

    def rect(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        self._parts.append(
            f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" fill="{_css(colour)}"/>'
        )

    def text(self, x: float, y: float, text: str, size: int, colour: Colour, anchor: Anchor = "start") -> None:
        self._parts.append(
            f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size}" fill="{_css(colour)}" text-anchor="{anchor}">'
            f"{escape(text)}</text>"
        )

    def pixels(self, x: float, y: float, pixels: Pixels) -> None:
        rows, columns, _ = pixels.shape
        data = base64.b64encode(png(pixels)).decode("ascii")
        self._parts.append(
            f'<image x="{x:.2f}" y="{y:.2f}" width="{columns}" height="{rows}" href="data:image/png;base64,{data}"/>'
        )

    def document(self) -> bytes:
        """The finished file."""
        return ("\n".join([*self._parts, "</svg>"]) + "\n").encode()


class PngCanvas:
    """The same drawing in pixels, with the letters that Pillow brings. Raises ``ImportError`` without Pillow."""

    def __init__(self, width: int, height: int, background: Colour) -> None:
        from PIL import Image, ImageDraw, ImageFont

        self._image = Image.new("RGB", (width * _SCALE, height * _SCALE), background)
        self._draw = ImageDraw.Draw(self._image)
        self._font: Callable[[int], Any] = lambda size: ImageFont.load_default(size * _SCALE)
        self._made: Callable[[Pixels], Any] = Image.fromarray

    def rect(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        left, top = round(x * _SCALE), round(y * _SCALE)
        right, bottom = round((x + width) * _SCALE) - 1, round((y + height) * _SCALE) - 1
        if right >= left and bottom >= top:
            self._draw.rectangle((left, top, right, bottom), fill=colour)

    def text(self, x: float, y: float, text: str, size: int, colour: Colour, anchor: Anchor = "start") -> None:
        self._draw.text((x * _SCALE, y * _SCALE), text, fill=colour, font=self._font(size), anchor=_ANCHORS[anchor])

    def pixels(self, x: float, y: float, pixels: Pixels) -> None:
        larger = pixels.repeat(_SCALE, axis=0).repeat(_SCALE, axis=1)
        self._image.paste(self._made(larger), (round(x * _SCALE), round(y * _SCALE)))

    def document(self) -> bytes:
        """The finished file."""
        out = BytesIO()
        self._image.save(out, "PNG", optimize=True)
        return out.getvalue()


def _css(colour: Colour) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)
