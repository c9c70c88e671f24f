"""The workers' application with a mail back end, a maker of documents and a reminder engine that stop in the middle."""

from typing import Any

from celery.signals import worker_process_init
from django.conf import settings

from hubadmin.celery import app

settings.EMAIL_BACKEND = "tests.correspondence.backends.PausingBackend"


@worker_process_init.connect
def stop_in_the_middle(**kwargs: Any) -> None:
    """Once the apps are loaded."""
    from correspondence import makers
    from tests.correspondence.makers import KIND, TestMaker, pause_in_the_middle
    from tests.correspondence.rules import follow_fake_rule, pause_after_writing

    makers.register(KIND, TestMaker(pause_in_the_middle))
    follow_fake_rule()
    pause_after_writing()


__all__ = ["app"]
