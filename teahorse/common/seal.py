"""
Secrets at rest: sealed with a key that is kept outside the database (see ``environment.seal_keys``), so that a copy of it opens nothing.

Fernet (AES-128-CBC with HMAC-SHA256); of several keys the first one seals and each opens, so that a key is changed without a gap.
"""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from teahorse import environment


class CannotUnseal(Exception):
    """What is kept was sealed with a key that is not here, or was changed."""


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


def reseal(sealed: bytes) -> bytes:
    """Return the same secret sealed with today's key. :raises CannotUnseal: if no key that is here opens it."""
    try:
        return _fernet(tuple(environment.seal_keys())).rotate(sealed)
    except InvalidToken as error:
        raise CannotUnseal from error


@lru_cache(maxsize=2)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
