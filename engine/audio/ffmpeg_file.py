"""A file opened for FFmpeg, which may read that file and nothing else."""

from pathlib import Path
from typing import Any, BinaryIO, NoReturn


def open_container(path: Path, **options: Any) -> tuple[Any, BinaryIO]:
    """PyAV's container of ``path``, and the open file below it, which whoever asked closes after the container.

    ``options`` go to PyAV. Raises ``av.FFmpegError`` where FFmpeg does not know the content, and ``OSError``.
    """
    import av

    # As an open file, so that nothing in its name can be taken for a network address or another protocol.
    file = path.open("rb")
    try:
        return av.open(file, "r", io_open=_only_this_file, metadata_errors="replace", **options), file
    except av.FFmpegError:
        file.close()
        raise


def _only_this_file(*_arguments: Any) -> NoReturn:
    """A playlist or a reference inside a file must not make the program open other files or addresses."""
    raise PermissionError("references to other files are not followed")
