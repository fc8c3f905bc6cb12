import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import teahorse.common.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0004_money_is_shared_out_and_bills_are_kept"),
        ("people", "0002_rights_over_money"),
    ]

    operations = [
        migrations.CreateModel(
            name="CashShift",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=24, unique=True)),
                ("counter", models.CharField(default="1", help_text="which box of the house", max_length=20)),
                ("person_id", models.UUIDField(help_text="who answers for it")),
                ("opened_at", models.DateTimeField()),
                ("float_fen", models.BigIntegerField(help_text="counted when it was opened")),
                ("closed_at", models.DateTimeField(null=True)),
                ("expected_fen", models.BigIntegerField(help_text="float and what was taken, less what was given", null=True)),
                ("counted_fen", models.BigIntegerField(null=True)),
                ("closed_by_id", models.UUIDField(help_text="she, or who stood in for her", null=True)),
                ("checked_by_id", models.UUIDField(help_text="a second person who counted it again", null=True)),
                ("checked_at", models.DateTimeField(null=True)),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.organisation"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CashMovement",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("subject_id", models.UUIDField(help_text="the payment or the refund", unique=True)),
                ("amount_fen", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "shift",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="movements", to="payments.cashshift"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CashDifference",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("amount_fen", models.BigIntegerField()),
                ("reason", models.CharField(max_length=200)),
                ("by_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                (
                    "shift",
                    models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="difference", to="payments.cashshift"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MerchantAccountChange",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("what", models.CharField(choices=[("kept", "Kept"), ("replaced", "Replaced"), ("ended", "Ended")], max_length=10)),
                ("fingerprints", models.JSONField(default=dict, help_text="by the name of the key: what it may be told by")),
                ("by_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="changes", to="payments.merchantaccount"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProviderRest",
            fields=[
                ("provider", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("failures", models.IntegerField(default=0)),
                ("rests", models.IntegerField(default=0, help_text="probes in a row that failed: each makes the next rest longer")),
                ("resting_since", models.DateTimeField(null=True)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("probing_until", models.DateTimeField(help_text="one process tries; if it dies, another may from then on", null=True)),
                ("trouble", models.CharField(blank=True, max_length=200)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("next_try_at", None), ("resting_since", None)),
                            models.Q(("next_try_at__isnull", False), ("resting_since__isnull", False)),
                            _connector="OR",
                        ),
                        name="who_rests_is_tried_again",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UnmatchedMoney",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("provider", models.CharField(max_length=20)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("closed", "Closed"),
                            ("refunded", "Refunded"),
                            ("refund_failed", "Refund Failed"),
                        ],
                        max_length=16,
                    ),
                ),
                ("our_number", models.CharField(help_text="as the provider says it", max_length=64)),
                ("refund_number", models.CharField(blank=True, max_length=64)),
                ("provider_number", models.CharField(max_length=64)),
                ("amount_fen", models.BigIntegerField()),
                ("occurred_at", models.DateTimeField()),
                ("problem", models.CharField(max_length=200)),
                ("source", models.CharField(help_text="notification or poll", max_length=12)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("explained", "Explained"), ("refunded", "Refunded"), ("assigned", "Assigned")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("found_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("escalated_at", models.DateTimeField(help_text="when nobody had resolved it in time", null=True)),
                ("resolved_at", models.DateTimeField(null=True)),
                (
                    "assigned_to",
                    models.ForeignKey(
                        help_text="the payment that it was for",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.payment",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        help_text="the centre that must find out",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.organisation",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        help_text="the one that it names, if we know it",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="unmatched",
                        to="payments.payment",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UnmatchedStep",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("found", "Found"),
                            ("noted", "Noted"),
                            ("escalated", "Escalated"),
                            ("explained", "Explained"),
                            ("refunded", "Refunded"),
                            ("assigned", "Assigned"),
                        ],
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=400)),
                ("by_id", models.UUIDField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "unmatched",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="payments.unmatchedmoney"),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="cashshift",
            index=models.Index(fields=["organisation", "-opened_at"], name="cash_shift_of_house"),
        ),
        migrations.AddConstraint(
            model_name="cashshift",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)), fields=("organisation", "person_id"), name="one_open_shift_per_person_and_house"
            ),
        ),
        migrations.AddConstraint(
            model_name="cashshift",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)), fields=("organisation", "counter"), name="one_open_shift_per_counter"
            ),
        ),
        migrations.AddConstraint(
            model_name="cashshift",
            constraint=models.CheckConstraint(condition=models.Q(("float_fen__gte", 0)), name="a_float_is_not_negative"),
        ),
        migrations.AddConstraint(
            model_name="cashshift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at", None), ("counted_fen", None), ("expected_fen", None)),
                    models.Q(("closed_at__isnull", False), ("counted_fen__gte", 0), ("expected_fen__isnull", False)),
                    _connector="OR",
                ),
                name="a_closed_shift_is_counted",
            ),
        ),
        migrations.AddConstraint(
            model_name="cashshift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("checked_at", None), ("checked_by_id", None)),
                    models.Q(
                        ("checked_at__isnull", False),
                        ("closed_at__isnull", False),
                        models.Q(("checked_by_id", models.F("person_id")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_second_person_checks_a_closed_shift",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="cashshift",
            trigger=pgtrigger.compiler.Trigger(
                name="shifts_are_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="2386781e470c524d68563cb6c68b51a2b20e8276",
                    operation="DELETE",
                    pgid="pgtrigger_shifts_are_never_deleted_8af7e",
                    table="payments_cashshift",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="cashshift",
            trigger=pgtrigger.compiler.Trigger(
                name="a_closed_shift_keeps_its_sums",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."closed_at" IS NOT NULL)',
                    func="\n                    if (new.closed_at, new.float_fen, new.expected_fen, new.counted_fen, new.person_id, new.organisation_id, new.opened_at)\n                        is distinct from\n                       (old.closed_at, old.float_fen, old.expected_fen, old.counted_fen, old.person_id, old.organisation_id, old.opened_at)\n                    then\n                        raise check_violation using message = 'a closed shift keeps its sums';\n                    end if;\n                    return new;\n                ",
                    hash="2d3ce1ba767157ac0d1e7467ef18655df4a6bb66",
                    operation="UPDATE",
                    pgid="pgtrigger_a_closed_shift_keeps_its_sums_4aa93",
                    table="payments_cashshift",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="cashmovement",
            constraint=models.CheckConstraint(condition=models.Q(("amount_fen", 0), _negated=True), name="a_movement_is_of_something"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="cashmovement",
            trigger=pgtrigger.compiler.Trigger(
                name="movements_are_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="adfcea0d021e790a6aae5f9a2efb6670363f03b8",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_movements_are_never_changed_11d73",
                    table="payments_cashmovement",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="cashmovement",
            trigger=pgtrigger.compiler.Trigger(
                name="nothing_moves_in_a_closed_shift",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE ended timestamptz;",
                    func="\n                    select closed_at into ended from payments_cashshift where id = new.shift_id for share;\n                    if ended is not null then\n                        raise check_violation using message = 'the shift is closed';\n                    end if;\n                    return new;\n                ",
                    hash="92ef044f339a65995887b13e20ebace1cbcecdfc",
                    operation="INSERT",
                    pgid="pgtrigger_nothing_moves_in_a_closed_shift_be785",
                    table="payments_cashmovement",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="cashdifference",
            constraint=models.CheckConstraint(condition=models.Q(("amount_fen", 0), _negated=True), name="a_difference_is_of_something"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="cashdifference",
            trigger=pgtrigger.compiler.Trigger(
                name="differences_are_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="c6db3b7770eb7b6ddac84ee9113fde31e7843bc2",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_differences_are_never_changed_42722",
                    table="payments_cashdifference",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="merchantaccountchange",
            trigger=pgtrigger.compiler.Trigger(
                name="account_changes_are_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="396392edc4b05b04695d9192e9d7abe2fefb81fb",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_account_changes_are_never_changed_4003e",
                    table="payments_merchantaccountchange",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="unmatchedmoney",
            index=models.Index(condition=models.Q(("state", "open")), fields=["due_at"], name="unmatched_money_open"),
        ),
        migrations.AddConstraint(
            model_name="unmatchedmoney",
            constraint=models.UniqueConstraint(
                fields=("provider", "kind", "provider_number", "our_number"), name="unmatched_money_is_kept_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="unmatchedmoney",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("resolved_at", None), ("state", "open")),
                    models.Q(models.Q(("state", "open"), _negated=True), ("resolved_at__isnull", False)),
                    _connector="OR",
                ),
                name="what_is_resolved_says_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="unmatchedmoney",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("assigned_to__isnull", False), ("state", "assigned")),
                    models.Q(models.Q(("state", "assigned"), _negated=True), ("assigned_to", None)),
                    _connector="OR",
                ),
                name="what_is_assigned_says_to_what",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unmatchedmoney",
            trigger=pgtrigger.compiler.Trigger(
                name="unmatched_money_is_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="5480a8daa466cdc68e652255090c42f2115dd4b7",
                    operation="DELETE",
                    pgid="pgtrigger_unmatched_money_is_never_deleted_3e79e",
                    table="payments_unmatchedmoney",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unmatchedmoney",
            trigger=pgtrigger.compiler.Trigger(
                name="unmatched_money_states",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{open:explained,open:refunded,open:assigned}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="a3e8327ee5edaaaacea5de1aa27c47f6da817bd9",
                    operation="UPDATE",
                    pgid="pgtrigger_unmatched_money_states_e1f0f",
                    table="payments_unmatchedmoney",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unmatchedstep",
            trigger=pgtrigger.compiler.Trigger(
                name="unmatched_steps_are_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="c38d574bbabfcc87870aebdffca6a46da2f9011c",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_unmatched_steps_are_never_changed_e8b66",
                    table="payments_unmatchedstep",
                    when="BEFORE",
                ),
            ),
        ),
    ]
