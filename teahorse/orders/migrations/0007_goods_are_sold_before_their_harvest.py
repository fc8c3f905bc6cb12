"""Goods are sold before their harvest: the sale, the deposit, and the state in which an order waits for it."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import teahorse.common.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0008_some_goods_are_sold_by_weight"),
        ("orders", "0006_what_is_weighed_is_settled_when_it_is_packed"),
        ("people", "0002_rights_over_money"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="HarvestSale",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("county_id", models.UUIDField(editable=False)),
                ("opens_at", models.DateTimeField()),
                ("closes_at", models.DateTimeField()),
                ("ship_by_date", models.DateField()),
                (
                    "deposit_basis_points",
                    models.IntegerField(default=10000, help_text="of what the goods cost; 10000 is the whole, freight with it"),
                ),
                ("note", models.CharField(blank=True, help_text="the seller's words to buyers", max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("harvested", "Harvested"), ("failed", "Failed")], default="open", max_length=10
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("opened_by_id", models.UUIDField(null=True)),
                ("declared_at", models.DateTimeField(null=True)),
                ("declared_by_id", models.UUIDField(null=True)),
                ("harvested_units", models.IntegerField(null=True)),
                ("capacity_units", models.IntegerField(help_text="what stood as on hand when it was declared", null=True)),
                ("settled_at", models.DateTimeField(null=True)),
            ],
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="sellerorder",
            name="an_order_stays_as_agreed",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="sellerorder",
            name="seller_order_states",
        ),
        migrations.AddField(
            model_name="sellerorder",
            name="deposit_fen",
            field=models.BigIntegerField(help_text="what is paid first, of a pre-sale; empty: all of it", null=True),
        ),
        migrations.AddField(
            model_name="sellerorder",
            name="harvest_sale_id",
            field=models.UUIDField(help_text="the pre-sale by which it was bought", null=True),
        ),
        migrations.AlterField(
            model_name="sellerorder",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending_payment", "Pending Payment"),
                    ("presale_wait", "Presale Wait"),
                    ("paid", "Paid"),
                    ("preparing", "Preparing"),
                    ("closed", "Closed"),
                    ("expired", "Expired"),
                    ("cancelled", "Cancelled"),
                ],
                default="pending_payment",
                max_length=16,
            ),
        ),
        migrations.AddIndex(
            model_name="sellerorder",
            index=models.Index(
                condition=models.Q(("harvest_sale_id", None), _negated=True),
                fields=["harvest_sale_id", "state"],
                name="order_of_harvest_sale",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sellerorder",
            trigger=pgtrigger.compiler.Trigger(
                name="an_order_stays_as_agreed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."group_id" IS DISTINCT FROM (NEW."group_id") OR OLD."seller_id" IS DISTINCT FROM (NEW."seller_id") OR OLD."county_id" IS DISTINCT FROM (NEW."county_id") OR OLD."goods_fen" IS DISTINCT FROM (NEW."goods_fen") OR OLD."discount_fen" IS DISTINCT FROM (NEW."discount_fen") OR OLD."freight_fen" IS DISTINCT FROM (NEW."freight_fen") OR OLD."total_fen" IS DISTINCT FROM (NEW."total_fen") OR OLD."fees_fen" IS DISTINCT FROM (NEW."fees_fen") OR OLD."deposit_fen" IS DISTINCT FROM (NEW."deposit_fen") OR OLD."harvest_sale_id" IS DISTINCT FROM (NEW."harvest_sale_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="7cf98fab212883f9982ebf16d10c4a37dcbeb9dc",
                    operation="UPDATE",
                    pgid="pgtrigger_an_order_stays_as_agreed_f0e9e",
                    table="orders_sellerorder",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sellerorder",
            trigger=pgtrigger.compiler.Trigger(
                name="seller_order_states",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{pending_payment:paid,pending_payment:expired,pending_payment:cancelled,expired:paid,pending_payment:presale_wait,expired:presale_wait,presale_wait:paid,presale_wait:cancelled,paid:preparing,paid:cancelled,preparing:closed,preparing:cancelled}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="5ee706b725ee13be0430416fb3822920b2770c37",
                    operation="UPDATE",
                    pgid="pgtrigger_seller_order_states_83bd2",
                    table="orders_sellerorder",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="sellerorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("deposit_fen", None),
                    models.Q(("deposit_fen__gt", 0), ("deposit_fen__lt", models.F("total_fen")), ("harvest_sale_id__isnull", False)),
                    _connector="OR",
                ),
                name="a_deposit_is_a_part_of_a_pre_sale",
            ),
        ),
        migrations.AddField(
            model_name="harvestsale",
            name="offer",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.offer"
            ),
        ),
        migrations.AddField(
            model_name="harvestsale",
            name="seller",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.organisation"
            ),
        ),
        migrations.AddIndex(
            model_name="harvestsale",
            index=models.Index(fields=["seller", "-opened_at"], name="harvest_sale_of_seller"),
        ),
        migrations.AddIndex(
            model_name="harvestsale",
            index=models.Index(condition=models.Q(("state", "open")), fields=["ship_by_date"], name="harvest_sale_open"),
        ),
        migrations.AddConstraint(
            model_name="harvestsale",
            constraint=models.UniqueConstraint(
                condition=models.Q(("settled_at", None)), fields=("offer",), name="one_harvest_sale_per_offer_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="harvestsale",
            constraint=models.CheckConstraint(
                condition=models.Q(("opens_at__lt", models.F("closes_at"))), name="a_harvest_sale_has_a_window"
            ),
        ),
        migrations.AddConstraint(
            model_name="harvestsale",
            constraint=models.CheckConstraint(condition=models.Q(("deposit_basis_points__range", (1, 10000))), name="a_deposit_is_a_share"),
        ),
        migrations.AddConstraint(
            model_name="harvestsale",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("capacity_units", None), ("harvested_units", None), ("settled_at", None), ("state", "open")),
                    models.Q(
                        ("capacity_units__isnull", False),
                        ("harvested_units__gt", 0),
                        ("harvested_units__isnull", False),
                        ("state", "harvested"),
                    ),
                    models.Q(
                        ("capacity_units__isnull", False), ("harvested_units", 0), ("harvested_units__isnull", False), ("state", "failed")
                    ),
                    _connector="OR",
                ),
                name="what_is_declared_knows_its_units",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="harvestsale",
            trigger=pgtrigger.compiler.Trigger(
                name="a_harvest_sale_stays_as_offered",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."offer_id" IS DISTINCT FROM (NEW."offer_id") OR OLD."seller_id" IS DISTINCT FROM (NEW."seller_id") OR OLD."county_id" IS DISTINCT FROM (NEW."county_id") OR OLD."opens_at" IS DISTINCT FROM (NEW."opens_at") OR OLD."closes_at" IS DISTINCT FROM (NEW."closes_at") OR OLD."ship_by_date" IS DISTINCT FROM (NEW."ship_by_date") OR OLD."deposit_basis_points" IS DISTINCT FROM (NEW."deposit_basis_points"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="3185b41f5e5ca1a16f5e14b7998ba059253b94e3",
                    operation="UPDATE",
                    pgid="pgtrigger_a_harvest_sale_stays_as_offered_bdfad",
                    table="orders_harvestsale",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="harvestsale",
            trigger=pgtrigger.compiler.Trigger(
                name="a_harvest_sale_is_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="3eb5f008addc271d44f44e94cdd33ce4a5344fa2",
                    operation="DELETE",
                    pgid="pgtrigger_a_harvest_sale_is_never_deleted_c6821",
                    table="orders_harvestsale",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="harvestsale",
            trigger=pgtrigger.compiler.Trigger(
                name="harvest_sale_states",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{open:harvested,open:failed}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="cb4e82d5251d352e60bc73844b385c1b5b66d861",
                    operation="UPDATE",
                    pgid="pgtrigger_harvest_sale_states_78f82",
                    table="orders_harvestsale",
                    when="BEFORE",
                ),
            ),
        ),
    ]
