from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The sweeps and the reconciler ask what was shared out, and what came back, within a window."""

    atomic = False
    dependencies = [("payments", "0010_refunds_that_do_not_arrive_are_found")]

    operations = [
        AddIndexConcurrently(
            "sharing",
            models.Index(fields=["settled_at"], name="sharing_settled_at", condition=models.Q(settled_at__isnull=False)),
        ),
        AddIndexConcurrently(
            "sharereturn",
            models.Index(fields=["settled_at"], name="return_settled_at", condition=models.Q(settled_at__isnull=False)),
        ),
    ]
