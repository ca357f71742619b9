"""Which weights there are, and which a name means."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.core.errors import WeightsError
from engine.core.paths import Paths, shipped_weights
from engine.core.weights_config_file import CARD_FILE, CONFIG_FILE
from engine.model.checkpoint import WeightsConfig, read_config

_CARD_LIMIT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Installed:
    """A weights folder found on this machine; ``fault`` says what is wrong with its config, which is then None."""

    name: str
    folder: Path
    config: WeightsConfig | None = None
    checksum: str = ""
    fault: str = ""


def weights_folders(paths: Paths) -> tuple[Path, ...]:
    """Where weights are looked for by name, the user's own before those that came with the program."""
    return (paths.data / "weights", shipped_weights())


def list_weights(folders: Iterable[Path]) -> list[Installed]:
    """All weights in ``folders``; of one name the first. The tensors are not read: ``checkpoint.load`` checks them."""
    found: dict[str, Installed] = {}
    words = shipped_weights() / "commentary"  # the model of words, which hears no sound
    for folder in folders:
        for config_file in sorted(file for file in folder.glob(f"*/{CONFIG_FILE}") if file.parent != words):
            found.setdefault(config_file.parent.name, _installed(config_file.parent))
    return list(found.values())


def find_weights(choice: str, folders: Sequence[Path]) -> Path:
    """The folder that ``choice`` means: the name of installed weights, or a folder.

    Raises ``WeightsError`` where there is neither.
    """
    for candidate in (*(folder / choice for folder in folders), Path(choice).expanduser()):
        if candidate.is_dir():
            return candidate
    raise WeightsError(
        f"there are no weights named {choice!r}, and no such folder", "'momentum weights list' shows what is installed."
    )


def check_default(config: WeightsConfig) -> None:
    """Raise ``WeightsError`` where a setting names weights that nobody has found better than what they came from."""
    if not config.may_be_default:
        raise WeightsError(
            f"the weights {config.name!a} can't be the default: {config.standing}",
            f"Listen with them by --weights {config.name}, or repeat their training with --install-anyway.",
        )


def read_card(folder: Path) -> str:
    """The card of the weights in ``folder``, Markdown. Raises ``WeightsError`` where it is missing or unreadable."""
    card = folder / CARD_FILE
    try:
        with card.open(encoding="utf-8") as file:
            return file.read(_CARD_LIMIT_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"{card} can't be read: {error}", "Get these weights again from where they came.") from error


def _installed(folder: Path) -> Installed:
    try:
        config, checksum = read_config(folder)
    except WeightsError as error:
        return Installed(folder.name, folder, fault=error.message)
    return Installed(folder.name, folder, config, checksum)
