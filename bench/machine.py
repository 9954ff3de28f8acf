"""The fingerprint: what a result says of the machine it was made on.

Nothing here is measured, only read. Facts that cannot be read are `None` or absent; "none" means
that it was looked for and is not there.
"""

from __future__ import annotations

import itertools
import os
import platform
import re

import psutil

from bench.model.records import Machine
from bench.probes import cgroup, cpu, hierarchy, processes
from bench.probes.memory import machine_bytes
from bench.system import System, whole_number

# A file that names the machine's maker, a word in it, and the hypervisor that says so.
HYPERVISORS = (
    ("sys/class/dmi/id/product_name", "Google Compute Engine", "google"),
    ("sys/class/dmi/id/product_name", "Apple Virtualization", "apple"),
    ("sys/class/dmi/id/product_name", "VirtualBox", "virtualbox"),
    ("sys/class/dmi/id/product_name", "VMware", "vmware"),
    ("sys/class/dmi/id/product_name", "KVM", "kvm"),
    ("sys/class/dmi/id/product_name", "OpenStack", "openstack"),
    ("sys/class/dmi/id/product_name", "Virtual Machine", "hyper-v"),
    ("sys/class/dmi/id/sys_vendor", "QEMU", "qemu"),
    ("sys/class/dmi/id/sys_vendor", "Amazon EC2", "amazon"),
    ("sys/class/dmi/id/sys_vendor", "DigitalOcean", "digitalocean"),
    ("sys/class/dmi/id/sys_vendor", "Parallels", "parallels"),
    ("sys/class/dmi/id/sys_vendor", "Xen", "xen"),
    ("sys/class/dmi/id/bios_vendor", "BHYVE", "bhyve"),
    ("sys/hypervisor/type", "xen", "xen"),
    ("proc/sys/kernel/osrelease", "microsoft", "wsl"),
)
# A word in the path of process 1's cgroup, and whose containers are named so.
ENGINES = (
    ("kubepods", "kubernetes"),
    ("docker", "docker"),
    ("libpod", "podman"),
    ("crio", "cri-o"),
    ("containerd", "containerd"),
    ("lxc", "lxc"),
)
# A file that an engine leaves in the container's own tree, the most telling first.
MARKS = (
    ("var/run/secrets/kubernetes.io", "kubernetes"),
    (".dockerenv", "docker"),
    ("run/.containerenv", "podman"),
)
KERNEL_LIMITS = ("vm.max_map_count", "kernel.pid_max", "kernel.threads-max")


def fingerprint(system: System) -> Machine:
    """The machine as it is now. `load` is the last minute's, `steal` the fraction since boot."""
    return Machine(
        system=platform.system(),
        kernel=system.text("proc/sys/kernel/osrelease") or platform.release(),
        architecture=platform.machine(),
        cpu=cpu_model(system),
        cpus=len(cpu.allowed_processors(system)) or os.cpu_count(),  # that this process may use
        memory_bytes=_memory(system, "MemTotal"),
        swap_bytes=_memory(system, "SwapTotal"),
        virtualisation=virtualisation(system),
        container=container(system),
        cgroup=hierarchy.kind(system),
        transparent_huge_pages=huge_pages(system),
        overcommit=system.text("proc/sys/vm/overcommit_memory"),
        governor=governor(system),
        load=cpu.load(system) if _linux(system) else float(psutil.getloadavg()[0]),
        steal=cpu.steal(system),
        libc=libc(system),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        limits=limits(system),
    )


def _linux(system: System) -> bool:
    """Whether the files of `system` are a Linux's: elsewhere psutil is asked."""
    return any(system.text(f"proc/{name}") is not None for name in ("meminfo", "self/status"))


