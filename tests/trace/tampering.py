"""What an operator with the database's password can do, past all triggers."""

from django.db import connection, transaction


def untriggered(statement, *values):
    """Change rows as no part of the house ever does."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("set local session_replication_role = origin")
