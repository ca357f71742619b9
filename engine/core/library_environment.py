"""Environment variables that libraries read once, before their first work; set when ``engine`` is imported.

What a person has set stays. Nothing but the standard library is imported here: it must come before everything else.
"""

import os
from collections.abc import MutableMapping
from typing import Final

SETTINGS: Final = {
    # On GPUs with matrix units (Apple's M5 and later, NVIDIA's) MLX multiplies float32 with some 11 bits unless told
    # otherwise. That moves the index by up to 3e-4, and differently for one window than for many: a single row takes
    # another kernel. MLX's "Numerical Precision" page; it reads this at the first product.
    "MLX_ENABLE_TF32": "0",
}


def prepare(environ: MutableMapping[str, str] = os.environ) -> None:
    """Set what is not set yet."""
    for name, value in SETTINGS.items():
        environ.setdefault(name, value)
