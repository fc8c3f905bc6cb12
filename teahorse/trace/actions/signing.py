"""The house's keys: by one it signs its log, by the other it cosigns those of neighbours. Both lie in files, outside the database."""

from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from teahorse.trace.tlog.keys import Kind, Signer


def signer_of_house() -> Signer:
    """Return the key by which the house signs its log, made where there is none; it is named for the house's address."""
    return _signer_in(settings.TRACE_KEY, called="tlog", kind=Kind.NOTE)


def witness_of_house() -> Signer:
    """Return the key by which the house cosigns neighbours' logs, made where there is none; it is named for the house's address."""
    return _signer_in(settings.TRACE_WITNESS_KEY, called="witness", kind=Kind.COSIGNATURE)


def _signer_in(path: Path, *, called: str, kind: Kind) -> Signer:
    try:
        return Signer.from_file(path)
    except FileNotFoundError:
        made = Signer.generate(f"{urlsplit(settings.SITE_URL).netloc}/{called}", kind)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            made.to_file(path)
        except FileExistsError:  # another process was quicker
            return Signer.from_file(path)
        return made
