"""Free ports on the loopback interface."""

from __future__ import annotations

import socket


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on the port now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as candidate:
        # As servers do: a port is not taken because a closed connection of it lingers.
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((host, port))
        except OSError:
            return False
    return True


def free_port(preferred: int = 0) -> int:
    """The preferred port where it is free, else one that the kernel picks."""
    if preferred and is_free(preferred):
        return preferred
    with socket.socket() as candidate:
        candidate.bind(("127.0.0.1", 0))
        port: int = candidate.getsockname()[1]
    return port


def next_free(port: int, host: str = "127.0.0.1") -> int:
    """The first free port above the one given; 0 leaves the choice to whoever reads it."""
    return next((candidate for candidate in range(port + 1, min(port + 100, 65536)) if is_free(candidate, host)), 0)
