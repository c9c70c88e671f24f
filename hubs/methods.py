"""Which methods a page answers.

Stands under the declaration of access, so that who may not see a page is told that, whatever the method.
"""

from __future__ import annotations

from django.views.decorators.http import require_http_methods

# A page with a form: it is shown and sent at one address. All others take Django's `require_safe`.
form_page = require_http_methods(["GET", "HEAD", "POST"])
