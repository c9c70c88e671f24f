from django.db import migrations, models

# The sweep has them begun anew.
HEAR = "UPDATE correspondence_document SET heard_of_at = requested_at WHERE state = 'rendering' AND heard_of_at IS NULL"
COMPLETE = "UPDATE correspondence_document SET done = total WHERE state = 'ready' AND done < total"


class Migration(migrations.Migration):
    dependencies = [("correspondence", "0005_no_figures_of_what_is_not_kept")]

    operations = [
        migrations.RunSQL([HEAR, COMPLETE], migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "ready"), _negated=True) | models.Q(("done", models.F("total"))),
                name="document_ready_is_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "rendering"), _negated=True) | models.Q(("heard_of_at__isnull", False)),
                name="document_at_work_is_heard_of",
            ),
        ),
    ]
