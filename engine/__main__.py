"""``python -m engine``: the same as the ``sensorama`` command."""

from engine.cli import main

raise SystemExit(main())
