"""Archives from outside: what Python's readers of zip and tar raise where somebody has cut, changed or locked one."""

import lzma
import tarfile
import zipfile
import zlib
from typing import Final

ARCHIVE_FAULTS: Final = (
    OSError, EOFError, RuntimeError, ValueError, KeyError, zipfile.BadZipFile, zlib.error, tarfile.TarError,
    lzma.LZMAError,
)  # fmt: skip
