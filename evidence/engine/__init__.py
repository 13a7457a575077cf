"""The engine: load, check, run gates, judge, publish. It knows nothing of the shop."""
