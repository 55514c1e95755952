"""What witnesses cosigned, and what contradicts it, is never changed or removed."""

from django.db import migrations

SQL = """
CREATE TRIGGER witnessed_append_only BEFORE UPDATE OR DELETE ON exchange_witnessedcheckpoint
    FOR EACH ROW EXECUTE FUNCTION registry_refuse_change();
CREATE TRIGGER contradiction_append_only BEFORE UPDATE OR DELETE ON exchange_contradiction
    FOR EACH ROW EXECUTE FUNCTION registry_refuse_change();
"""
UNDO = """
DROP TRIGGER witnessed_append_only ON exchange_witnessedcheckpoint;
DROP TRIGGER contradiction_append_only ON exchange_contradiction;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0003_witnesses"),
        ("registry", "0002_journal_guards"),
    ]

    operations = [
        migrations.RunSQL(SQL, reverse_sql=UNDO),
    ]
