from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Who claims asks what one payer bears."""

    atomic = False
    dependencies = [("settlement", "0011_budgets_are_claimed_of")]

    operations = [
        AddIndexConcurrently(
            "subsidyline",
            models.Index(fields=["bearer_id"], name="subsidy_of_bearer", condition=models.Q(bearer_id__isnull=False)),
        )
    ]
