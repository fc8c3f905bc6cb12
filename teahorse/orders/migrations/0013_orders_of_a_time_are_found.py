from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    """How often a discount for everybody was used is counted over the orders of its time."""

    atomic = False
    dependencies = [("orders", "0012_orders_are_found_by_when_they_were_paid_and_closed")]

    operations = [
        AddIndexConcurrently("sellerorder", BrinIndex(fields=["placed_at"], name="order_placed_at", autosummarize=True)),
    ]
