from django.db import migrations


class Migration(migrations.Migration):
    """The words of a search entry lie outside its row, so that reading the rows of a frequent word takes few pages."""

    dependencies = [("catalog", "0001_goods_are_drafted_and_approved")]

    operations = [
        migrations.RunSQL(
            """
            set local lock_timeout = '2s';
            alter table catalog_searchentry alter column words set storage external;
            alter table catalog_searchentry set (toast_tuple_target = 128);
            """,
            "alter table catalog_searchentry reset (toast_tuple_target); alter table catalog_searchentry alter column words set storage extended;",
        ),
    ]
