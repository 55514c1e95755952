"""Suspensions that an operator proposes and another one confirms."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0024_differences_of_sets'),
        ('registry', '0019_uses'),
    ]

    operations = [
        migrations.AddField(
            model_name='suspension',
            name='proposed_because',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='suspension',
            name='proposed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.account'),
        ),
        migrations.AddConstraint(
            model_name='suspension',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('proposed_because', ''), ('proposed_by__isnull', True)), models.Q(('proposed_by__isnull', False), models.Q(('proposed_because', ''), _negated=True)), _connector='OR'), name='suspension_is_proposed_for_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='suspension',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'suspended'), _negated=True), ('by_clause', True), models.Q(('decided_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='nobody_confirms_his_own_suspension'),
        ),
    ]
