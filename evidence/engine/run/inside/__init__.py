"""What runs in the project's own pytest: one module, which is found by its name on PYTHONPATH.

Nothing here imports the engine, for the project need not have it: standard library and pytest only.
"""
