from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """A counter asks by code, the workbench by whose turn it is, and settlement for what was decided and moves no money."""

    atomic = False
    dependencies = [("aftersales", "0004_a_top_up_goes_back_with_its_goods")]

    operations = [
        AddIndexConcurrently(
            "aftersalecase", models.Index(fields=["hand_in_code"], name="case_by_code", condition=~models.Q(hand_in_code=""))
        ),
        AddIndexConcurrently("aftersalecase", models.Index(fields=["owner", "order"], name="case_of_owner", condition=~models.Q(owner=""))),
        AddIndexConcurrently(
            "aftersalecase",
            models.Index(fields=["decided_at"], name="case_without_money", condition=models.Q(agreed_fen=0, outcome="refunded")),
        ),
    ]
