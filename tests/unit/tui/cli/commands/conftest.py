"""Commands that judge do it against few trees."""

import pytest

from train.evaluate import evaluation


@pytest.fixture(autouse=True)
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """How good boosting is shows in ``test_baselines.py``; here it has to be there."""
    monkeypatch.setattr(evaluation, "ROUNDS", 5)
