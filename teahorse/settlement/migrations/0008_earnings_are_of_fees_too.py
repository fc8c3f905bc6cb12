from django.db import migrations, models


class Migration(migrations.Migration):
    """Collected fees are an earning of whoever gets them; no table is altered."""

    dependencies = [
        ("settlement", "0007_sellers_are_paid_where_they_collected"),
    ]

    operations = [
        migrations.AlterField(
            model_name="earning",
            name="kind",
            field=models.CharField(
                choices=[
                    ("sale", "Sale"),
                    ("reversal", "Reversal"),
                    ("returned", "Returned"),
                    ("adjustment", "Adjustment"),
                    ("fees", "Fees"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="earning",
            name="source_id",
            field=models.UUIDField(help_text="the order, the refund, the payout; collected fees are their own"),
        ),
    ]
