"""Which targets a home uses, by its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from leadline.delivery.folder import FolderTarget
from leadline.delivery.target import Target
from leadline.kernel.errors import ConfigurationError, Fault
from leadline.kernel.settings import Home


def open_targets(home: Home) -> list[Target]:
    """Return the targets that the setting ``delivery_targets`` names, in its order.

    Raises:
        ConfigurationError: it names one that there is not, or one twice; all faults are listed.
    """
    names = [name.strip() for name in home.settings.delivery_targets.split(",") if name.strip()]
    faults = [
        Fault("setting delivery_targets", "each once, of " + ", ".join(_MAKERS), name)
        for place, name in enumerate(names)
        if name not in _MAKERS or name in names[:place]
    ]
    if faults:
        raise ConfigurationError(
            "The targets of deliveries have faults; nothing was delivered and nothing is lost.",
            faults=faults,
            next_step="correct leadline.toml or the environment (docs/delivery.md), then leadline queue deliver",
        )
    return [_MAKERS[name](home) for name in names]


def _folder(home: Home) -> Target:
    return FolderTarget(home.outbox)


_MAKERS: Mapping[str, Callable[[Home], Target]] = MappingProxyType({"folder": _folder})
