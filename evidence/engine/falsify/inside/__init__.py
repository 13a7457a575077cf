"""What runs in the project's own Python: a server that forks one child a mutant.

Nothing here imports the engine, for the project need not have it: standard library and pytest only.
The package is loaded under a private name, so that a project may have modules of the same names.
"""
