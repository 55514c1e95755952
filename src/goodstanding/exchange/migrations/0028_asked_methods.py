"""A request asks for one or more methods, and may be withdrawn."""

import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models import Q

_DECIDED = (
    Q(state="waiting", reasons="", decided_at__isnull=True, agreement__isnull=True)
    | (Q(state="refused", decided_at__isnull=False, agreement__isnull=True) & ~Q(reasons=""))
    | Q(state="drafted", reasons="", decided_at__isnull=False, agreement__isnull=False)
    | Q(state="withdrawn", reasons="", decided_at__isnull=False, agreement__isnull=True)
)


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0027_agreed_files'),
    ]

    operations = [
        migrations.AddField(
            model_name='subscriptionrequest',
            name='methods',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=4), default=list, size=None),
            preserve_default=False,
        ),
        migrations.RunSQL(
            "UPDATE exchange_subscriptionrequest SET methods = ARRAY[method]; SET CONSTRAINTS ALL IMMEDIATE;",
            reverse_sql="UPDATE exchange_subscriptionrequest SET method = methods[1];",
        ),
        migrations.RemoveField(model_name='subscriptionrequest', name='method'),
        migrations.AlterField(
            model_name='subscriptionrequest',
            name='state',
            field=models.CharField(choices=[('waiting', 'waiting for the operator'), ('refused', 'turned down'), ('drafted', 'agreement drafted'), ('withdrawn', 'withdrawn')], default='waiting', max_length=9),
        ),
        migrations.RemoveConstraint(model_name='subscriptionrequest', name='request_decision_is_whole'),
        migrations.RemoveConstraint(model_name='subscriptionrequest', name='request_says_what_and_why'),
        migrations.AddConstraint(
            model_name='subscriptionrequest',
            constraint=models.CheckConstraint(name='request_decision_is_whole', condition=_DECIDED),
        ),
        migrations.AddConstraint(
            model_name='subscriptionrequest',
            constraint=models.CheckConstraint(
                name='request_says_what_and_why',
                condition=~Q(items=[]) & ~Q(purpose="") & ~Q(legal_basis="") & ~Q(methods=[]),
            ),
        ),
    ]
