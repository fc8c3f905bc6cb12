from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Every page of a centre's workbench counts what it has to look after."""

    atomic = False
    dependencies = [("aftersales", "0002_units_are_worth_what_was_paid")]

    operations = [
        AddIndexConcurrently(
            "aftersalecase",
            models.Index(fields=["order"], name="case_in_need", condition=models.Q(state="escalated") | ~models.Q(refund_trouble="")),
        ),
    ]
