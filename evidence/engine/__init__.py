"""The engine: load, check, run gates, judge, publish. It knows nothing of the shop."""

__version__ = "0.1.0"
