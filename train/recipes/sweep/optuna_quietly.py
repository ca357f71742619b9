"""Optuna, with nothing of its own on the terminal: what a sweep has to say it says itself."""

import warnings

from engine.core.errors import UsageError
from engine.core.extras import installing

try:
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    from optuna.storages.journal._file import BaseJournalFileLock
except ImportError as missing:
    raise UsageError(f"{missing.name} is not installed, and a sweep needs it", installing("sweep")) from missing

optuna.logging.disable_default_handler()
warnings.filterwarnings("ignore", module=r"optuna\..*")
warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)

__all__ = ["BaseJournalFileLock", "JournalFileBackend", "JournalStorage", "optuna"]
