"""The database that the house brings along."""

import pytest

from teahorse.common.embedded import throwaway_server


def test_a_throwaway_server_leaves_alone_what_was_there_before(tmp_path):
    (tmp_path / "kept").write_text("words")

    with pytest.raises(FileExistsError), throwaway_server(tmp_path):
        pass

    assert (tmp_path / "kept").read_text() == "words"
