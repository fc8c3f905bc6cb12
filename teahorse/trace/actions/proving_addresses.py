"""Check files: a partner asks to find one at our addresses before its own program opens from the codes on our labels."""

import re
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from teahorse.common.refusals import Malformed, NotThere
from teahorse.people.models import Person
from teahorse.trace.models import CheckFile

NAME: Final = r"(?!robots\.)[A-Za-z0-9_-]{4,64}\.txt"
"""How such a file may be called: what WeChat and Alipay give; never a name that means something else at the root."""
CONTENT: Final = r"[!-~]{1,64}"
_is_name, _is_content = re.compile(NAME).fullmatch, re.compile(CONTENT).fullmatch


@transaction.atomic
def keep_check_file(*, name: str, content: str, by: Person, now: datetime) -> CheckFile:
    """
    Serve a check file from now on, at the root and under every prefix of labels; the same name again replaces it.

    :raises Malformed: at ``name`` or ``content`` (1 to 64 visible characters of ASCII, so it can never be a page).
    """
    plain = content.strip()
    if not _is_name(name):
        raise Malformed(field="name", reason=_("The name is as the partner gave it: letters, digits, _ and -, then .txt."))
    if not _is_content(plain):
        raise Malformed(field="content", reason=_("The file holds 1 to 64 letters, digits or signs in one line."))
    kept, _made = CheckFile.objects.update_or_create(name=name, defaults={"content": plain, "added_by_id": by.pk, "added_at": now})
    return kept


def drop_check_file(*, name: str) -> None:
    """
    Serve a check file no more.

    :raises NotThere: if there is none of this name.
    """
    if not CheckFile.objects.filter(name=name).delete()[0]:
        raise NotThere(field="name")
