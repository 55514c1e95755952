"""Tables of notices; what the journal holds already is told only as far as it still stands."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0007_work_list_reads_its_index_alone'),
        ('registry', '0012_corrections'),
    ]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('party', models.CharField(choices=[('entity', 'entity'), ('authority', 'authority'), ('operator', 'operator')], max_length=9)),
                ('event', models.TextField()),
                ('position', models.BigIntegerField()),
                ('at', models.DateTimeField()),
                ('read_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='NoticeFollower',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('position', models.BigIntegerField(default=0)),
                ('began', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='NoticeMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('first', models.BigIntegerField(null=True)),
                ('last', models.BigIntegerField(null=True)),
                ('written_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('next_at', models.DateTimeField()),
                ('error', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='NoticeSubscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('address', models.EmailField(max_length=254)),
                ('asked_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('told_until', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name='notice',
            name='authority',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.authority'),
        ),
        migrations.AddField(
            model_name='notice',
            name='case',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='casework.case'),
        ),
        migrations.AddField(
            model_name='notice',
            name='entity',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.entity'),
        ),
        migrations.AddField(
            model_name='notice',
            name='read_by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='registry.account'),
        ),
        migrations.AddField(
            model_name='notice',
            name='record',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.record'),
        ),
        migrations.AddConstraint(
            model_name='noticefollower',
            constraint=models.CheckConstraint(condition=models.Q(('id', 1)), name='notices_have_one_follower'),
        ),
        migrations.AddField(
            model_name='noticesubscription',
            name='account',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='registry.account'),
        ),
        migrations.AddField(
            model_name='noticemail',
            name='subscription',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mails', to='casework.noticesubscription'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('party', 'entity')), fields=['entity', '-id'], name='notice_of_entity'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('party', 'authority')), fields=['authority', '-id'], name='notice_of_authority'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('party', 'operator')), fields=['-id'], name='notice_of_operator'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('party', 'authority'), ('read_at__isnull', True)), fields=['authority'], name='notice_unread'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(fields=('position', 'party'), name='one_notice_per_event_and_party'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('authority__isnull', True), ('entity__isnull', False), ('party', 'entity')), models.Q(('authority__isnull', False), ('entity__isnull', True), ('party', 'authority')), models.Q(('authority__isnull', True), ('entity__isnull', True), ('party', 'operator')), _connector='OR'), name='notice_goes_to_its_party'),
        ),
        migrations.AddIndex(
            model_name='noticemail',
            index=models.Index(condition=models.Q(('sent_at__isnull', True)), fields=['next_at'], name='mail_to_send'),
        ),
        migrations.AddConstraint(
            model_name='noticemail',
            constraint=models.UniqueConstraint(fields=('subscription', 'first'), name='one_mail_per_news'),
        ),
        migrations.AddConstraint(
            model_name='noticemail',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('first__isnull', True), ('last__isnull', True)), ('last__gte', models.F('first')), _connector='OR'), name='mail_is_about_a_run_of_notices'),
        ),
        migrations.RunSQL(
            "INSERT INTO casework_noticefollower (id, position, began)"
            " SELECT 1, 0, position FROM registry_journalhead WHERE id = 1",
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
