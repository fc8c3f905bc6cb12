from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The sweeps and the reconciler ask what arrived within a window."""

    atomic = False
    dependencies = [("payments", "0007_refunds_are_found_by_when_they_were_decided")]

    operations = [
        AddIndexConcurrently(
            "refund",
            models.Index(fields=["settled_at"], name="refund_settled_at", condition=models.Q(settled_at__isnull=False)),
        )
    ]
