"""A refund goes out of one part of a payment, so that every fen that goes back is one seller's."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

FIND_THE_PARTS = """
    update payments_refund refund
       set split_id = (
               select split.id from payments_paymentsplit split
                where split.payment_id = refund.payment_id
                order by split.reference = refund.reference desc, split.amount_fen desc, split.id
                limit 1
           )
"""
"""The part that was meant; of a payment that went back whole, its largest."""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_money_comes_and_goes_by_providers")]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        pgtrigger.migrations.RemoveTrigger(
            model_name="refund",
            name="never_refund_more_than_was_paid",
        ),
        migrations.RemoveConstraint(
            model_name="refund",
            name="one_refund_per_reference",
        ),
        migrations.AddField(
            model_name="refund",
            name="split",
            field=models.ForeignKey(
                help_text="the part of the payment that it goes out of",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refunds",
                to="payments.paymentsplit",
            ),
        ),
        migrations.RunSQL(FIND_THE_PARTS, migrations.RunSQL.noop),
        migrations.RunSQL("set constraints all immediate", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="refund",
            name="split",
            field=models.ForeignKey(
                help_text="the part of the payment that it goes out of",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refunds",
                to="payments.paymentsplit",
            ),
        ),
        migrations.AlterField(
            model_name="refund",
            name="reference",
            field=models.UUIDField(help_text="what it is refunded for: a seller order that fell through, or an after-sale case"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="refund",
            trigger=pgtrigger.compiler.Trigger(
                name="never_refund_more_than_was_paid",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE paid bigint;",
                    func="\n                    perform from payments_payment where id = new.payment_id for update;\n                    select amount_fen into paid from payments_paymentsplit where id = new.split_id and payment_id = new.payment_id;\n                    if paid is null or new.amount_fen + (\n                        select coalesce(sum(amount_fen), 0) from payments_refund where split_id = new.split_id\n                    ) > paid then\n                        raise check_violation using message = 'more would be refunded than was paid';\n                    end if;\n                    return new;\n                ",
                    hash="3be2e7b4bc902034af0150309d7d54b51fc05f80",
                    operation="INSERT",
                    pgid="pgtrigger_never_refund_more_than_was_paid_e3d53",
                    table="payments_refund",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.UniqueConstraint(fields=("split", "reference"), name="one_refund_per_reference"),
        ),
    ]
