"""The workers' application with a mail back end and a maker of documents that stop in the middle."""

from typing import Any

from celery.signals import worker_process_init
from django.conf import settings

from hubadmin.celery import app

settings.EMAIL_BACKEND = "tests.correspondence.backends.PausingBackend"


@worker_process_init.connect
def register_maker(**kwargs: Any) -> None:
    """Once the apps are loaded."""
    from correspondence import makers
    from tests.correspondence.makers import KIND, TestMaker, pause_in_the_middle

    makers.register(KIND, TestMaker(pause_in_the_middle))


__all__ = ["app"]
