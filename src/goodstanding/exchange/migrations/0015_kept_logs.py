"""What is kept of the logs of neighbours, and where subscribers that are instances are."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0014_onward_receipts'),
        ('registry', '0018_foreign_records'),
    ]

    operations = [
        migrations.AddField(
            model_name='subscriber',
            name='instance_url',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.CreateModel(
            name='KeptEntries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('index', models.BigIntegerField()),
                ('width', models.PositiveSmallIntegerField()),
                ('data', models.BinaryField()),
                ('neighbour', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='kept', to='registry.neighbour')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('neighbour', 'index'), name='one_bundle_per_place'), models.CheckConstraint(condition=models.Q(('width__gte', 1), ('width__lte', 256)), name='bundle_holds_1_to_256')],
            },
        ),
    ]
