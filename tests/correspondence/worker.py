"""The workers' application with the mail back end that stops in the middle of sending."""

from django.conf import settings

from hubadmin.celery import app

settings.EMAIL_BACKEND = "tests.correspondence.backends.PausingBackend"

__all__ = ["app"]
