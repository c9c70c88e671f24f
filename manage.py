#!/usr/bin/env python3
"""Django's commands; where nothing is configured they work on the demo's database (docs/configuration.md)."""

import os
import sys

from hubadmin.local.environment import prepare


def main() -> None:
    """Run one command."""
    prepare()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hubadmin.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
