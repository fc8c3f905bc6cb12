from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The sweeps and the reconciler ask what came in within a window."""

    atomic = False
    dependencies = [("payments", "0005_providers_rest_and_boxes_are_counted")]

    operations = [
        AddIndexConcurrently(
            "payment",
            models.Index(fields=["settled_at"], name="payment_taken_at", condition=models.Q(state__in=("succeeded", "late_succeeded"))),
        )
    ]
