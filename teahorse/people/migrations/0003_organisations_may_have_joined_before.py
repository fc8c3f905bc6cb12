import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    """Who is written down today may have joined long ago. The database keeps no default, so nothing changes there."""

    dependencies = [("people", "0002_rights_over_money")]

    operations = [
        migrations.AlterField("organisation", "joined_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
    ]
