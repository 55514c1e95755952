"""Codes that no entity has and none is given."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql" / "reserved_codes.sql"
UNDO = "DROP FUNCTION registry_code_is_not_reserved() CASCADE;"


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0020_given_records'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReservedCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scheme', models.CharField(max_length=16)),
                ('value', models.TextField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('value', 'scheme'), name='one_reservation_per_code')],
            },
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), reverse_sql=UNDO),
    ]
