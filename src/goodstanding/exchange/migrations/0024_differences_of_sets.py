"""Differences of reconciliation by record, and receipts that are awaited again because of them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0018_probes'),
        ('registry', '0019_uses'),
    ]

    operations = [
        migrations.CreateModel(
            name='SetDifference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('kept', 'held and must not be'), ('older', 'held in an older version'), ('missing', 'must be held and is not')], max_length=7)),
                ('since', models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='receipt',
            name='one_receipt_per_removal',
        ),
        migrations.AddField(
            model_name='awaitedreceipt',
            name='found_kept_by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='exchange.reconciliation'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='found_kept_by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='exchange.reconciliation'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.UniqueConstraint(fields=('subscriber', 'removal_position', 'record', 'found_kept_by'), name='one_receipt_per_removal', nulls_distinct=False),
        ),
        migrations.AddField(
            model_name='setdifference',
            name='reconciliation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='exchange.reconciliation'),
        ),
        migrations.AddField(
            model_name='setdifference',
            name='record',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.record'),
        ),
        migrations.AddField(
            model_name='setdifference',
            name='subscriber',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='set_differences', to='exchange.subscriber'),
        ),
        migrations.AddConstraint(
            model_name='setdifference',
            constraint=models.UniqueConstraint(fields=('record', 'subscriber'), name='one_set_difference_per_record'),
        ),
        migrations.AddConstraint(
            model_name='setdifference',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['kept', 'older', 'missing'])), name='set_difference_is_known'),
        ),
    ]
