"""`station log`: look into the traceability log."""

from __future__ import annotations
