"""What recipients did about canaries stands where it stands of records: receipts, looks, findings, differences."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql" / "canaries_like_records.sql"


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0031_awaited_corrections'),
        ('registry', '0021_reserved_codes'),
    ]

    operations = [
        migrations.AddField(
            model_name='awaitedreceipt',
            name='canary',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_set', to='exchange.canary'),
        ),
        migrations.AddField(
            model_name='probefinding',
            name='canary',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_set', to='exchange.canary'),
        ),
        migrations.AddField(
            model_name='probelook',
            name='canary',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_set', to='exchange.canary'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='canary',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_set', to='exchange.canary'),
        ),
        migrations.AddField(
            model_name='setdifference',
            name='canary',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_set', to='exchange.canary'),
        ),
        migrations.AlterField(
            model_name='awaitedreceipt',
            name='record',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.record'),
        ),
        migrations.AlterField(
            model_name='probefinding',
            name='record',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.record'),
        ),
        migrations.AlterField(
            model_name='probelook',
            name='record',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.record'),
        ),
        migrations.AlterField(
            model_name='receipt',
            name='record',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.record'),
        ),
        migrations.AlterField(
            model_name='setdifference',
            name='record',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.record'),
        ),
        migrations.RunSQL(SQL.read_text()),
        migrations.RemoveConstraint(
            model_name='canary',
            name='canary_is_answered_as_a_whole',
        ),
        migrations.RemoveIndex(
            model_name='probelook',
            name='look_by_removal',
        ),
        migrations.RemoveField(
            model_name='canary',
            name='receipt',
        ),
        migrations.RemoveField(
            model_name='canary',
            name='receipt_at',
        ),
        migrations.RemoveField(
            model_name='canary',
            name='receipt_position',
        ),
        migrations.AddIndex(
            model_name='probelook',
            index=models.Index(fields=['place', 'removal_position', 'at'], name='look_by_removal'),
        ),
        migrations.AddIndex(
            model_name='probelook',
            index=models.Index(condition=models.Q(('canary__isnull', False)), fields=['canary'], name='look_by_canary'),
        ),
        migrations.AddConstraint(
            model_name='awaitedreceipt',
            constraint=models.UniqueConstraint(condition=models.Q(('canary__isnull', False)), fields=('canary',), name='one_awaited_receipt_per_canary'),
        ),
        migrations.AddConstraint(
            model_name='awaitedreceipt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('canary__isnull', True), ('record__isnull', False)), models.Q(('canary__isnull', False), ('record__isnull', True)), _connector='OR'), name='awaited_is_of_one'),
        ),
        migrations.AddConstraint(
            model_name='probefinding',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('place', 'canary'), name='one_open_finding_of_a_canary'),
        ),
        migrations.AddConstraint(
            model_name='probefinding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('canary__isnull', True), ('record__isnull', False)), models.Q(('canary__isnull', False), ('record__isnull', True)), _connector='OR'), name='finding_is_of_one'),
        ),
        migrations.AddConstraint(
            model_name='probelook',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('canary__isnull', True), ('record__isnull', False)), models.Q(('canary__isnull', False), ('record__isnull', True)), _connector='OR'), name='look_is_of_one'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('canary__isnull', True), ('record__isnull', False)), models.Q(('canary__isnull', False), ('record__isnull', True)), _connector='OR'), name='receipt_is_of_one'),
        ),
        migrations.AddConstraint(
            model_name='setdifference',
            constraint=models.UniqueConstraint(condition=models.Q(('canary__isnull', False)), fields=('canary',), name='one_set_difference_per_canary'),
        ),
        migrations.AddConstraint(
            model_name='setdifference',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('canary__isnull', True), ('record__isnull', False)), models.Q(('canary__isnull', False), ('record__isnull', True)), _connector='OR'), name='difference_is_of_one'),
        ),
        migrations.DeleteModel(
            name='CanaryLook',
        ),
    ]
