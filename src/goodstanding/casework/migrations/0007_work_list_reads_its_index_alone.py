from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casework", "0006_every_kind_of_case")]

    operations = [
        migrations.RemoveIndex(model_name="case", name="case_to_decide"),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["authority", "due_on", "id"],
                name="case_to_decide",
                condition=models.Q(("ended_at__isnull", True)),
                include=("kind", "state", "officer"),
            ),
        ),
    ]
