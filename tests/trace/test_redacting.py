"""A person's detail stands in events as a salted hash, and is gone when she asks for it; what was told stays true."""

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from teahorse.trace import actions
from teahorse.trace.models import PersonalDetail, TraceEvent
from teahorse.trace.queries.log import contradictions
from teahorse.trace.queries.redaction import revealed
from teahorse.trace.rules import digest_of
from tests import world
from tests.at_once import at_once
from tests.trace.goods import tell
from tests.trace.telling import harvest

pytestmark = pytest.mark.django_db
NOW = world.NOW


@pytest.fixture
def coop(db):
    return world.organisation("chamchen")


def conceal(value, *, owner):
    (token,) = actions.conceal([value], owner=owner, now=NOW)
    return token


def test_a_token_says_nothing_and_its_owner_alone_reads_it(coop):
    token = conceal(" 次仁  卓玛 ", owner=coop)

    assert token.startswith("urn:sha256:")
    assert "卓玛" not in token
    assert revealed([token, "urn:sha256:0"], for_organisation=coop) == {token: "次仁 卓玛"}
    assert revealed([token], for_organisation=world.organisation("stranger")) == {}


def test_the_same_name_of_one_owner_has_one_token_and_of_another_another(coop):
    token = conceal("卓玛", owner=coop)

    assert conceal("卓玛", owner=coop) == token
    assert conceal("卓玛", owner=world.organisation("stranger")) != token


@pytest.mark.parametrize("value", ["", "  ", "卓" * 201])
def test_nothing_and_too_much_is_refused(coop, value):
    with pytest.raises(ValueError, match="1 to 200"):
        conceal(value, owner=coop)


def test_what_is_erased_is_gone_and_the_event_stays_true(coop):
    maker, token = world.person(), conceal("卓玛", owner=coop)
    tell(harvest("barley") | {"https://mall.example/voc/picker": token}, by=coop, now=NOW)

    assert [actions.erase(tokens=[token], owner=coop, by=maker, now=NOW) for _ in range(2)] == [1, 0]

    row, event = PersonalDetail.objects.get(), TraceEvent.objects.get()
    assert (row.salt, row.value, row.erased_by_id) == (None, "", maker.pk)
    assert revealed([token], for_organisation=coop) == {}
    assert digest_of(event.body, event.context) == bytes(event.digest)
    assert list(contradictions()) == []
    assert conceal("卓玛", owner=coop) != token


def test_another_organisation_erases_nothing(coop):
    token = conceal("卓玛", owner=coop)

    assert actions.erase(tokens=[token], owner=world.organisation("stranger"), by=world.person(), now=NOW) == 0
    assert revealed([token], for_organisation=coop) == {token: "卓玛"}


def test_the_database_keeps_no_half_erased_detail_and_brings_none_back(coop):
    token = conceal("卓玛", owner=coop)
    with pytest.raises(IntegrityError, match="what_is_erased_is_gone"), transaction.atomic():
        PersonalDetail.objects.update(erased_at=NOW)
    actions.erase(tokens=[token], owner=coop, by=world.person(), now=NOW)

    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        PersonalDetail.objects.update(salt=b"1", value="卓玛", erased_at=None)


@pytest.mark.django_db(transaction=True)
def test_the_same_name_at_the_same_moment_gets_one_token():
    coop = world.organisation("chamchen")

    assert len(set(at_once(*[lambda: conceal("卓玛", owner=coop)] * 4))) == 1
