"""What every test of the repository shares. Sockets reach this machine only: see `addopts`."""
