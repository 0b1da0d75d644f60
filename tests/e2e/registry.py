# SPDX-License-Identifier: Apache-2.0
"""A registry in a file, as `--serviceReg file:PATH` reads it: Consul's `/v1/health/service` arrays,
keyed by service. It takes the calls of `Consul` that tests of other things need."""

import json
import os
from pathlib import Path

CHECK_STATES = {"pass": "passing", "warn": "warning", "fail": "critical"}
MAINTENANCE_CHECK = "_service_maintenance:{id}"


class FileRegistry:
    def __init__(self, folder, name="registry"):
        self.path = Path(folder) / f"{name}.json"
        self.services: dict[str, dict[str, dict]] = {}
        self._write()

    @property
    def options(self) -> dict[str, str]:
        return {"serviceReg": f"file:{self.path}"}

    def _write(self) -> None:
        """In one step, as somebody who knows that the file is watched would do it."""
        text = {name: list(found.values()) for name, found in self.services.items()}
        candidate = self.path.with_suffix(".new")
        candidate.write_text(json.dumps(text))
        os.replace(candidate, self.path)

    def register(
        self, name, port, id=None, address="127.0.0.1", version=None, tags=(), meta=None,
        weights=None, status="passing",
    ) -> str:
        id = id or f"{name}-{port}"
        meta = dict(meta or {})
        if version is not None:
            meta.setdefault("version", version)
        passing, warning = weights or (1, 1)
        check = {"Node": "file", "CheckID": f"{id}-ttl", "Status": status, "ServiceID": id}
        self.services.setdefault(name, {})[id] = {
            "Node": {"Node": "file", "Address": "127.0.0.1"},
            "Service": {
                "ID": id, "Service": name, "Address": address, "Port": port, "Tags": list(tags),
                "Meta": meta, "Weights": {"Passing": passing, "Warning": warning},
            },
            "Checks": [check],
        }
        self._write()
        return id

    def _of(self, id) -> tuple[dict, dict]:
        """The service's instances, and this one of them."""
        found = next(all for all in self.services.values() if id in all)
        return found, found[id]

    def deregister(self, id) -> None:
        del self._of(id)[0][id]
        self._write()

    def set_check(self, id, verb) -> None:
        self._of(id)[1]["Checks"][0]["Status"] = CHECK_STATES[verb]
        self._write()

    def maintenance(self, id, on=True) -> None:
        checks = self._of(id)[1]["Checks"]
        check = {"CheckID": MAINTENANCE_CHECK.format(id=id), "Status": "critical", "ServiceID": id}
        checks[1:] = [check] if on else []
        self._write()
