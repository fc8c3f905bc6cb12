"""Of orders that were placed before the cost was kept nobody knows more than what the buyer paid: that is the cost."""

from typing import Any

from django.db import migrations

BATCH = 10_000
NEXT = "select max(id::text)::uuid from (select id from orders_sellerorder where id > %s order by id limit %s) batch"
FILL = "update orders_sellerorder set freight_cost_fen = freight_fen where id > %s and id <= %s and freight_cost_fen is null"
BEFORE_ALL = "00000000-0000-0000-0000-000000000000"


def fill_in(_apps: Any, schema_editor: Any) -> None:
    """Walk over the orders by their keys; each batch stands by itself, so that nobody waits long for one of its rows."""
    last = BEFORE_ALL
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(NEXT, [last, BATCH])
            until = cursor.fetchone()[0]
            if until is None:
                return
            cursor.execute(FILL, [last, until])
            last = until


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("orders", "0008_freight_has_a_cost"),
    ]

    operations = [migrations.RunPython(fill_in, migrations.RunPython.noop)]
