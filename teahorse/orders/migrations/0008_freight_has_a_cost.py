"""What sending costs stands beside what the buyer pays of it, and who bears the rest. It is filled in and made fast by the next two."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0007_goods_are_sold_before_their_harvest"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="sellerorder",
            name="freight_fen",
            field=models.BigIntegerField(help_text="what the buyer pays for sending"),
        ),
        migrations.AddField(
            model_name="sellerorder",
            name="freight_cost_fen",
            field=models.BigIntegerField(null=True, help_text="what sending costs, whoever bears it: what nobody else does, the seller"),
        ),
        migrations.AddField(
            model_name="sellerorder",
            name="freight_subsidy_fen",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="sellerorder",
            name="freight_payer_id",
            field=models.UUIDField(help_text="the organisation that bears the freight's subsidy", null=True),
        ),
    ]
