"""Installing what no Python package carries, where that is possible: on Debian, as root."""

import os
import shutil
import subprocess
import sys


def can_install() -> bool:
    """Tell whether this machine takes packages from us."""
    return os.getuid() == 0 and shutil.which("apt-get") is not None


def install(*packages: str) -> None:
    """Install packages; the caller looks afterwards whether it got what it wanted."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (("update", "-q"), ("install", "-q", "-y", "--no-install-recommends", *packages)):
        subprocess.run(["apt-get", *arguments], check=False, env=environment, stdout=sys.stderr)
