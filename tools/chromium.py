"""Finds the Chromium of this machine and says how it is started without a screen.

Knows nothing of the page. The environment variable CHROMIUM names another program.
"""

from __future__ import annotations

import os
import shutil

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
NOT_FOUND = "No Chromium was found; install one or name it in the environment variable CHROMIUM."


def find_chromium() -> str:
    """The path of the program, or an empty text."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), "")
