from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The sweeps and the reconciler ask what was decided within a window."""

    atomic = False
    dependencies = [("payments", "0006_payments_are_found_by_when_they_were_taken")]

    operations = [
        AddIndexConcurrently(
            "refund",
            models.Index(fields=["requested_at"], name="refund_requested_at"),
        )
    ]
