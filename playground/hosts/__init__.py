"""Where sessions live: in the server's process, in worker processes, or on a cluster. Knows no page.

A session is reached by functions on it, `host.ask(name, Session.step)`: a plain call where it lives here,
and a function sent by its name, with plain arguments, where it lives elsewhere.
"""

from playground.hosts.crew import Crew, Handle, Lost, NoWorker, Staff
from playground.hosts.host import Here, Host
from playground.hosts.worker import Load, Make, Place, Reply, UnknownSession, Worker

__all__ = [
    "Crew",
    "Handle",
    "Here",
    "Host",
    "Load",
    "Lost",
    "Make",
    "NoWorker",
    "Place",
    "Reply",
    "Staff",
    "UnknownSession",
    "Worker",
]