def _cpuinfo(system: System, *names: str) -> str | None:
    """The first value in `/proc/cpuinfo` under one of `names`."""
    for line in (system.text("proc/cpuinfo") or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in names:
            return value.strip()
    return None


def cpu_model(system: System) -> str | None:
    """The processor's name. ARM's `/proc/cpuinfo` has none; a device tree may name the board."""
    board = (system.text("proc/device-tree/model") or "").rstrip("\0")
    known = _cpuinfo(system, "model name", "Model", "cpu model", "cpu") or board
    return known or (None if _linux(system) else platform.processor() or None)


def _memory(system: System, name: str) -> int | None:
    if _linux(system):
        total = machine_bytes(system)[0] if name == "MemTotal" else None
        return total if total is not None else system.table("proc/meminfo").get(name)
    read = psutil.virtual_memory if name == "MemTotal" else psutil.swap_memory
    return int(read().total)


def virtualisation(system: System) -> str | None:
    """The hypervisor's name; "unnamed" where the processor says that there is one and nothing else
    does; "none" on bare metal; `None` where the processor does not say. Clouds rent out whole
    machines under the same maker's name: an x86 processor says that it runs on bare metal."""
    flags = _cpuinfo(system, "flags")
    virtual = flags is None or "hypervisor" in flags.split()
    for file, word, name in HYPERVISORS if virtual else ():
        if word.lower() in (system.text(file) or "").lower():
            return name
    return None if flags is None else "unnamed" if virtual else "none"


def container(system: System) -> str | None:
    """The container engine; "none" where no sign of one is found."""
    if not _linux(system):
        return None
    first = " ".join(member.path for member in hierarchy.memberships(system, 1))
    marks = (name for file, name in MARKS if system.path(file).exists())
    named = (name for word, name in ENGINES if word in first)
    return system.text("run/systemd/container") or next(itertools.chain(named, marks), "none")


def huge_pages(system: System) -> str | None:
    """Whether transparent huge pages are `always`, `madvise` or `never` in use."""
    setting = system.text("sys/kernel/mm/transparent_hugepage/enabled") or ""
    chosen = re.search(r"\[(\w+)\]", setting)
    return chosen[1] if chosen else None


def governor(system: System) -> str | None:
    """The frequency governors of all processors, each once."""
    files = system.path("sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor")
    named = {system.text(str(file.relative_to(system.root))) for file in files}
    return ", ".join(sorted(name for name in named if name)) or None


def libc(system: System) -> str | None:
    """The C library of the Python that runs the harness; glibc with its version."""
    name, version = platform.libc_ver()
    if name:
        return f"{name} {version}".strip()
    return "musl" if any(system.path("lib").glob("ld-musl-*")) else None


def limits(system: System) -> dict[str, str]:
    """What may stop a launch, as it stands for the harness, by each limit's own name: the tightest
    of the cgroups above it. A limit that is not set is "unlimited", one that cannot be read is
    absent. `cpu quota` is how many processors' worth of time the cgroups allow, where they ration
    it."""
    found = {name: [processes.soft_limit(system, "self", name)] for name in processes.RLIMITS}
    for name in KERNEL_LIMITS:
        found[name] = [system.text(f"proc/sys/{name.replace('.', '/')}")]
    for controller in ("memory", "pids"):
        own = cgroup.find(system, controller)
        if own is not None:
            name = cgroup.MEMORY_LIMIT[own.version] if controller == "memory" else "pids.max"
            found[name] = [group.text(name) for group in own.lineage()]
    own = cgroup.find(system, "cpu")
    quotas = [each for group in (own.lineage() if own else ()) if (each := _quota(group))]
    known = {name: _tightest(values) for name, values in found.items()}
    known["cpu quota"] = f"{min(quotas):g} CPUs" if quotas else None
    return {name: value for name, value in known.items() if value is not None}


def _tightest(values: list[str | None]) -> str | None:
    """The least of a limit's values; `None` where none is known."""
    known = [value for value in values if value is not None]
    numbers = [number for number in map(whole_number, known) if number is not None]
    least = min(numbers, default=cgroup.UNLIMITED)
    if least < cgroup.UNLIMITED:
        return str(least)
    return "unlimited" if numbers or "max" in known else next(iter(known), None)


def _quota(group: cgroup.Cgroup) -> float | None:
    words = (group.text("cpu.max") or "").split()
    if group.version == 1:
        words = [group.text(f"cpu.cfs_{name}_us") or "" for name in ("quota", "period")]
    quota, period = ([*map(whole_number, words), None, None])[:2]
    return quota / period if quota is not None and quota > 0 and period else None
