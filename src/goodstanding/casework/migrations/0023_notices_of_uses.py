"""Banks and institutions have notices too: of decisions to be looked at again."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0022_forwarded_applications'),
        ('registry', '0019_uses'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='notice',
            name='notice_goes_to_its_party',
        ),
        migrations.AddField(
            model_name='notice',
            name='account',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.account'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='party',
            field=models.CharField(choices=[('entity', 'entity'), ('authority', 'authority'), ('operator', 'operator'), ('body', 'bank or institution')], max_length=9),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('party', 'body')), fields=['account', '-id'], name='notice_of_body'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('account__isnull', True), ('authority__isnull', True), ('entity__isnull', False), ('party', 'entity')), models.Q(('account__isnull', True), ('authority__isnull', False), ('entity__isnull', True), ('party', 'authority')), models.Q(('account__isnull', True), ('authority__isnull', True), ('entity__isnull', True), ('party', 'operator')), models.Q(('account__isnull', False), ('authority__isnull', True), ('entity__isnull', True), ('party', 'body')), _connector='OR'), name='notice_goes_to_its_party'),
        ),
    ]
