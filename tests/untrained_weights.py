"""Weights that have learned nothing, for tests: the same seed gives the same bytes."""

from pathlib import Path

from engine.model.checkpoint import WeightsConfig, save
from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEndConfig
from engine.model.head import HeadConfig
from engine.model.network import MlxNetwork
from engine.model.tags import TagsConfig


def write_untrained_weights(folder: Path, seed: int, tags: TagsConfig | None = None) -> str:
    """Write untrained weights named like ``folder``, with ``tags`` or none; return the checksum of the tensors."""
    front_end, encoder, head = FrontEndConfig(), EncoderConfig(), HeadConfig()
    config = WeightsConfig(
        name=folder.name, trained=False, label_rule="none", front_end=front_end, encoder=encoder, head=head, tags=tags
    )
    network = MlxNetwork(front_end, encoder, head, seed, tags)
    return save(folder, config, network, f"# {folder.name}: untrained\n")
