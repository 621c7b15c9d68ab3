"""The stack's pools as stations of the queueing network: how many requests are let through to the cores at once."""

from collections.abc import Sequence

from lms_stack.plan import Pools
from lms_stack.queueing.station import Station
from lms_stack.roles import Role

#: How they are called where they are what is full first.
THREADS = "application threads"
CONNECTIONS = "pgbouncer's connections"

#: The roles that a request needs while it holds a thread of the application.
_BEHIND_THREADS = frozenset({Role.APP, Role.DATABASE, Role.CACHE})


def limiting_pools(roles: Sequence[Sequence[Role]], cores: Sequence[Station], pools: Pools) -> tuple[Station, ...]:
    """The application's threads, and pgbouncer's connections where the database has hosts of its own.

    Where roles share a host its cores can't be told apart, so that files pass the threads too, and connections, which
    are never fewer than the threads of one host up to eight, aren't looked at.

    :param roles: those of each tier; one has the application, one the database.
    :param cores: the tiers' cores, in the same order.
    """
    application = next(index for index, each in enumerate(roles) if Role.APP in each)
    database = next(index for index, each in enumerate(roles) if Role.DATABASE in each)
    beyond = tuple(cores[index].name for index, each in enumerate(roles) if _BEHIND_THREADS & set(each))
    places = int(pools.app_processes.value * pools.app_threads.value)
    threads = Station(THREADS, places, cores[application].hosts, beyond)
    if database == application:
        return (threads,)
    return threads, Station(CONNECTIONS, int(pools.pgbouncer_pool.value), 1, (cores[database].name,))
