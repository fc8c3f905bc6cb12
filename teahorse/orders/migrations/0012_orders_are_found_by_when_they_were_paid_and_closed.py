from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The books' sweep asks each minute what was paid and closed lately; who is placing an order writes to none of these."""

    atomic = False
    dependencies = [("orders", "0011_discounts_are_found_by_their_order")]

    operations = [
        AddIndexConcurrently(
            "sellerorder", models.Index(fields=["paid_at"], name="order_paid_at", condition=models.Q(paid_at__isnull=False))
        ),
        AddIndexConcurrently("sellerorder", models.Index(fields=["ended_at"], name="order_closed_at", condition=models.Q(state="closed"))),
        AddIndexConcurrently("balancedue", models.Index(fields=["settled_at"], name="balance_paid_at", condition=models.Q(state="paid"))),
    ]
