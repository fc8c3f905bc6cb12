"""Rings of garbage are looked for again after a block that does without, whatever happened in it."""

import gc

import pytest

from teahorse.common.collecting import uncollected


def test_the_search_is_off_within_and_on_again_after():
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()

    assert gc.isenabled()


def test_an_error_turns_it_on_again():
    with pytest.raises(ValueError, match="inside"), uncollected():
        raise ValueError("inside")

    assert gc.isenabled()
