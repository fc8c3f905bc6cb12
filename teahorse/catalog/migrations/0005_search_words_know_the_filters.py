from django.db import migrations

MARKS = """
create function catalog_search_marks(category_id uuid, area_code text, is_traceable boolean, season_from int, season_to int)
returns text[] language sql immutable parallel safe as $$
    select array['c' || category_id, 't' || is_traceable::int, 'a' || left(area_code, 4), 'a' || left(area_code, 6),
                 'a' || left(area_code, 9), 'a' || area_code]
        || array(
            select 'm' || month from generate_series(1, 12) month
             where case when season_from <= season_to then month between season_from / 100 and season_to / 100
                        else month >= season_from / 100 or month <= season_to / 100 end
        )
$$
"""
WIDE = """
create index concurrently search_words_and_marks on catalog_searchentry using gin
    (words, catalog_search_marks(category_id, area_code, is_traceable, season_from, season_to)) with (fastupdate = off)
"""
NARROW = "create index concurrently search_words_alone on catalog_searchentry using gin (words) with (fastupdate = off)"


class Migration(migrations.Migration):
    """
    The index of the search words knows most filters, so that words and filters meet in it and not in the rows.

    Django's state knows it as the index of the words alone, under the same name.
    """

    atomic = False
    dependencies = [("catalog", "0004_products_have_their_sellers_number")]

    operations = [
        migrations.RunSQL(MARKS, "drop function catalog_search_marks"),
        migrations.RunSQL(WIDE, "drop index concurrently search_words"),
        migrations.RunSQL("drop index concurrently search_words", NARROW),
        migrations.RunSQL(
            "set lock_timeout = '2s'; alter index search_words_and_marks rename to search_words; reset lock_timeout",
            "set lock_timeout = '2s'; alter index search_words_alone rename to search_words; reset lock_timeout",
        ),
    ]
