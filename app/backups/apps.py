"""Backups: what is in one, and whether one that was restored is the same."""

from __future__ import annotations

from django.apps import AppConfig


class BackupsConfig(AppConfig):
    name = "backups"
