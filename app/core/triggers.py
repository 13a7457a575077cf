"""Rules that PostgreSQL holds by trigger, and that no client of the database can switch off.

Note [Not ignorable]: the functions that pgtrigger writes return early when a session sets
`pgtrigger.ignore`, so whoever can send SQL could step around them. The functions written here
have no such door: only the table's owner can disable them.
"""

from __future__ import annotations

import pgtrigger
from django.db import models
from pgtrigger import compiler


class FirmTriggerSql(compiler.UpsertTriggerSql):
    """pgtrigger's own SQL without the early return. Migrations name this class."""

    def get_template(self) -> str:
        return """
            CREATE OR REPLACE FUNCTION {pgid}() RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE {constraint} TRIGGER {pgid}
                {when} {operation} ON {table}
                {timing}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class FirmTrigger(pgtrigger.Trigger):
    """A pgtrigger trigger that cannot be ignored; see Note [Not ignorable]."""

    def compile(self, model: models.Model) -> compiler.Trigger:
        pliable = super().compile(model)
        sql = FirmTriggerSql(**pliable.sql.kwargs)
        return compiler.Trigger(name=pliable.name, sql=sql)
