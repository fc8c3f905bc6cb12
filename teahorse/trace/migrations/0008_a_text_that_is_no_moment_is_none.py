from django.db import migrations

FUNCTION = """
create function trace_moment(said text) returns timestamptz language plpgsql stable strict parallel safe as $$
begin
    return said::timestamptz;
exception when datetime_field_overflow or invalid_datetime_format or invalid_text_representation or invalid_time_zone_displacement_value then
    return null;
end
$$;
"""


class Migration(migrations.Migration):
    """What a teller wrote into a field of his own may be a moment or anything else; PostgreSQL 15 cannot be asked which."""

    dependencies = [("trace", "0007_tellings_know_their_process_and_what_they_correct")]

    operations = [migrations.RunSQL(FUNCTION, "drop function trace_moment(text)")]
