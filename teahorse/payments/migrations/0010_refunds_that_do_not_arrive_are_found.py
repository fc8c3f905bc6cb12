from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Each page of a centre's workbench counts the refunds that do not reach their payer."""

    atomic = False
    dependencies = [("payments", "0009_bills_are_kept_by_collector")]

    operations = [
        AddIndexConcurrently(
            "refund",
            models.Index(fields=["requested_at"], name="refund_not_arrived", condition=models.Q(state__in=("requested", "sent", "failed"))),
        )
    ]
