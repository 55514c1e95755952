"""Decisions that used a record, and what their makers say when it was removed or corrected."""

import uuid
from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql" / "uses.sql"
UNDO = """
DROP TRIGGER use_append_only ON registry_use;
DROP TRIGGER use_never_truncated ON registry_use;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0018_foreign_records'),
    ]

    operations = [
        migrations.CreateModel(
            name='Use',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('credit', 'credit decision'), ('tender', 'tender or procurement'), ('licence', 'licence or approval'), ('other', 'other decision')], max_length=8)),
                ('reference', models.CharField(blank=True, max_length=100)),
                ('on', models.DateField()),
                ('key', models.UUIDField()),
                ('at', models.DateTimeField()),
                ('position', models.BigIntegerField(unique=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='outcome',
            name='outcome_part_is_known',
        ),
        migrations.AlterField(
            model_name='outcome',
            name='part',
            field=models.CharField(choices=[('measure', 'measure lifted'), ('evaluation', 'credit evaluation redone'), ('credit', 'credit reopened'), ('exclusion', 'admitted again to tenders and procurement'), ('decision', 'decision looked at again')], max_length=10),
        ),
        migrations.AddField(
            model_name='use',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.account'),
        ),
        migrations.AddField(
            model_name='use',
            name='authority',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.authority'),
        ),
        migrations.AddField(
            model_name='use',
            name='record',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='registry.record'),
        ),
        migrations.AddField(
            model_name='outcome',
            name='use',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='registry.use'),
        ),
        migrations.AddConstraint(
            model_name='outcome',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('part', 'measure'), ('use__isnull', True), models.Q(('measure', ''), _negated=True)), models.Q(('measure', ''), ('part__in', ['evaluation', 'credit', 'exclusion']), ('use__isnull', True)), models.Q(('measure', ''), ('part', 'decision'), ('use__isnull', False)), _connector='OR'), name='outcome_part_is_known'),
        ),
        migrations.AddConstraint(
            model_name='use',
            constraint=models.UniqueConstraint(fields=('account', 'key'), name='one_use_per_key'),
        ),
        migrations.AddConstraint(
            model_name='use',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['credit', 'tender', 'licence', 'other'])), name='use_kind_is_known'),
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), reverse_sql=UNDO),
    ]
