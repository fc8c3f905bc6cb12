from django.db import migrations, models


class Migration(migrations.Migration):
    """No product has a number yet, so the index is made by reading the table once; what is not deployed yet writes the empty number."""

    dependencies = [("catalog", "0003_categories_ask_what_their_forms_tell")]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.AddField(
            "product",
            "item_number",
            models.CharField(blank=True, db_default="", default="", help_text="the seller's own number of it", max_length=40),
        ),
        migrations.AddConstraint(
            "product",
            models.UniqueConstraint(
                condition=models.Q(("item_number", ""), _negated=True),
                fields=("seller", "item_number"),
                name="a_seller_numbers_a_product_once",
            ),
        ),
    ]
