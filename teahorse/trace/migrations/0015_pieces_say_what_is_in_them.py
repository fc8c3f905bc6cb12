from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trace", "0014_what_others_said_of_a_later_name_is_hearsay"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="tradeitem",
            name="content",
            field=models.DecimalField(blank=True, decimal_places=4, help_text="net, of one piece", max_digits=10, null=True),
        ),
        migrations.AddField(model_name="tradeitem", name="content_unit", field=models.CharField(blank=True, default="", max_length=3)),
        migrations.AddConstraint(
            model_name="tradeitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("content", None), ("content_unit", "")),
                    models.Q(("content__gt", 0), ("content__isnull", False), models.Q(("content_unit", ""), _negated=True)),
                    _connector="OR",
                ),
                name="a_content_is_some_of_a_unit",
            ),
        ),
    ]
