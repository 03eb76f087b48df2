"""Secrets come from an environment variable or a file, never from settings, and no error shows one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from leadline.kernel.errors import Fault


def read_secret(variable: str, file: str, environment: Mapping[str, str], faults: list[Fault]) -> str:
    """Return a secret: the variable wins over the file. Without either, or where the file fails, a fault and "".

    Args:
        variable: the environment variable.
        file: the path of the file; the setting has the variable's name in small letters, ``_file`` behind it.
        environment: the variables there are.
        faults: takes what is wrong.
    """
    setting = variable.removeprefix("LEADLINE_").lower() + "_file"
    if environment.get(variable):
        return environment[variable].strip()
    if not file:
        faults.append(Fault(f"setting {setting}", f"a file with the secret, or {variable}", "neither"))
        return ""
    try:
        text = Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        faults.append(Fault(f"setting {setting}", "a readable text file", type(exc).__name__))
        return ""
    if not text:
        faults.append(Fault(f"setting {setting}", "a secret in the file", "an empty file"))
    return text
