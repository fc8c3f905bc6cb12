from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_orders_are_placed_and_paid")]

    operations = [
        migrations.RunSQL("create sequence orders_number", "drop sequence orders_number"),
    ]
