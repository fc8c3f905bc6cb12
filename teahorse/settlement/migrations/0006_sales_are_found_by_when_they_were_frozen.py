from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    """The reconciler asks what was sold within a window."""

    atomic = False
    dependencies = [("settlement", "0005_an_earning_only_matures")]

    operations = [AddIndexConcurrently("sale", BrinIndex(fields=["frozen_at"], name="sale_frozen_at", autosummarize=True))]
