#!/usr/bin/env python
"""Run a management command, with the embedded servers it needs."""

import os
import sys

NEED_NO_SERVER = {"collectstatic", "compilemessages", "help", "makemessages", "version"}


def needs_servers(arguments: list[str]) -> bool:
    """Return whether a command line asks for more than text and files."""
    command = arguments[1] if len(arguments) > 1 else "help"
    return not (command.startswith("-") or command in NEED_NO_SERVER or {"--help", "-h", "--pack"} & set(arguments))


def main() -> None:
    """Bring up what the command needs, in parallel with Django's own start, then run it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coordination.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from coordination import embedded, environment
    from coordination.supervision import database

    try:
        needed = needs_servers(sys.argv)
        uses = embedded.begin(environment.home()) if needed else []
        django.setup()
        for use in uses:
            use.wait()
        if needed:
            database.reach()
    except (embedded.CannotStart, ImproperlyConfigured) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
