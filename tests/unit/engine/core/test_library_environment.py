"""What must be set before a library's first work is set by importing the engine."""

import os
import subprocess
import sys

import pytest

from engine.core.library_environment import prepare


@pytest.mark.parametrize("package", ["engine", "train.fit.network.segment_network", "tui.cli.main"])
def test_the_index_of_a_machine_with_matrix_units_does_not_differ_from_other_machines(package: str):
    """MLX reads the variable at its first product: whatever of the program is imported, it must be there by then."""
    environ = {name: value for name, value in os.environ.items() if name != "MLX_ENABLE_TF32"}
    code = f"import {package}, os; print(os.environ.get('MLX_ENABLE_TF32'))"
    shown = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "0"


def test_what_a_person_has_set_stays():
    environ = {"MLX_ENABLE_TF32": "1"}
    prepare(environ)
    assert environ == {"MLX_ENABLE_TF32": "1"}
