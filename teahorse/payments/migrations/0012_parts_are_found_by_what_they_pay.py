from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """A seller's program and the order desk ask for the payments and refunds of orders."""

    atomic = False
    dependencies = [("payments", "0011_sharings_are_found_by_when_they_were_finished")]

    operations = [
        AddIndexConcurrently("paymentsplit", models.Index(fields=["reference"], name="split_of_reference")),
    ]
