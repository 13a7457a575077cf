"""Remove the private cluster's data outside the clone, if there is any. For `make clean`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from local_postgres.home import outside_folder

    shutil.rmtree(outside_folder(), ignore_errors=True)
