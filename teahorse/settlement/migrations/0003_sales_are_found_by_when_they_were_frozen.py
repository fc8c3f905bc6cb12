from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    """The reconciler asks what was sold within a window."""

    atomic = False
    dependencies = [("settlement", "0002_sellers_know_the_households_that_they_buy_from")]

    operations = [AddIndexConcurrently("sale", BrinIndex(fields=["frozen_at"], name="sale_frozen_at", autosummarize=True))]
