from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_search_entries_are_narrow")]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.AddField("category", "variant_attributes", models.JSONField(blank=True, default=list)),
        migrations.AlterField("category", "attributes", models.JSONField(blank=True, default=list)),
    ]
