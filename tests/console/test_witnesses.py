"""Region staff see who cosigns the log and whose logs the house cosigns, and name both."""

import pytest
from django.utils import timezone

from teahorse.trace.actions.signing import signer_of_house, witness_of_house
from teahorse.trace.models import Witness, WitnessedLog
from teahorse.trace.tlog.checkpoints import Checkpoint
from teahorse.trace.tlog.folders import Folder
from teahorse.trace.tlog.keys import Kind, Signer
from teahorse.trace.tlog.tiles import Growing

pytestmark = pytest.mark.django_db
HERE = "/console/region/trace/witnesses/"
LOG = Signer.generate("neighbour.example/tlog")
WITNESS = Signer.generate("neighbour.example/witness", Kind.COSIGNATURE)
ADDRESS = "https://neighbour.example/witness"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.TRACE_LOG, settings.TRACE_KEY = tmp_path / "log", tmp_path / "log.key"
    settings.TRACE_WITNESS_KEY = tmp_path / "witness.key"


@pytest.fixture
def browser(officer, browser_of):
    return browser_of(officer)


def shown(browser):
    return browser.get(HERE).content.decode()


def test_the_page_gives_what_a_neighbour_needs_and_nothing_secret(browser, settings):
    page = shown(browser)

    for told in (signer_of_house().verifier.written(), witness_of_house().verifier.written(), f"{settings.SITE_URL}/witness"):
        assert told in page
    assert "PRIVATE" not in page
    assert "Nobody cosigns our log yet" in page


def test_a_witness_and_a_log_are_named_and_left(browser, officer):
    browser.post(HERE, {"witness_key": WITNESS.verifier.written(), "address": f"{ADDRESS}/"})
    browser.post(HERE, {"log_key": LOG.verifier.written(), "origin": ""})
    witness, log = Witness.objects.get(), WitnessedLog.objects.get()
    named = shown(browser)
    browser.post(f"{HERE}leave/", {"witness": str(witness.pk)})
    browser.post(f"{HERE}logs/leave/", {"log": str(log.pk)})

    left = shown(browser)
    assert (witness.name, witness.address, witness.added_by_id) == ("neighbour.example/witness", ADDRESS, officer.pk)
    assert (log.origin, log.added_by_id) == ("neighbour.example/tlog", officer.pk)
    assert ("Not asked yet" in named, "Has not asked yet" in named) == (True, True)
    assert ("Not asked any more" in left, "Not looked at any more" in left) == (True, True)


def test_it_is_said_who_has_cosigned_what_is_published_and_since_when(browser, officer, settings):
    now = timezone.now()
    browser.post(HERE, {"witness_key": WITNESS.verifier.written(), "address": ADDRESS})
    folder, (tree, files) = Folder(settings.TRACE_LOG), Growing().append([b"one", b"two"])
    folder.write(files)
    log = signer_of_house()
    folder.publish(Checkpoint(log.name, tree.size, tree.root).signed_by(log, WITNESS, at=now))
    Witness.objects.update(first_at=now, cosigned_at=now, size=2)

    page = shown(browser)
    Witness.objects.update(trouble="contradicted", detail="it has seen 7 entries", failing_since=now)
    troubled = shown(browser)

    assert ("Has cosigned" in page, "2 entries" in page) == (True, True)
    assert ("Has seen another story" in troubled, "it has seen 7 entries" in troubled) == (True, True)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"witness_key": "nonsense", "address": ADDRESS}, "witness_key"),
        ({"witness_key": LOG.verifier.written(), "address": ADDRESS}, "witness_key"),
        ({"witness_key": WITNESS.verifier.written(), "address": "http://neighbour.example"}, "address"),
        ({"log_key": WITNESS.verifier.written(), "origin": ""}, "log_key"),
    ],
)
def test_what_is_typed_wrong_is_said_at_its_field_and_kept(browser, typed, field):
    answer = browser.post(HERE, typed)

    page = answer.content.decode()
    assert (answer.status_code, Witness.objects.exists(), WitnessedLog.objects.exists()) == (422, False, False)
    assert f'<div id="{field}-told"><p class="field__error">' in page
    assert typed[field] in page


def test_nobody_but_the_regions_staff_has_the_page(browser_of, seller, reviewer, coop, centre, browser):
    assert browser_of(seller).get(f"/console/{coop.key}/trace/witnesses/").status_code == 404
    assert browser_of(reviewer).get(f"/console/{centre.key}/trace/witnesses/").status_code == 404
    assert browser_of(reviewer).get(HERE).status_code == 404
    assert browser.post(f"{HERE}leave/", {"witness": "nonsense"}).status_code == 404
