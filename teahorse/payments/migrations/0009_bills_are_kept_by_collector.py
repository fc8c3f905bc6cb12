from django.db import migrations, models


class Migration(migrations.Migration):
    """A seller whose app is her own has bills of her own; one refused key keeps no other's bill away."""

    dependencies = [("payments", "0008_refunds_are_found_by_when_they_arrived")]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.RemoveConstraint("providerbill", "one_bill_per_provider_and_day"),
        migrations.AddField(
            "providerbill",
            "account_number",
            models.CharField(blank=True, db_default="", help_text="whose app it is of; empty for the house", max_length=40),
        ),
        migrations.AddConstraint(
            "providerbill",
            models.UniqueConstraint(fields=["provider", "account_number", "day"], name="one_bill_per_collector_and_day"),
        ),
    ]
