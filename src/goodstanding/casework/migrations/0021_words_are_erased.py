"""What was said of a record goes with it, where the law wants it gone."""

from pathlib import Path

from django.db import migrations, models


SQL = Path(__file__).resolve().parent.parent / "sql" / "words_erased.sql"


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0020_escalations'),
    ]

    operations = [
        migrations.AddField(
            model_name='application',
            name='erased_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='case',
            name='erased_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop),
    ]
