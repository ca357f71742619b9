"""A zip whose members look well until one is unpacked."""

import zipfile
from collections.abc import Mapping
from pathlib import Path


def write_damaged(file: Path, members: Mapping[str, bytes], damaged: str) -> Path:
    """Write ``file`` with compressed ``members``, of which ``damaged`` begins with what is no compressed block."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        entry = archive.getinfo(damaged)
    content = bytearray(file.read_bytes())
    content[entry.header_offset + 30 + len(damaged)] = 0xFF
    file.write_bytes(content)
    return file
