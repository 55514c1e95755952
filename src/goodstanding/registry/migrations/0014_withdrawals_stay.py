"""Withdrawals stay as they were said."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql" / "withdrawals.sql"


class Migration(migrations.Migration):
    dependencies = [("registry", "0013_withdrawals")]
    operations = [migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop)]
