"""Exported Core ML packages, read back and run in numpy, on real sound."""

from pathlib import Path

import numpy as np
import pytest

from engine.core import grid
from engine.core.paths import shipped_weights
from engine.model.checkpoint import load
from engine.model.export.coreml_files import export_coreml
from tests.extras import need
from tests.functional.conftest import needs_real_sound
from tests.unit.engine.model.export.coreml_runs import HALF, NAMES, features_of, logits_of, served
from tests.unit.engine.model.export.mil import SavedProgram

need("coremltools", "coreml")


@needs_real_sound
@pytest.mark.shared
def test_the_saved_programs_give_the_served_logits_on_real_sound(ten_minutes: np.ndarray, tmp_path: Path) -> None:
    weights = load(shipped_weights() / "default")
    export_coreml(weights, tmp_path / "out")
    programs = {name: SavedProgram(tmp_path / "out" / f"{name}.mlpackage") for name in NAMES}
    for second in (60, 250, 590):
        features = features_of(weights, ten_minutes[: second * grid.SAMPLE_RATE_HZ])
        assert np.abs(logits_of(programs, features) - served(weights, features)).max() < HALF
