"""Some goods are ordered by the piece and weighed when they are packed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0007_some_goods_are_confirmed_at_purchase"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="variant",
            name="nominal_grams",
            field=models.PositiveIntegerField(blank=True, help_text="net, of a piece that is weighed when it is packed", null=True),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("nominal_grams", None),
                    models.Q(("nominal_grams__gte", 1), ("nominal_grams__lte", models.F("weight_grams"))),
                    _connector="OR",
                ),
                name="a_piece_weighs_no_more_than_with_its_packing",
            ),
        ),
    ]
