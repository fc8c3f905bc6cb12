"""Static files: gathered, style sheets joined, named by content and compressed, only when something changed."""

import hashlib
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import FileSystemFinder, get_finders
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

MARK = ".gathered"
PART = re.compile(r'^@import "([^":]+)";$', re.MULTILINE)


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Keep each file once, under the name that holds its digest."""

    keep_only_hashed_files = True


class Joined(FileSystemStorage):
    """A folder in which a style sheet is read with the sheets beside it that it imports: a page loads them as one."""

    def open(self, name: str, mode: str = "rb") -> File[Any]:
        """Open a file; a style sheet as it is loaded."""
        if not name.endswith(".css"):
            return super().open(name, mode)
        sheet = Path(self.path(name))
        return ContentFile(PART.sub(lambda part: (sheet.parent / part[1]).read_text(), sheet.read_text()).encode(), name=name)


class Folders(FileSystemFinder):
    """Find files in the folders of the settings; style sheets joined."""

    def __init__(self, app_names: None = None, *args: object, **kwargs: object) -> None:
        super().__init__(app_names, *args, **kwargs)
        for folder, storage in self.storages.items():
            self.storages[folder] = Joined(location=storage.location)
            self.storages[folder].prefix = storage.prefix


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
