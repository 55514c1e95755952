"""The accounts of entities that become one are told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0015_outcomes")]
    operations = [
        migrations.AddField(
            model_name="mergenotice", name="now_one", field=models.BooleanField(default=False)
        ),
    ]
