"""The fingerprint: what a result says of the machine it was made on.

Nothing here is measured, only read. Facts that cannot be read are `None` or absent; "none" means
that it was looked for and is not there.
"""

from __future__ import annotations

import itertools
import os
import platform
import re
from collections.abc import Iterable

import psutil

from bench.model.records import Machine
from bench.probes import cgroup, cpu, hierarchy
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
PROCESS_LIMITS = {
    "RLIMIT_NPROC": "Max processes",
    "RLIMIT_AS": "Max address space",
    "RLIMIT_DATA": "Max data size",
    "RLIMIT_STACK": "Max stack size",
    "RLIMIT_NOFILE": "Max open files",
}
KERNEL_LIMITS = ("vm.max_map_count", "kernel.pid_max", "kernel.threads-max")


def fingerprint(system: System) -> Machine:
    """The machine as it is now. `load` is the last minute's, `steal` the fraction since boot."""
    return Machine(
        system=platform.system(),
        kernel=system.text("proc/sys/kernel/osrelease") or platform.release(),
        architecture=platform.machine(),
        cpu=cpu_model(system),
        cpus=usable_cpus(system),
        memory_bytes=_memory(system, "MemTotal"),
        swap_bytes=_memory(system, "SwapTotal"),
        virtualisation=virtualisation(system),
        container=container(system),
        cgroup=hierarchy.kind(system),
        transparent_huge_pages=huge_pages(system),
        overcommit=system.text("proc/sys/vm/overcommit_memory"),
        governor=governor(system),
        load=_load(system),
        steal=cpu.steal(cpu.MachineTime(0, 0), cpu.machine_time(system)),
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


def usable_cpus(system: System) -> int | None:
    """The processors this process may run on."""
    allowed = re.search(r"^Cpus_allowed_list:\s*(\S+)", system.text("proc/self/status") or "", re.M)
    if allowed is None:
        return os.cpu_count()
    ends = [part.split("-") for part in allowed[1].split(",")]
    return sum(int(part[-1]) - int(part[0]) + 1 for part in ends)


def _memory(system: System, name: str) -> int | None:
    if _linux(system):
        total = machine_bytes(system)[0] if name == "MemTotal" else None
        return total if total is not None else system.table("proc/meminfo").get(name)
    read = psutil.virtual_memory if name == "MemTotal" else psutil.swap_memory
    return int(read().total)


def _load(system: System) -> float | None:
    if _linux(system):
        return cpu.load(system)
    return float(psutil.getloadavg()[0])


def virtualisation(system: System) -> str | None:
    """The hypervisor's name; "unnamed" where the processor says that there is one and nothing else
    does; "none" on bare metal; `None` where the processor does not say."""
    for file, word, name in HYPERVISORS:
        if word.lower() in (system.text(file) or "").lower() and _may_be_virtual(system):
            return name
    flags = _cpuinfo(system, "flags")
    if flags is None:
        return None
    return "unnamed" if "hypervisor" in flags.split() else "none"


def _may_be_virtual(system: System) -> bool:
    """False where an x86 processor says it runs on bare metal: clouds rent out whole machines
    under the same maker's name. Other processors do not tell."""
    flags = _cpuinfo(system, "flags")
    return flags is None or "hypervisor" in flags.split()


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
    """What may stop a launch, as it stands for the harness, by each limit's own name; a limit that
    is not set is "unlimited", one that cannot be read is absent."""
    known = _process_limits(system) | _kernel_limits(system) | _cgroup_limits(system)
    return {name: value for name, value in known.items() if value is not None}


def _process_limits(system: System) -> dict[str, str | None]:
    """Soft limits, by `/proc/self/limits`."""
    text = system.text("proc/self/limits") or ""
    found = {
        name: re.search(rf"^{words} +(\S+)", text, re.M) for name, words in PROCESS_LIMITS.items()
    }
    return {name: _meant(row[1]) if row else None for name, row in found.items()}


def _kernel_limits(system: System) -> dict[str, str | None]:
    texts = {name: system.text(f"proc/sys/{name.replace('.', '/')}") for name in KERNEL_LIMITS}
    return {name: _meant(text) for name, text in texts.items()}


def _meant(value: str | None) -> str | None:
    """A limit's value; one that is larger than anything is none."""
    number = whole_number(value)
    return "unlimited" if number is not None and number >= cgroup.UNLIMITED else value


def _cgroup_limits(system: System) -> dict[str, str | None]:
    """The tightest limits of the own cgroups and those above them."""
    rows: dict[str, str | None] = {}
    for controller in ("memory", "pids"):
        own = cgroup.find(system, controller)
        if own is not None:
            name = cgroup.MEMORY_LIMIT[own.version] if controller == "memory" else "pids.max"
            rows[name] = _tightest(group.text(name) for group in own.lineage())
    return rows | _cpu_limit(system)


def _tightest(values: Iterable[str | None]) -> str | None:
    """The least of a limit's values; "unlimited" where none is set, `None` where none is known."""
    known = [value for value in values if value is not None]
    numbers = [number for number in map(whole_number, known) if number is not None]
    least = min(numbers, default=cgroup.UNLIMITED)
    return None if not known else "unlimited" if least >= cgroup.UNLIMITED else str(least)


def _cpu_limit(system: System) -> dict[str, str | None]:
    """How many processors' worth of time the cgroups allow, where they ration it."""
    own = cgroup.find(system, "cpu")
    shares = [share for share in map(_cpu_share, own.lineage() if own else ()) if share is not None]
    return {"cpu quota": f"{min(shares):g} CPUs"} if shares else {}


def _cpu_share(group: cgroup.Cgroup) -> float | None:
    words = (group.text("cpu.max") or "").split()
    if group.version == 1:
        words = [group.text(f"cpu.cfs_{name}_us") or "" for name in ("quota", "period")]
    quota, period = ([*map(whole_number, words), None, None])[:2]
    return quota / period if quota is not None and quota > 0 and period else None
