"""The web server's way in."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hubadmin.settings")
application = get_wsgi_application()

from hubs.tenancy.roles import refuse_unsafe_role  # noqa: E402  (needs the applications loaded)

refuse_unsafe_role()
