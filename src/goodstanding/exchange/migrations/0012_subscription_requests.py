"""What subscribers ask for from the catalogue."""

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0011_snapshots'),
    ]

    operations = [
        migrations.CreateModel(
            name='SubscriptionRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('items', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=48), size=None)),
                ('divisions', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=6), default=list, size=None)),
                ('purpose', models.TextField()),
                ('legal_basis', models.TextField()),
                ('method', models.CharField(choices=[('feed', 'feed'), ('push', 'push')], max_length=4)),
                ('requested_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('waiting', 'waiting for the operator'), ('refused', 'turned down'), ('drafted', 'agreement drafted')], default='waiting', max_length=8)),
                ('reasons', models.TextField(blank=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('agreement', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='exchange.agreement')),
                ('subscriber', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='exchange.subscriber')),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'requested_at'], name='request_by_state')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('agreement__isnull', True), ('decided_at__isnull', True), ('reasons', ''), ('state', 'waiting')), models.Q(('agreement__isnull', True), ('decided_at__isnull', False), ('state', 'refused'), models.Q(('reasons', ''), _negated=True)), models.Q(('agreement__isnull', False), ('decided_at__isnull', False), ('reasons', ''), ('state', 'drafted')), _connector='OR'), name='request_decision_is_whole'), models.CheckConstraint(condition=models.Q(models.Q(('items', []), _negated=True), models.Q(('purpose', ''), _negated=True), models.Q(('legal_basis', ''), _negated=True)), name='request_says_what_and_why')],
            },
        ),
    ]
