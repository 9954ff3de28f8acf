"""The fingerprint of each recorded machine."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import pytest

from bench import machine as fingerprints
from bench.machine import fingerprint
from bench.model.records import Machine
from bench.system import System
from tests.recorded import changed, machine

KIB = 1024
HERE: dict[str, Any] = {
    "system": platform.system(),
    "architecture": platform.machine(),
    "python": f"{platform.python_implementation()} {platform.python_version()}",
    "libc": fingerprints.libc(System()),
}


@pytest.mark.parametrize(
    "expected",
    [
        pytest.param(
            Machine(
                **HERE,
                kernel="4.19.0-27-arm64",
                cpu="Some ARM Board rev 1",
                cpus=3,
                memory_bytes=8_167_848 * KIB,
                swap_bytes=1_048_572 * KIB,
                virtualisation=None,
                container="docker",
                cgroup="v1",
                transparent_huge_pages="never",
                overcommit="2",
                governor=None,
                load=0.0,
                steal=0.0,
                limits={
                    "RLIMIT_NPROC": "unlimited",
                    "RLIMIT_AS": "unlimited",
                    "RLIMIT_DATA": "unlimited",
                    "RLIMIT_STACK": "8388608",
                    "RLIMIT_NOFILE": "1048576",
                    "vm.max_map_count": "65530",
                    "kernel.pid_max": "32768",
                    "kernel.threads-max": "62538",
                    "memory.limit_in_bytes": "1073741824",
                    "pids.max": "2048",
                },
            ),
            id="v1",
        ),
        pytest.param(
            Machine(
                **HERE,
                kernel="6.8.0-45-generic",
                cpu="AMD Ryzen 7 5700G with Radeon Graphics",
                cpus=9,
                memory_bytes=16_309_296 * KIB,
                swap_bytes=2_097_148 * KIB,
                virtualisation="none",
                container="none",
                cgroup="v2",
                transparent_huge_pages="madvise",
                overcommit="0",
                governor="performance, powersave",
                load=0.52,
                steal=0.0,
                limits={
                    "RLIMIT_NPROC": "63704",
                    "RLIMIT_AS": "unlimited",
                    "RLIMIT_DATA": "unlimited",
                    "RLIMIT_STACK": "8388608",
                    "RLIMIT_NOFILE": "1024",
                    "vm.max_map_count": "1048576",
                    "kernel.pid_max": "4194304",
                    "kernel.threads-max": "127408",
                    "memory.max": "unlimited",
                    "pids.max": "42034",
                },
            ),
            id="v2",
        ),
        pytest.param(
            Machine(
                **HERE,
                kernel="5.15.0-1056-aws",
                cpu="Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz",
                cpus=4,
                memory_bytes=16_084_084 * KIB,
                swap_bytes=0,
                virtualisation="amazon",
                container="docker",
                cgroup="v2",
                transparent_huge_pages="always",
                overcommit="1",
                governor=None,
                load=1.25,
                steal=0.05,
                limits={
                    "RLIMIT_NPROC": "unlimited",
                    "RLIMIT_AS": "4294967296",
                    "RLIMIT_DATA": "unlimited",
                    "RLIMIT_STACK": "8388608",
                    "RLIMIT_NOFILE": "1048576",
                    "vm.max_map_count": "262144",
                    "kernel.pid_max": "4194304",
                    "kernel.threads-max": "125538",
                    "memory.max": "2147483648",
                    "pids.max": "4096",
                    "cpu quota": "1.5 CPUs",
                },
            ),
            id="v2-container",
        ),
        pytest.param(
            Machine(
                **HERE,
                kernel="4.4.0",
                cpu=None,
                cpus=1,
                memory_bytes=8_167_848 * KIB,
                swap_bytes=0,
                virtualisation=None,
                container="none",
                cgroup="none",
                transparent_huge_pages=None,
                overcommit=None,
                governor=None,
                load=None,
                steal=None,
                limits={
                    "RLIMIT_NPROC": "31000",
                    "RLIMIT_AS": "unlimited",
                    "RLIMIT_DATA": "unlimited",
                    "RLIMIT_STACK": "8388608",
                    "RLIMIT_NOFILE": "1024",
                },
            ),
            id="none",
        ),
    ],
)
def test_a_recorded_machine_has_its_fingerprint(
    expected: Machine, request: pytest.FixtureRequest
) -> None:
    assert fingerprint(machine(request.node.callspec.id)) == expected


def test_the_recorded_virtual_machine_names_no_maker() -> None:
    seen = fingerprint(machine("hybrid"))
    assert (seen.virtualisation, seen.container, seen.cgroup) == ("unnamed", "docker", "hybrid")
    assert seen.limits["memory.limit_in_bytes"] == "unlimited"
    assert "pids.max" not in seen.limits  # the real root has no such file
    assert "cpu quota" not in seen.limits
    assert seen.cpus == 2


def test_without_proc_the_fingerprint_still_has_what_psutil_knows(tmp_path: Path) -> None:
    seen = fingerprint(System(tmp_path))
    assert seen.kernel == platform.release()
    assert seen.memory_bytes is not None
    assert seen.memory_bytes > 0
    assert seen.load is not None
    assert (seen.container, seen.virtualisation, seen.cgroup) == (None, None, "none")
    assert seen.limits == {}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"sys/class/dmi/id/product_name": "Google Compute Engine"}, "google"),
        ({"sys/class/dmi/id/product_name": "VirtualBox"}, "virtualbox"),
        ({"sys/class/dmi/id/product_name": "VMware7,1"}, "vmware"),
        ({"sys/class/dmi/id/product_name": "KVM Virtual Machine"}, "kvm"),
        ({"sys/class/dmi/id/product_name": "Virtual Machine"}, "hyper-v"),
        ({"sys/class/dmi/id/sys_vendor": "QEMU"}, "qemu"),
        ({"sys/class/dmi/id/sys_vendor": "Xen"}, "xen"),
        ({"sys/hypervisor/type": "xen"}, "xen"),
        ({"proc/sys/kernel/osrelease": "5.15.90.1-microsoft-standard-WSL2"}, "wsl"),
        ({"sys/class/dmi/id/product_name": "Something new"}, "unnamed"),
    ],
)
def test_a_hypervisor_is_known_by_its_maker(
    files: dict[str, str], expected: str, tmp_path: Path
) -> None:
    guest = {"proc/cpuinfo": "flags : fpu hypervisor vme\n", "sys/class/dmi/id/sys_vendor": "?"}
    assert fingerprints.virtualisation(changed("v2", tmp_path, guest | files)) == expected


def test_a_clouds_whole_machine_is_not_virtual(tmp_path: Path) -> None:
    files = {"sys/class/dmi/id/sys_vendor": "Amazon EC2"}  # its processor names no hypervisor
    assert fingerprints.virtualisation(changed("v2", tmp_path, files)) == "none"


def test_an_arm_guest_is_known_by_its_maker_alone(tmp_path: Path) -> None:
    files = {"sys/class/dmi/id/sys_vendor": "Amazon EC2"}
    assert fingerprints.virtualisation(changed("v1", tmp_path, files)) == "amazon"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"run/systemd/container": "systemd-nspawn"}, "systemd-nspawn"),
        ({"proc/1/cgroup": "0::/kubepods.slice/pod1/cri-containerd-2.scope"}, "kubernetes"),
        ({"proc/1/cgroup": "4:memory:/docker/3f1c"}, "docker"),
        ({"proc/1/cgroup": "0::/machine.slice/libpod-3f1c.scope"}, "podman"),
        ({"proc/1/cgroup": "4:memory:/lxc/web"}, "lxc"),
        ({"var/run/secrets/kubernetes.io/x": ""}, "kubernetes"),
        ({".dockerenv": ""}, "docker"),
        ({"run/.containerenv": ""}, "podman"),
        ({}, "none"),
    ],
)
def test_a_container_is_known_by_what_its_engine_leaves(
    files: dict[str, str], expected: str, tmp_path: Path
) -> None:
    assert fingerprints.container(changed("v2", tmp_path, files)) == expected


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [
        ("processor : 0\nmodel name\t: A CPU @ 3: fast\n", "A CPU @ 3: fast"),
        ("processor : 0\nHardware : BCM\nModel : Raspberry Pi 5\n", "Raspberry Pi 5"),
        ("cpu\t\t: POWER9, altivec supported\n", "POWER9, altivec supported"),
        ("vendor_id : x\n", None),
    ],
)
def test_the_processor_is_named_where_the_kernel_names_it(
    cpuinfo: str, expected: str | None, tmp_path: Path
) -> None:
    assert fingerprints.cpu_model(changed("v2", tmp_path, {"proc/cpuinfo": cpuinfo})) == expected


def test_a_v1_share_of_the_processors_is_told(tmp_path: Path) -> None:
    files = {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000"}
    assert fingerprint(changed("v1", tmp_path, files)).limits["cpu quota"] == "0.5 CPUs"


def test_musl_is_known_by_its_loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    files = {"lib/ld-musl-x86_64.so.1": ""}
    assert fingerprints.libc(changed("v2", tmp_path, files)) == "musl"
    assert fingerprints.libc(machine("v1")) is None
