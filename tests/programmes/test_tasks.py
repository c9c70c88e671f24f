from __future__ import annotations

import datetime as dt

from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub
from programmes import tasks
from programmes.models import ExpressionOfInterest
from tests import factories


def test_at_night_the_abandoned_drafts_of_every_hub_are_removed(hub: Hub, other_hub: Hub) -> None:
    long_ago = timezone.now() - dt.timedelta(days=61)
    kept = []
    for one in (hub, other_hub):
        window = factories.make_window(one)
        factories.make_draft(window, touched_at=long_ago)
        kept.append(factories.make_draft(window))

    tasks.purge_drafts()
    tasks.purge_drafts()

    for one, young in zip((hub, other_hub), kept, strict=True):
        with tenancy.use(one):
            assert list(ExpressionOfInterest.objects.all()) == [young]
