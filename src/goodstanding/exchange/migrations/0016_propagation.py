"""Awaited receipts, what a receipt keeps of its removal, suspensions of those who stay behind, the league table."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0015_kept_logs'),
        ('registry', '0016_links_are_told'),
    ]

    operations = [
        migrations.CreateModel(
            name='AwaitedReceipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.BigIntegerField()),
                ('removed_at', models.DateTimeField()),
                ('sealed_at', models.DateTimeField()),
                ('working_days', models.PositiveSmallIntegerField(null=True)),
                ('suspension_days', models.PositiveSmallIntegerField(null=True)),
                ('due_on', models.DateField(null=True)),
                ('remind_on', models.DateField(null=True)),
                ('suspend_after', models.DateField(null=True)),
                ('told_at', models.DateTimeField(null=True)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('reminded_at', models.DateTimeField(null=True)),
                ('late_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='LeagueWeek',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week', models.DateField()),
                ('answered', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('timed', models.BigIntegerField()),
                ('in_time', models.BigIntegerField()),
                ('waiting', models.BigIntegerField()),
                ('late', models.BigIntegerField()),
                ('late_since', models.DateField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='PropagationFollower',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('position', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Suspension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('declined', 'Declined'), ('suspended', 'Suspended'), ('resumed', 'Resumed'), ('lapsed', 'Lapsed')], max_length=9)),
                ('by_clause', models.BooleanField(default=False)),
                ('since', models.DateField()),
                ('removals', models.PositiveIntegerField()),
                ('began_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('reason', models.TextField(blank=True)),
                ('agreements', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='receipt',
            name='confirmed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='receipt',
            name='due_on',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='receipt',
            name='removed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='receipt',
            name='sealed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(
            "UPDATE exchange_receipt r SET removed_at = e.at, sealed_at = coalesce((SELECT c.signed_at"
            " FROM registry_checkpoint c WHERE c.size >= e.position ORDER BY c.size LIMIT 1), e.at)"
            " FROM registry_event e WHERE e.position = r.removal_position",
            reverse_sql=migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name='receipt',
            name='removed_at',
            field=models.DateTimeField(),
        ),
        migrations.AlterField(
            model_name='receipt',
            name='sealed_at',
            field=models.DateTimeField(),
        ),
        migrations.RunSQL(
            "INSERT INTO exchange_propagationfollower (id, position) VALUES (1, 0)",
            reverse_sql=migrations.RunSQL.noop,
        ),
        migrations.AddField(
            model_name='receipt',
            name='told_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='receipt',
            index=models.Index(fields=['subscriber', 'received_at'], name='receipt_by_time'),
        ),
        migrations.AddIndex(
            model_name='receipt',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['received_at'], name='receipt_by_week'),
        ),
        migrations.AddField(
            model_name='awaitedreceipt',
            name='record',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.record'),
        ),
        migrations.AddField(
            model_name='awaitedreceipt',
            name='subscriber',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='awaited', to='exchange.subscriber'),
        ),
        migrations.AddField(
            model_name='leagueweek',
            name='subscriber',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='exchange.subscriber'),
        ),
        migrations.AddConstraint(
            model_name='propagationfollower',
            constraint=models.CheckConstraint(condition=models.Q(('id', 1)), name='propagation_has_one_follower'),
        ),
        migrations.AddField(
            model_name='suspension',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.account'),
        ),
        migrations.AddField(
            model_name='suspension',
            name='subscriber',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suspensions', to='exchange.subscriber'),
        ),
        migrations.AddIndex(
            model_name='awaitedreceipt',
            index=models.Index(fields=['subscriber', 'due_on'], name='awaited_by_day'),
        ),
        migrations.AddIndex(
            model_name='awaitedreceipt',
            index=models.Index(condition=models.Q(('late_at__isnull', True), ('reminded_at__isnull', True)), fields=['subscriber', 'remind_on'], name='awaited_to_remind'),
        ),
        migrations.AddIndex(
            model_name='awaitedreceipt',
            index=models.Index(condition=models.Q(('late_at__isnull', True)), fields=['subscriber', 'due_on'], name='awaited_to_mark'),
        ),
        migrations.AddIndex(
            model_name='awaitedreceipt',
            index=models.Index(condition=models.Q(('told_at__isnull', True)), fields=['subscriber', 'position'], name='awaited_untold'),
        ),
        migrations.AddIndex(
            model_name='awaitedreceipt',
            index=models.Index(condition=models.Q(('confirmed_at__isnull', True)), fields=['subscriber', 'position'], name='awaited_unconfirmed'),
        ),
        migrations.AddConstraint(
            model_name='awaitedreceipt',
            constraint=models.UniqueConstraint(fields=('subscriber', 'position', 'record'), name='one_awaited_receipt_per_removal'),
        ),
        migrations.AddConstraint(
            model_name='awaitedreceipt',
            constraint=models.CheckConstraint(condition=models.Q(('late_at__isnull', True), ('due_on__isnull', False), _connector='OR'), name='awaited_is_late_after_its_day'),
        ),
        migrations.AddConstraint(
            model_name='leagueweek',
            constraint=models.UniqueConstraint(fields=('week', 'subscriber'), name='one_league_week'),
        ),
        migrations.AddConstraint(
            model_name='leagueweek',
            constraint=models.CheckConstraint(condition=models.Q(('week__iso_week_day', 1)), name='league_week_begins_on_monday'),
        ),
        migrations.AddConstraint(
            model_name='suspension',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('subscriber',), name='one_open_suspension'),
        ),
        migrations.AddConstraint(
            model_name='suspension',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('state__in', ['resumed', 'lapsed'])), models.Q(('ended_at__isnull', True), ('state__in', ['proposed', 'declined', 'suspended'])), _connector='OR'), name='suspension_ends_with_its_state'),
        ),
        migrations.AddConstraint(
            model_name='suspension',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'lapsed']), ('by_clause', True), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='suspension_is_decided'),
        ),
    ]
