"""A notice may be about a recipient and no record: its files, its requests."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0023_recipients_are_told'),
        ('registry', '0019_uses'),
    ]

    operations = [
        migrations.AlterField(
            model_name='notice',
            name='record',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.record'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('record__isnull', False), ('party__in', ['recipient', 'operator']), _connector='OR'), name='notice_is_about_a_record_or_a_recipient'),
        ),
    ]
