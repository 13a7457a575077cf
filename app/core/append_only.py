"""Tables that only grow: PostgreSQL refuses UPDATE, DELETE and TRUNCATE on them."""

from __future__ import annotations

import pgtrigger

from core.triggers import FirmTrigger


class AppendOnly(FirmTrigger):
    """Put `AppendOnly()` in a model's `Meta.triggers`: rows can be added, and nothing else."""

    name = "append_only"
    when = pgtrigger.Before
    operation = pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate
    level = pgtrigger.Statement
    func = """
        RAISE EXCEPTION '%: append-only, % refused; add a new row instead', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'restrict_violation';
    """
