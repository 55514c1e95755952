"""The days of a clock are counted on reading; what a change of the calendar moves is kept."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql" / "moves.sql"


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0002_guards'),
    ]

    operations = [
        migrations.CreateModel(
            name='Redating',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('calendar_version', models.TextField()),
                ('looked_at', models.PositiveIntegerField()),
                ('moved', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.RemoveField(
            model_name='clock',
            name='days',
        ),
        migrations.CreateModel(
            name='ClockMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_from', models.DateField(null=True)),
                ('earliest_from', models.DateField()),
                ('latest_from', models.DateField(null=True)),
                ('version_from', models.TextField()),
                ('due_to', models.DateField(null=True)),
                ('earliest_to', models.DateField()),
                ('latest_to', models.DateField(null=True)),
                ('case', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='casework.case')),
                ('clock', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='moves', to='casework.clock')),
                ('redating', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='casework.redating')),
            ],
        ),
        migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop),
    ]
