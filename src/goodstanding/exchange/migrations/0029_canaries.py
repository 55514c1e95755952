"""Canaries, and looks for them."""

import uuid
from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql" / "canaries.sql"
UNDO = "DROP FUNCTION exchange_canary_stays() CASCADE; DROP TRIGGER canary_look_append_only ON exchange_canarylook;"


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0028_asked_methods'),
    ]

    operations = [
        migrations.CreateModel(
            name='Canary',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('record_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('entity_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.TextField(unique=True)),
                ('code', models.CharField(max_length=18, unique=True)),
                ('document_no', models.TextField(unique=True)),
                ('document', models.JSONField()),
                ('publish_until', models.DateField()),
                ('planted_at', models.DateTimeField()),
                ('planted_position', models.BigIntegerField(unique=True)),
                ('removed_as', models.CharField(blank=True, default='', max_length=8)),
                ('removed_at', models.DateTimeField(null=True)),
                ('removed_position', models.BigIntegerField(null=True, unique=True)),
                ('receipt', models.TextField(blank=True, default='')),
                ('receipt_at', models.DateTimeField(null=True)),
                ('receipt_position', models.BigIntegerField(null=True)),
                ('subscriber', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='canaries', to='exchange.subscriber')),
            ],
        ),
        migrations.CreateModel(
            name='CanaryLook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('result', models.CharField(max_length=7)),
                ('reason', models.CharField(blank=True, max_length=12)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('canary', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='looks', to='exchange.canary')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='exchange.probeplace')),
            ],
        ),
        migrations.AddIndex(
            model_name='canary',
            index=models.Index(fields=['subscriber', 'planted_position'], name='canary_by_recipient'),
        ),
        migrations.AddConstraint(
            model_name='canary',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('removed_as', ''), ('removed_at__isnull', True), ('removed_position__isnull', True)), models.Q(('removed_as__in', ['restored', 'ended']), ('removed_at__isnull', False), ('removed_position__gt', models.F('planted_position'))), _connector='OR'), name='canary_is_removed_as_a_whole'),
        ),
        migrations.AddConstraint(
            model_name='canary',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('receipt', ''), ('receipt_at__isnull', True), ('receipt_position__isnull', True)), models.Q(models.Q(('receipt', ''), _negated=True), ('receipt_at__isnull', False), ('receipt_position__gt', models.F('removed_position'))), _connector='OR'), name='canary_is_answered_as_a_whole'),
        ),
        migrations.AddIndex(
            model_name='canarylook',
            index=models.Index(fields=['canary', 'place', '-at'], name='canary_look_by_time'),
        ),
        migrations.AddConstraint(
            model_name='canarylook',
            constraint=models.CheckConstraint(condition=models.Q(('result__in', ['shown', 'absent', 'unknown'])), name='canary_look_has_a_result'),
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), reverse_sql=UNDO),
    ]
