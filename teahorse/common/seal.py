"""
Secrets at rest: sealed with a key that is kept outside the database (see ``environment.seal_keys``), so that a copy of it opens nothing.

Fernet (AES-128-CBC with HMAC-SHA256); of several keys the first one seals and each opens, so that a key is changed without a gap.
"""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.db import models, transaction

from teahorse import environment


class CannotUnseal(Exception):
    """What is kept was sealed with a key that is not here, or was changed."""


class SealedField(models.BinaryField[bytes, bytes]):
    """A column of what :func:`seal` returned; empty where there is no secret. :func:`reseal_all` finds it by this type."""

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """Stand in migrations as what it is for the database."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.BinaryField", args, kwargs


def seal(plain: bytes) -> bytes:
    """Return a secret as it may be stored."""
    return _fernet(tuple(environment.seal_keys())).encrypt(plain)


def unseal(sealed: bytes) -> bytes:
    """
    Return what :func:`seal` was given.

    :raises CannotUnseal: if no key that is here opens it.
    """
    try:
        return _fernet(tuple(environment.seal_keys())).decrypt(sealed)
    except InvalidToken as error:
        raise CannotUnseal from error


@transaction.atomic
def reseal_all() -> int:
    """
    Seal every secret of the database anew with the first of the sealing keys, whatever it is of, and return how many.

    :raises CannotUnseal: if one cannot be opened with any key that is here; nothing is changed.
    """
    return sum(_reseal(model, field.name) for model in apps.get_models() for field in _sealed_of(model))


def _sealed_of(model: type[models.Model]) -> list[SealedField]:
    return [field for field in model._meta.local_fields if isinstance(field, SealedField)]  # noqa: SLF001 - Django documents it


def _reseal(model: type[models.Model], name: str) -> int:
    kept = model._base_manager  # noqa: SLF001 - Django documents it
    rows = list(kept.select_for_update().exclude(**{name: b""}).order_by("pk"))
    for row in rows:
        setattr(row, name, _resealed(bytes(getattr(row, name))))
    kept.bulk_update(rows, [name])
    return len(rows)


def _resealed(sealed: bytes) -> bytes:
    try:
        return _fernet(tuple(environment.seal_keys())).rotate(sealed)
    except InvalidToken as error:
        raise CannotUnseal from error


@lru_cache(maxsize=2)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
