"""Figures of documents that failed, were cancelled or wait to be begun anew were kept for ever."""

from django.db import migrations, models

CLEAR = """
UPDATE correspondence_document SET snapshot = NULL, as_of = NULL
WHERE snapshot IS NOT NULL AND state IN ('queued', 'failed', 'cancelled');
UPDATE correspondence_document SET snapshot = NULL WHERE snapshot IS NOT NULL AND state = 'expired';
"""


class Migration(migrations.Migration):
    dependencies = [("correspondence", "0004_why_reminders_are_sent")]

    operations = [
        migrations.RunSQL(CLEAR, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(("snapshot__isnull", True), ("state__in", ["rendering", "ready"]), _connector="OR"),
                name="document_figures_while_of_use",
            ),
        ),
    ]
