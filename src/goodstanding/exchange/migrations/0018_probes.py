"""Places that are looked at from outside, the looks, and what was found."""

import uuid
from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql" / "probes.sql"
UNDO = "DROP FUNCTION exchange_only_ends() CASCADE; DROP TRIGGER probe_look_append_only ON exchange_probelook;"


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0017_map_of_any_size'),
        ('registry', '0019_uses'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProbePlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('address', models.TextField()),
                ('marker', models.TextField()),
                ('always', models.TextField(blank=True, default='')),
                ('began_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('subscriber', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='places', to='exchange.subscriber')),
            ],
        ),
        migrations.CreateModel(
            name='ProbeLook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('removal_position', models.BigIntegerField()),
                ('at', models.DateTimeField()),
                ('result', models.CharField(choices=[('shown', 'Shown'), ('absent', 'Absent'), ('unknown', 'Unknown')], max_length=7)),
                ('reason', models.CharField(blank=True, max_length=12)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('record', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.record')),
                ('place', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='looks', to='exchange.probeplace')),
            ],
        ),
        migrations.CreateModel(
            name='ProbeFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('removal_position', models.BigIntegerField()),
                ('answered', models.BooleanField()),
                ('found_at', models.DateTimeField()),
                ('position', models.BigIntegerField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(blank=True, choices=[('absent', 'Absent'), ('published', 'Published'), ('place_ended', 'Place Ended')], max_length=11)),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.record')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='exchange.probeplace')),
            ],
        ),
        migrations.AddConstraint(
            model_name='probeplace',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('subscriber', 'address'), name='one_place_per_address'),
        ),
        migrations.AddConstraint(
            model_name='probeplace',
            constraint=models.CheckConstraint(condition=models.Q(('address__regex', '^https?://[^/?#{}]+[/?]')), name='place_is_a_web_address'),
        ),
        migrations.AddConstraint(
            model_name='probeplace',
            constraint=models.CheckConstraint(condition=models.Q(('marker', ''), _negated=True), name='place_has_a_marker'),
        ),
        migrations.AddIndex(
            model_name='probelook',
            index=models.Index(fields=['place', 'record', 'removal_position', 'at'], name='look_by_removal'),
        ),
        migrations.AddIndex(
            model_name='probelook',
            index=models.Index(fields=['place', '-at'], name='look_by_time'),
        ),
        migrations.AddConstraint(
            model_name='probelook',
            constraint=models.CheckConstraint(condition=models.Q(('result__in', ['shown', 'absent', 'unknown'])), name='look_has_a_result'),
        ),
        migrations.AddConstraint(
            model_name='probelook',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('result', 'unknown'), models.Q(('reason', ''), _negated=True)), models.Q(models.Q(('result', 'unknown'), _negated=True), ('reason', '')), _connector='OR'), name='unknown_look_says_why'),
        ),
        migrations.AddConstraint(
            model_name='probefinding',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('place', 'record'), name='one_open_finding'),
        ),
        migrations.AddConstraint(
            model_name='probefinding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by', '')), models.Q(('ended_at__isnull', False), ('ended_by__in', ['absent', 'published', 'place_ended'])), _connector='OR'), name='finding_ends_for_a_reason'),
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), reverse_sql=UNDO),
    ]
