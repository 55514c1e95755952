from django.db import migrations, models
from django.db.models import Q

OPEN = Q(ended_at__isnull=True)


class Migration(migrations.Migration):
    dependencies = [("casework", "0013_a_second_officer_withdraws")]

    operations = [
        migrations.RemoveIndex(model_name="case", name="case_of_officer"),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["authority", "kind", "due_on", "id"],
                name="case_of_kind",
                condition=OPEN,
                include=["state", "officer"],
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["authority", "state", "due_on", "id"],
                name="case_in_state",
                condition=OPEN,
                include=["kind", "officer"],
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["authority", "officer", "due_on", "id"],
                name="case_of_officer",
                condition=OPEN,
                include=["kind", "state"],
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["ended_at", "record"],
                name="objection_ended",
                condition=Q(kind="objection", ended_at__isnull=False),
            ),
        ),
    ]
