"""Static files: gathered, named by content and compressed, only when something changed."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

MARK = ".gathered"


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Keep each file once, under the name that holds its digest."""

    keep_only_hashed_files = True


def gather() -> bool:
    """Gather static files when their sources differ from last time; return whether anything was done."""
    root = Path(settings.STATIC_ROOT)
    state = _state_of_sources()
    mark = root / MARK
    if mark.exists() and mark.read_text() == state:
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    mark.write_text(state)
    return True


def _state_of_sources() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            source = Path(storage.path(path))
            digest.update(f"{path} {source.stat().st_size} {source.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()
