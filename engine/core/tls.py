"""A client's side of TLS, from files that a person names."""

import ssl
from pathlib import Path

from engine.core.errors import UsageError


def context_of(
    ca_file: str | Path | None, certificate_file: str | Path | None, key_file: str | Path | None, named_by: str
) -> ssl.SSLContext:
    """A client's TLS with an authority, a certificate and its key, PEM files all, or the system's and none.

    Raises ``UsageError`` naming the file that can't be used; ``named_by`` is the hint on one that can't be read.
    """
    ca = _readable(ca_file, named_by)
    try:
        context = ssl.create_default_context(cafile=ca)
    except ssl.SSLError as error:
        raise UsageError(f"{ca} holds no certificates", "An authority is a file in PEM form.") from error
    certificate, key = _readable(certificate_file, named_by), _readable(key_file, named_by)
    if certificate:
        try:
            # Without a password at hand OpenSSL would ask for one on the terminal.
            context.load_cert_chain(certificate, key, password=lambda: b"")
        except ssl.SSLError as error:
            raise UsageError(
                f"{certificate} and its key can't be used: {error.reason or error}",
                "Both are in PEM form, belong together, and the key has no password.",
            ) from error
    return context


def _readable(name: str | Path | None, named_by: str) -> str | None:
    if name is None:
        return None
    path = Path(name).expanduser()
    try:
        path.open("rb").close()
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}", named_by) from error
    return str(path)
