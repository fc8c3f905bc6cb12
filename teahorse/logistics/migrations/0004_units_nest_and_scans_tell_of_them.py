import django.db.models.deletion
import teahorse.common.ids
from django.conf import settings
from django.db import migrations, models


WAY = """
-- The way of parcels: their own scans, and those of bags, cages and vehicles while they lay in them, as scans of the parcel.
-- Of a vehicle only that it left: where it stops on its way concerns those who get something there. What was taken back is left out.
create function logistics_way(parcels uuid[])
returns table (county_id uuid, id uuid, parcel_id uuid, act varchar, place_id uuid, note varchar, happened_at timestamptz)
language sql stable as $$
with recursive lain as (
    select thing_id as parcel_id, container_id, since_at, coalesce(until_at, 'infinity') as until_at
      from logistics_containment where thing_id = any(parcels)
    union all
    select lain.parcel_id, outer_one.container_id, greatest(lain.since_at, outer_one.since_at),
           least(lain.until_at, coalesce(outer_one.until_at, 'infinity'))
      from lain join logistics_containment outer_one on outer_one.thing_id = lain.container_id
       and outer_one.since_at < lain.until_at and coalesce(outer_one.until_at, 'infinity') > lain.since_at
), told as (
    select thing_id as parcel_id, scan.* from logistics_scan scan where thing_id = any(parcels)
    union all
    select lain.parcel_id, scan.*
      from lain
      join logistics_unit unit on unit.id = lain.container_id
      join logistics_scan scan on scan.thing_id = lain.container_id
                              and scan.happened_at >= lain.since_at and scan.happened_at < lain.until_at
     where scan.act = any(case when unit.kind = 'vehicle' then '{departed}'::text[]
                               else '{received,loaded,departed,arrived,lost,found,held}'::text[] end)
)
select told.county_id, told.id, told.parcel_id, told.act, told.place_id, told.note, told.happened_at
  from told
 where act <> 'corrected'
   and not exists (select from logistics_scan back where back.thing_id = told.thing_id and back.corrects_id = told.id)
$$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("logistics", "0003_parcels_are_stopped_on_their_way"),
        ("people", "0004_a_right_over_stories"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Containment",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("county_id", models.UUIDField(editable=False)),
                ("thing_id", models.UUIDField(help_text="the parcel or unit")),
                ("container_id", models.UUIDField()),
                ("since_at", models.DateTimeField()),
                ("until_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Oddity",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("county_id", models.UUIDField(editable=False)),
                ("scan_id", models.UUIDField()),
                ("thing_id", models.UUIDField(null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("unknown_code", "Unknown Code"),
                            ("wrong_clock", "Wrong Clock"),
                            ("elsewhere", "Elsewhere"),
                            ("not_inside", "Not Inside"),
                            ("after_the_end", "After The End"),
                            ("does_not_fit", "Does Not Fit"),
                        ],
                        max_length=16,
                    ),
                ),
                ("facts", models.JSONField(default=dict, help_text="what a sentence about it needs: places, minutes, the code")),
                ("noticed_at", models.DateTimeField()),
                ("explained_at", models.DateTimeField(null=True)),
                ("explanation", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="Unit",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("county_id", models.UUIDField(editable=False)),
                ("kind", models.CharField(choices=[("bag", "Bag"), ("cage", "Cage"), ("vehicle", "Vehicle")], max_length=8)),
                ("code", models.CharField(help_text="as its tag says it; a vehicle's plate", max_length=24, unique=True)),
                ("name", models.CharField(blank=True, max_length=80)),
                ("is_cold", models.BooleanField(default=False)),
                ("most_grams", models.PositiveIntegerField(blank=True, null=True)),
                ("most_cm3", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "stage",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("in_transit", "In Transit"), ("lost", "Lost")], default="waiting", max_length=12
                    ),
                ),
                ("stage_at", models.DateTimeField()),
                ("made_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.RenameField(model_name="scan", old_name="parcel_id", new_name="thing_id"),
        migrations.SeparateDatabaseAndState(  # PostgreSQL's index follows its column, Django's does not
            state_operations=[
                migrations.RemoveIndex(model_name="scan", name="scan_of_parcel"),
                migrations.AddIndex(model_name="scan", index=models.Index(fields=["thing_id", "happened_at"], name="scan_of_parcel")),
            ]
        ),
        migrations.AddField(
            model_name="parcel",
            name="cod_fen",
            field=models.PositiveIntegerField(db_default=0, default=0, help_text="cash to be taken when it is handed over"),
        ),
        migrations.AddField(
            model_name="parcel",
            name="is_cold",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="parcel",
            name="is_damaged",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="parcel",
            name="is_fragile",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="parcel",
            name="size",
            field=models.CharField(choices=[("small", "Small"), ("large", "Large")], db_default="small", default="small", max_length=8),
        ),
        migrations.AddField(
            model_name="parcel",
            name="volume_cm3",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="scan",
            name="code",
            field=models.CharField(blank=True, db_default="", default="", help_text="what was read, where it is nobody's", max_length=60),
        ),
        migrations.AddField(
            model_name="scan",
            name="corrects_id",
            field=models.UUIDField(help_text="the scan that is taken back", null=True),
        ),
        migrations.AddField(
            model_name="scan",
            name="device_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="scan",
            name="into_id",
            field=models.UUIDField(help_text="the unit that it was put in, loaded on or taken out of", null=True),
        ),
        migrations.AlterField(
            model_name="scan",
            name="thing_id",
            field=models.UUIDField(help_text="the parcel or unit; none where the code is nobody's", null=True),
        ),
        migrations.AddField(
            model_name="scan",
            name="told_at",
            field=models.DateTimeField(help_text="what the device's clock said; empty: as happened_at", null=True),
        ),
        migrations.AlterField(
            model_name="parcel",
            name="stage",
            field=models.CharField(
                choices=[
                    ("packed", "Packed"),
                    ("in_transit", "In Transit"),
                    ("at_point", "At Point"),
                    ("handed_over", "Handed Over"),
                    ("returned", "Returned"),
                    ("refused", "Refused"),
                    ("lost", "Lost"),
                ],
                default="packed",
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="scan",
            name="act",
            field=models.CharField(
                choices=[
                    ("received", "Received"),
                    ("put_in", "Put In"),
                    ("taken_out", "Taken Out"),
                    ("loaded", "Loaded"),
                    ("departed", "Departed"),
                    ("arrived", "Arrived"),
                    ("handed_over", "Handed Over"),
                    ("refused", "Refused"),
                    ("lost", "Lost"),
                    ("found", "Found"),
                    ("returned", "Returned"),
                    ("damaged", "Damaged"),
                    ("held", "Held"),
                    ("corrected", "Corrected"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="scan",
            name="happened_at",
            field=models.DateTimeField(help_text="set right by the clock of this house"),
        ),
        migrations.AddIndex(
            model_name="containment",
            index=models.Index(fields=["thing_id", "since_at"], name="containment_of_thing"),
        ),
        migrations.AddIndex(
            model_name="containment",
            index=models.Index(fields=["container_id", "since_at"], name="containment_in_unit"),
        ),
        migrations.AddConstraint(
            model_name="containment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until_at", None)), fields=("thing_id",), name="nothing_lies_in_two_units"
            ),
        ),
        migrations.AddConstraint(
            model_name="containment",
            constraint=models.CheckConstraint(
                condition=models.Q(("until_at", None), ("until_at__gte", models.F("since_at")), _connector="OR"), name="in_before_out"
            ),
        ),
        migrations.AddField(
            model_name="oddity",
            name="explained_by",
            field=models.ForeignKey(
                help_text="empty: a later message did",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="oddity",
            name="place",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.servicepoint"),
        ),
        migrations.AddField(
            model_name="unit",
            name="destination",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.servicepoint"
            ),
        ),
        migrations.AddField(
            model_name="unit",
            name="held_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.servicepoint"
            ),
        ),
        migrations.AddField(
            model_name="unit",
            name="inside",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="units", to="logistics.unit"
            ),
        ),
        migrations.AddField(
            model_name="unit",
            name="organisation",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="units", to="people.organisation"),
        ),
        migrations.AddField(
            model_name="parcel",
            name="inside",
            field=models.ForeignKey(
                blank=True,
                help_text="the bag, cage or vehicle that it lies in",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="parcels",
                to="logistics.unit",
            ),
        ),
        migrations.AddIndex(
            model_name="parcel",
            index=models.Index(fields=["inside"], name="parcel_by_container"),
        ),
        migrations.AddIndex(
            model_name="oddity",
            index=models.Index(condition=models.Q(("explained_at", None)), fields=["place", "noticed_at"], name="oddity_by_place"),
        ),
        migrations.AddIndex(
            model_name="oddity",
            index=models.Index(fields=["thing_id"], name="oddity_of_thing"),
        ),
        migrations.AddConstraint(
            model_name="oddity",
            constraint=models.UniqueConstraint(fields=("scan_id", "kind"), name="a_scan_is_odd_once_in_a_way"),
        ),
        migrations.AddIndex(
            model_name="unit",
            index=models.Index(fields=["held_by", "kind"], name="unit_by_holder"),
        ),
        migrations.AddIndex(
            model_name="unit",
            index=models.Index(fields=["inside"], name="unit_by_container"),
        ),
        migrations.AddConstraint(
            model_name="unit",
            constraint=models.CheckConstraint(condition=models.Q(("inside", models.F("id")), _negated=True), name="nothing_lies_in_itself"),
        ),
        migrations.AddIndex(model_name="scan", index=models.Index(fields=["id"], name="scan_by_key")),
        migrations.RunSQL(WAY, "drop function logistics_way"),
    ]
