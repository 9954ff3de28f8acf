"""Which commit a run is of: as CI says, else as git says of the current folder."""

from __future__ import annotations

import os
import re
import subprocess

from bench.errors import UsageError
from bench.model.decoding import printable

# Where CI says it: GitHub and Forgejo, GitLab, Jenkins, CircleCI, Buildkite, Bitbucket, Azure,
# Travis, Drone and Woodpecker.
VARIABLES = (
    "GITHUB_SHA",
    "CI_COMMIT_SHA",
    "GIT_COMMIT",
    "CIRCLE_SHA1",
    "BUILDKITE_COMMIT",
    "BITBUCKET_COMMIT",
    "BUILD_SOURCEVERSION",
    "TRAVIS_COMMIT",
    "DRONE_COMMIT_SHA",
)
PATIENCE_SECONDS = 10
LONGEST = 200


def checked(text: str) -> str:
    """A commit as it was typed: a SHA, or whatever one word names it. Raises `UsageError` for what
    can be neither."""
    if len(text) > LONGEST or not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._/+-]*", text):
        raise UsageError(
            f"--commit: '{printable(text)}' names no commit; give up to {LONGEST} letters, such as "
            "its SHA (git rev-parse HEAD prints it) or a tag"
        )
    return text


def current_commit() -> str | None:
    """The commit, or `None` where nothing tells."""
    said = next((value for name in VARIABLES if (value := os.environ.get(name, "").strip())), None)
    return said[:LONGEST] if said else _of_git()


def _of_git() -> str | None:
    command = ("git", "rev-parse", "--verify", "--quiet", "HEAD")
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
