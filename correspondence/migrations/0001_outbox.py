import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import hubs.tenancy.fence
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("hubs", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("kind", models.CharField(max_length=60)),
                ("key", models.CharField(max_length=200)),
                ("about_kind", models.CharField(blank=True, max_length=60)),
                ("about_id", models.BigIntegerField(blank=True, null=True)),
                ("from_name", models.CharField(max_length=200)),
                ("from_address", models.EmailField(max_length=254)),
                ("reply_to", models.EmailField(blank=True, max_length=254)),
                (
                    "recipients",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=254), size=None),
                ),
                ("subject", models.TextField()),
                ("text", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting to be sent"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("failed", "Not sent"),
                            ("uncertain", "May have been sent"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("queued_at", models.DateTimeField()),
                ("not_before", models.DateTimeField()),
                ("dispatched_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("last_error", models.CharField(blank=True, max_length=200)),
                (
                    "hub",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hubs.hub"),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "queued")), fields=["hub", "not_before"], name="message_due"
                    ),
                    models.Index(
                        condition=models.Q(("state", "sending")), fields=["hub", "claimed_at"], name="message_stuck"
                    ),
                    models.Index(
                        models.F("hub"),
                        models.OrderBy(models.F("queued_at"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        name="message_newest",
                    ),
                    models.Index(
                        models.F("hub"),
                        models.F("state"),
                        models.OrderBy(models.F("queued_at"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        name="message_newest_of_state",
                    ),
                    models.Index(fields=["hub", "about_kind", "about_id"], name="message_about"),
                ],
                "constraints": [
                    hubs.tenancy.fence.HubFence(name="correspondence_message_hub_fence"),
                    models.UniqueConstraint(fields=("hub", "key"), name="message_queued_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["queued", "sending", "sent", "failed", "uncertain", "cancelled"])
                        ),
                        name="message_state_known",
                    ),
                    models.CheckConstraint(condition=models.Q(("key", ""), _negated=True), name="message_has_key"),
                    models.CheckConstraint(
                        condition=models.Q(("recipients__len__gte", 1)), name="message_has_recipient"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("subject__regex", "^[^\\r\\n]+$")), name="message_subject_is_one_line"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("about_id", None), ("about_kind", "")),
                            models.Q(models.Q(("about_kind", ""), _negated=True), ("about_id__isnull", False)),
                            _connector="OR",
                        ),
                        name="message_about_kind_and_id",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sent_at__isnull", False), ("state", "sent")),
                            models.Q(models.Q(("state", "sent"), _negated=True), ("sent_at", None)),
                            _connector="OR",
                        ),
                        name="message_sent_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("claimed_at", None), ("state__in", ["queued", "cancelled"])),
                            models.Q(
                                models.Q(("state__in", ["queued", "cancelled"]), _negated=True),
                                ("attempts__gte", 1),
                                ("claimed_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="message_claimed_unless_waiting",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["failed", "uncertain"]), _negated=True),
                            models.Q(("last_error", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="message_trouble_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeliveryAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("sent", "Sent"),
                            ("try_again", "Not sent this time"),
                            ("refused", "Refused"),
                            ("uncertain", "Not known"),
                        ],
                        max_length=10,
                    ),
                ),
                ("error", models.CharField(blank=True, max_length=200)),
                (
                    "hub",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hubs.hub"),
                ),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delivery_attempts",
                        to="correspondence.message",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    hubs.tenancy.fence.HubFence(name="correspondence_deliveryattempt_hub_fence"),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["sent", "try_again", "refused", "uncertain"])),
                        name="attempt_outcome_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("finished_at__gte", models.F("started_at"))),
                        name="attempt_ends_after_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("error", ""), ("outcome", "sent")),
                            models.Q(
                                models.Q(("outcome", "sent"), _negated=True), models.Q(("error", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="attempt_error_unless_sent",
                    ),
                ],
            },
        ),
    ]
