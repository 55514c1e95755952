"""A clock counts in the unit of its rule: working days, calendar days or months."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0003_clocks_are_redated'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='clock', name='unset_number_has_no_day'),
        migrations.RenameField(model_name='clock', old_name='working_days', new_name='length'),
        migrations.AddField(
            model_name='clock',
            name='unit',
            field=models.CharField(
                choices=[('working_days', 'working days'), ('calendar_days', 'calendar days'), ('months', 'months')],
                default='working_days',
                max_length=13,
            ),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.CheckConstraint(
                condition=Q(unit__in=['working_days', 'calendar_days', 'months']), name='clock_unit_is_known'
            ),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.CheckConstraint(
                condition=Q(length__isnull=True, due_on__isnull=True, earliest_on__isnull=True)
                & Q(latest_on__isnull=True)
                | Q(length__isnull=False, due_on__isnull=False, earliest_on=F('due_on'))
                | Q(length__isnull=False, due_on__isnull=True, earliest_on__isnull=False),
                name='unset_number_has_no_day',
            ),
        ),
    ]
