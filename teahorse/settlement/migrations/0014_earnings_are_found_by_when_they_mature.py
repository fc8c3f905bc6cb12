from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """What matures is weighed against its earnings."""

    atomic = False
    dependencies = [("settlement", "0013_earnings_mature_together")]

    operations = [AddIndexConcurrently("earning", models.Index(fields=["maturity"], name="earning_of_maturity"))]
