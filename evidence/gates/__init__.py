"""The commands that gates.yml runs where no ready-made tool does it. Standard library only."""
