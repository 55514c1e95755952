"""Full lists: what they held until they are compared, what came of them, and what is off its source's list."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('intake', '0003_contract_versions'),
        ('registry', '0006_tombstones'),
    ]

    operations = [
        migrations.CreateModel(
            name='Delisted',
            fields=[
                ('natural_key', models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ('contract', models.TextField()),
                ('at', models.DateTimeField()),
                ('authority', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.authority')),
                ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='intake.batch')),
            ],
        ),
        migrations.CreateModel(
            name='Snapshot',
            fields=[
                ('batch', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='snapshot', serialize=False, to='intake.batch')),
                ('state', models.CharField(choices=[('open', 'being taken in'), ('settled', 'compared with the list before'), ('waiting', 'too much is missing: waits for the operator'), ('overtaken', 'a later list came first')], default='open', max_length=9)),
                ('listed_before', models.BigIntegerField(default=0)),
                ('missing', models.BigIntegerField(default=0)),
                ('spared', models.BigIntegerField(default=0)),
                ('settled_at', models.DateTimeField(null=True)),
                ('settled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.account')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['open', 'settled', 'waiting', 'overtaken'])), name='snapshot_state_is_known')],
            },
        ),
        migrations.CreateModel(
            name='SnapshotRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('natural_key', models.BinaryField(max_length=32, null=True)),
                ('parts', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), null=True, size=None)),
                ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='intake.batch')),
            ],
            options={
                'indexes': [models.Index(fields=['batch', 'natural_key'], name='snapshot_row_by_key')],
            },
        ),
    ]
