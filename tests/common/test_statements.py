"""What is sent together, and when it is committed."""

import pytest
from django.db import IntegrityError, connection, transaction

from teahorse.common.models import Heartbeat
from teahorse.common.statements import asked, broken_constraint, together
from tests.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
BEAT = "insert into common_heartbeat (process, beaten_at) values (%s, now())"


def seen_by_others() -> list[str]:
    """Return what another connection sees."""
    return at_once(lambda: sorted(Heartbeat.objects.values_list("process", flat=True)))[0]


def test_the_last_statements_of_a_transaction_are_committed_with_them():
    with transaction.atomic():
        asked(BEAT, ["first"])
        with together(are_last=True):
            asked(BEAT, ["second"])
        seen = seen_by_others()

    assert seen == ["first", "second"]
    assert connection.get_autocommit()


def test_within_another_transaction_they_wait_for_its_end():
    with transaction.atomic():
        with transaction.atomic(), together(are_last=True):
            asked(BEAT, ["inner"])
        seen = seen_by_others()
        transaction.set_rollback(True)

    assert seen == []
    assert not Heartbeat.objects.exists()


def test_where_one_of_them_fails_nothing_is_committed_and_the_constraint_is_named():
    with pytest.raises(IntegrityError) as failure, transaction.atomic(), together(are_last=True):
        for _again in range(2):
            asked(BEAT, ["same"])

    assert broken_constraint(failure.value) == "common_heartbeat_pkey"
    assert not Heartbeat.objects.exists()
