"""Where another interpreter finds its modules, told by looking at its folders: nothing is started.

The folders are those that CPython's own search comes to (`Modules/getpath.py`, `Lib/site.py`) when
it is started with `-I`, as runners are: the user's own site folder is not among them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SITES = ("site-packages", "dist-packages")


@dataclass(frozen=True)
class Sites:
    """An interpreter's library folders. `whole` says whether what is in none of them is not there:
    no for a script that starts an interpreter from elsewhere, and where a module may be found by
    the hook of an editable installation."""

    folders: tuple[Path, ...]
    whole: bool


def sites_of(python: str) -> Sites:
    """The folders of an interpreter, by its path. The environment that it stands in is looked for
    before its symlink is followed, as it does itself."""
    program = Path(shutil.which(python) or python).absolute()
    real = program.resolve()
    own, config = program.parent.parent, _config(program)
    bases = [Path(config["home"]).parent] if "home" in config else []
    prefixes = list(dict.fromkeys((own, *bases, real.parent.parent)))
    closed = bool(config) and config.get("include-system-site-packages", "").lower() != "true"
    roots = [*_roots(prefixes, real.name)]
    open_to = [*_roots([own], real.name)] if closed else roots
    sites = [root / name for root in open_to for name in SITES]
    standard = [place for root in roots for place in (root, root / "lib-dynload")]
    known = closed or (not _is_script(real) and any((f / "os.py").is_file() for f in roots))
    hooked = any(True for site in sites for _ in site.glob("*editable*.pth"))
    named = [place for site in sites for place in _named(site) if place.is_dir()]
    return Sites((*dict.fromkeys((*sites, *standard, *named)),), known and not hooked)


def environment_of(python: str) -> str:
    """An interpreter by its environment's folder and the program that runs in it: the same for two
    names of one, and never for two environments."""
    program = Path(shutil.which(python) or python).absolute()
    place = program.parent.parent.resolve() if _config(program) else ""
    return f"{program.resolve()} in {place}" if place else str(program.resolve())


def _config(program: Path) -> dict[str, str]:
    """What pyvenv.cfg says, beside the program or one folder above; empty where there is none."""
    for folder in (program.parent, program.parent.parent):
        with suppress(OSError):
            lines = (folder / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
            pairs = (line.partition("=") for line in lines.splitlines())
            return {key.strip().lower(): value.strip() for key, _, value in pairs}
    return {}


def _roots(prefixes: Iterable[Path], name: str) -> Iterator[Path]:
    """The library folders below prefixes, Debian's own (`local`, `python3`) too; of the version
    alone that the program is named after, if it is."""
    versions = (name, "python3") if re.fullmatch(r"python3\.\d+t?", name) else ("python3*",)
    for prefix in prefixes:
        for place in (prefix, prefix / "local"):
            for version in versions:
                yield from place.glob(f"lib*/{version}")


def _named(folder: Path) -> Iterator[Path]:
    """The folders that the `.pth` files of a site folder name."""
    for file in folder.glob("*.pth"):
        with suppress(OSError, ValueError):
            for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
                if line.strip() and not line.startswith(("#", "import ", "import\t")):
                    yield folder / line.strip()


def _is_script(program: Path) -> bool:
    try:
        with program.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return True
