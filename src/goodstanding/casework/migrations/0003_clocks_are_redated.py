"""The days of a clock are counted on reading; what a change of the calendar moves is kept."""

from pathlib import Path

import django.contrib.postgres.indexes
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
        migrations.RemoveConstraint(
            model_name='clock',
            name='unset_number_has_no_day',
        ),
        migrations.RemoveField(
            model_name='clock',
            name='days',
        ),
        migrations.RemoveField(
            model_name='clock',
            name='open_en',
        ),
        migrations.RemoveField(
            model_name='clock',
            name='open_zh',
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('due_on__isnull', True), ('earliest_on__isnull', True), ('working_days__isnull', True), ('latest_on__isnull', True)), models.Q(('due_on__isnull', False), ('earliest_on', models.F('due_on')), ('working_days__isnull', False)), models.Q(('due_on__isnull', True), ('earliest_on__isnull', False), ('working_days__isnull', False)), _connector='OR'), name='unset_number_has_no_day'),
        ),
        migrations.CreateModel(
            name='ClockMove',
            fields=[
                ('pk', models.CompositePrimaryKey('redating_id', 'clock_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('due_from', models.DateField(null=True)),
                ('earliest_from', models.DateField()),
                ('latest_from', models.DateField(null=True)),
                ('version_from', models.TextField()),
                ('due_to', models.DateField(null=True)),
                ('earliest_to', models.DateField()),
                ('latest_to', models.DateField(null=True)),
                ('case', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='casework.case')),
                ('clock', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='moves', to='casework.clock')),
                ('redating', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='casework.redating')),
            ],
        ),
        migrations.RemoveIndex(
            model_name='clock',
            name='clock_due',
        ),
        migrations.AddIndex(
            model_name='clock',
            index=django.contrib.postgres.indexes.BrinIndex(condition=models.Q(('stopped_on__isnull', True)), fields=['due_on'], name='clock_due'),
        ),
        migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop),
    ]
