"""A parcel that is paid when it is handed over knows when the money for it was here."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("logistics", "0007_open_parcels_are_found_by_when_they_moved"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="parcel",
            name="cod_taken_at",
            field=models.DateTimeField(help_text="when the money for it was here; before that it is not handed over", null=True),
        ),
    ]
