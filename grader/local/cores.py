"""How many threads the engine should use."""

import os
from pathlib import Path

_CPUS = Path("/sys/devices/system/cpu")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def physical(cpus: Path = _CPUS, quota: Path = _QUOTA) -> int:
    """Physical cores that this process may use, at least 1.

    Two threads on one core slow the engine down. Linux tells which processors share a core
    (*cpus*) and how much of them a container may use (*quota*); elsewhere every processor counts.
    """
    return max(1, min(_unshared(cpus), _allowed(quota)))


def _unshared(cpus: Path) -> int:
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    files = [cpus / f"cpu{n}/topology/thread_siblings_list" for n in os.sched_getaffinity(0)]
    return len({file.read_text() if file.exists() else file for file in files})


def _allowed(quota: Path) -> int:
    try:
        limit, period = quota.read_text().split()
        return round(int(limit) / int(period))
    except (OSError, ValueError):  # no such limit here, or "max"
        return os.cpu_count() or 1
