"""A PostgreSQL of this clone's own, for a machine where nobody named one.

`hold()` is all that callers need: it gives the URL of a running server, which stops when the last
process that holds it has ended, however it ended. Production never comes here.

Note [Leases]
    Every holder keeps a shared lock on `.local/postgres/lease`. A supervisor process, started by
    the first holder, waits for the exclusive lock: the kernel grants it only when every holder has
    let go or died, so nothing has to be counted and no crash leaves a server behind. If the
    supervisor itself is killed, the kernel signals the server (Linux `PR_SET_PDEATHSIG`).
"""

from local_postgres.binaries import CannotStart
from local_postgres.lease import hold

__all__ = ["CannotStart", "hold"]
