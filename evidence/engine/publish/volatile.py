"""What differs between two runs of one commit, kept out of everything else: `run.json`."""

from __future__ import annotations

import json

from evidence.engine.run.model import Run


def run_json(run: Run) -> str:
    """When, where and how long the gates ran, in seconds, and which results were reused."""
    return (
        json.dumps(
            {
                "started_at": run.started_at,
                "elapsed_s": round(run.elapsed_s, 3),
                "host": run.host,
                "gates": [
                    {
                        "id": gate.id,
                        "elapsed_s": round(gate.elapsed_s, 3),
                        "reused_from": gate.reused_from,
                    }
                    for gate in run.gates
                ],
            },
            indent=2,
            sort_keys=True,
            ensure_ascii=False,
        )
        + "\n"
    )
