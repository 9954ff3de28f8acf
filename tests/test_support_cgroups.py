"""Where a test's cgroup is made, and what happens where none can be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.probes.cgroup import Cgroup, find
from tests.support import cgroups
from tests.support.limits import RUNNER, made


def parent(root: Path, path: str, handed_on: str) -> tuple[Cgroup, Path]:
    """A v2 cgroup of a made-up machine that hands those controllers on, and the file for them."""
    system = made(root)
    own = find(system, "pids", RUNNER)
    assert own is not None
    control = system.path(f"{path}/cgroup.subtree_control")
    control.parent.mkdir(exist_ok=True)
    control.write_text(handed_on)
    if path != own.mount:
        (control.parent / "cgroup.events").touch()
    return replace(own, path=path), control


@pytest.mark.parametrize(("handed_on", "lets"), [("memory pids", True), ("memory", False)])
def test_a_cgroup_of_others_lets_children_have_what_it_hands_on_and_is_left_alone(
    tmp_path: Path, handed_on: str, lets: bool
) -> None:
    group, control = parent(tmp_path, "/sys/fs/cgroup/box", handed_on)
    assert cgroups.lets_children(group) is lets
    assert control.read_text() == handed_on


@pytest.mark.parametrize("path", ["/sys/fs/cgroup", "/sys/fs/cgroup/test-1-pids"])
def test_the_real_root_and_a_tests_own_are_asked_to_hand_a_controller_on(
    tmp_path: Path, path: str
) -> None:
    group, control = parent(tmp_path, path, "memory")
    cgroups.lets_children(group)
    assert control.read_text() == "+pids"


@pytest.mark.parametrize(
    ("needed", "outcome"), [("1", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
def test_where_none_can_be_made_a_test_is_skipped_or_fails_where_they_are_needed(
    monkeypatch: pytest.MonkeyPatch, needed: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("OUTNUMBER_NEEDS_CGROUPS", needed)
    monkeypatch.setattr(cgroups, "find", lambda *_: None)
    with pytest.raises(outcome, match="no hierarchy with pids here"), cgroups.made("pids"):
        pass
