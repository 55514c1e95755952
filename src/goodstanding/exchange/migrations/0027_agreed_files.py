"""Files at the frequency of agreements, and since when a recipient has left them unfetched."""

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0026_agreed_reads'),
    ]

    operations = [
        migrations.CreateModel(
            name='AgreedFiles',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('position', models.BigIntegerField(default=0)),
                ('checkpoint', models.TextField(blank=True)),
                ('cleared_position', models.BigIntegerField(default=0)),
                ('cleared_on', models.DateField(null=True)),
                ('files', models.JSONField(default=list)),
                ('instant', models.DateTimeField()),
                ('made_at', models.DateTimeField()),
                ('given', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('fetched_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='agreement',
            name='files_wait_since',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='agreement',
            name='stale_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name='agreement',
            constraint=models.CheckConstraint(condition=models.Q(('stale_at__isnull', True), ('files_wait_since__isnull', False), _connector='OR'), name='stale_recipient_has_files_waiting'),
        ),
        migrations.AddField(
            model_name='agreedfiles',
            name='agreement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='file_sets', to='exchange.agreement'),
        ),
        migrations.AddField(
            model_name='agreedfiles',
            name='version',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='exchange.agreementversion'),
        ),
        migrations.AddConstraint(
            model_name='agreedfiles',
            constraint=models.UniqueConstraint(fields=('version', 'instant'), name='one_file_set_per_instant'),
        ),
    ]
