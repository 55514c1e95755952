"""The state of a record whose publication is suspended, with the state that lies beneath."""

from django.db import migrations, models
from django.db.models import Q

ADVERSE = ["penalty", "serious_list", "abnormal_list", "other"]


class Migration(migrations.Migration):
    dependencies = [("registry", "0010_statements")]
    operations = [
        migrations.AddField(
            model_name="record", name="beneath", field=models.CharField(max_length=12, null=True)
        ),
        migrations.AlterField(
            model_name="record",
            name="state",
            field=models.CharField(
                choices=[
                    ("published", "published"),
                    ("unpublished", "not published by law"),
                    ("shielded", "publication suspended while a reorganisation plan is carried out"),
                    ("ended", "publication ended at its maximum"),
                    ("restored", "restored"),
                    ("withdrawn", "withdrawn by the issuing body"),
                    ("redacted", "content erased"),
                ],
                max_length=12,
            ),
        ),
        migrations.RemoveConstraint(model_name="record", name="record_state_is_known"),
        migrations.RemoveConstraint(model_name="record", name="published_record_has_a_first_day"),
        migrations.RemoveConstraint(model_name="record", name="only_adverse_records_are_restored"),
        migrations.RemoveIndex(model_name="record", name="record_ending"),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                name="record_state_is_known",
                condition=Q(
                    state__in=[
                        "published",
                        "unpublished",
                        "shielded",
                        "ended",
                        "restored",
                        "withdrawn",
                        "redacted",
                    ]
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                name="shielded_record_has_a_state_beneath",
                condition=(
                    Q(state="shielded", beneath__isnull=False, beneath__in=["published", "unpublished"])
                    | (~Q(state="shielded") & Q(beneath__isnull=True))
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                name="published_record_has_a_first_day",
                condition=(
                    Q(publish_from__isnull=False)
                    | (~Q(state="published") & (Q(beneath__isnull=True) | ~Q(beneath="published")))
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                name="only_adverse_records_are_restored_or_shielded",
                condition=~Q(state__in=["restored", "shielded"]) | Q(kind__in=ADVERSE),
            ),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                fields=["publish_until", "id"],
                name="record_ending",
                condition=Q(state="published") | Q(beneath="published"),
            ),
        ),
    ]
