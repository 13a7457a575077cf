#!/usr/bin/env python3
"""Prove the register's claims and build the site that shows it: `build_evidence.py --help`."""

import sys

from evidence.engine.cli import main

if __name__ == "__main__":
    sys.exit(main())
