"""A step that follows by itself, because its source took the record back, has nobody who took it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0004_clock_units'),
        ('registry', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='step',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.account'),
        ),
        migrations.AddConstraint(
            model_name='step',
            constraint=models.CheckConstraint(condition=models.Q(('by__isnull', False), ('event', 'lapse'), _connector='OR'), name='only_a_lapse_follows_by_itself'),
        ),
    ]
