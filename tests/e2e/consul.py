# SPDX-License-Identifier: Apache-2.0
"""A real Consul 1.8.7: a dev agent (pretty JSON, in memory) or a single server with data on disk."""

import json
import shutil
import uuid
from pathlib import Path

import parts
import ports
import proc
import wait
from rest import Reply, Rest

TXN_OPERATIONS = 64  # Consul's limit for one transaction


class Consul:
    def __init__(self, folder, dev=True, acl=False, name="consul"):
        """`dev=False`: data survives `kill` and `restart`. `acl=True`: default deny; this class speaks
        with the management token, `Rest` of others without."""
        self.folder, self.dev, self.name = Path(folder), dev, name
        self.port, server, lan, wan = (ports.free() for _ in range(4))
        self.management_token = str(uuid.uuid4()) if acl else None
        self.data = self.folder / f"{name}.data"
        self.config_path = self.folder / f"{name}.json"
        self.config = {
            "bind_addr": "127.0.0.1",
            "client_addr": "127.0.0.1",
            "node_name": name,
            "disable_update_check": True,
            "ports": {"http": self.port, "server": server, "serf_lan": lan, "serf_wan": wan}
            | {"dns": -1, "grpc": -1},
            "performance": {"raft_multiplier": 1},
        }
        if not dev:
            self.config |= {"server": True, "bootstrap_expect": 1, "data_dir": str(self.data)}
        if acl:
            tokens = {"master": self.management_token, "agent": self.management_token}
            self.config["acl"] = {"enabled": True, "default_policy": "deny", "tokens": tokens}
        self.rest = Rest("127.0.0.1", self.port, headers=self._token(self.management_token))
        self.child = None

    @staticmethod
    def _token(secret) -> dict[str, str]:
        return {"X-Consul-Token": secret} if secret else {}

    @property
    def options(self) -> dict[str, int]:
        """The agent's, by which it finds this registry."""
        return {"serviceRegPort": self.port}

    # the process

    def start(self, wait_ready=True) -> "Consul":
        """Returns when there is a leader and the node is in its own catalog."""
        self.config_path.write_text(json.dumps(self.config))
        words = ["-dev"] if self.dev else []
        self.child = proc.Child(
            self.name,
            [parts.consul(), "agent", *words, "-config-file", self.config_path],
            self.folder,
        )
        if wait_ready:
            wait.until(self.ready, "Consul has a leader", timeout=60)
        return self

    def ready(self) -> bool:
        self.child.must_live()
        reply = self.rest.get("/v1/catalog/nodes?consistent")
        return reply.status == 200 and any(node["Node"] == self.name for node in reply.body)

    def kill(self) -> None:
        """kill -9"""
        self.child.kill()

    def stop(self) -> None:
        if self.child:
            self.child.stop()

    def restart(self, wait_ready=True, wipe=False) -> None:
        """Again on the same ports, with the data it had; `wipe` takes the data away first."""
        self.stop()
        if wipe and self.data.exists():
            shutil.rmtree(self.data)
        self.start(wait_ready)

    # services of the agent

    def _put(self, path, body=None, **params):
        reply = self.rest.put(path, body, **params)
        assert reply.status == 200, f"PUT {path}: {reply.status} {reply.body}"
        return reply.body

    def register(
        self, name, port, id=None, address="127.0.0.1", version=None, tags=(), meta=None,
        weights=None, status="passing", check=None,
    ) -> str:
        """A service of the agent with a TTL check `ID-ttl` in `status`, or with `check` as given.
        Returns its ID. `version` goes into Meta."""
        id = id or f"{name}-{port}"
        meta = dict(meta or {})
        if version is not None:
            meta.setdefault("version", version)
        body = {
            "Name": name, "ID": id, "Address": address, "Port": port, "Tags": list(tags), "Meta": meta,
            "Check": check or {"CheckID": f"{id}-ttl", "TTL": "24h", "Status": status},
        }
        if weights:
            body["Weights"] = {"Passing": weights[0], "Warning": weights[1]}
        self._put("/v1/agent/service/register", body)
        return id

    def deregister(self, id) -> None:
        self._put(f"/v1/agent/service/deregister/{id}")

    def set_check(self, id, verb, note="") -> None:
        """`verb`: pass, warn, fail; of the TTL check that `register` made."""
        self._put(f"/v1/agent/check/{verb}/{id}-ttl", note=note)

    def maintenance(self, id, on=True) -> None:
        self._put(f"/v1/agent/service/maintenance/{id}", enable=str(on).lower(), reason="test")

    def node_maintenance(self, on=True) -> None:
        self._put("/v1/agent/maintenance", enable=str(on).lower(), reason="test")

    # services of other nodes, by the catalog

    def catalog_register(
        self, name, node, port, address="127.0.0.1", id=None, version=None, tags=(), meta=None,
        status="passing",
    ) -> None:
        service, check = _catalog_entry(name, node, port, address, id, version, tags, meta, status)
        body = {"Node": node, "Address": address, "Service": service, "Check": check}
        self._put("/v1/catalog/register", body)

    def catalog_deregister(self, node, id=None) -> None:
        self._put("/v1/catalog/deregister", {"Node": node} | ({"ServiceID": id} if id else {}))

    def txn(self, operations) -> None:
        """Any number of operations, in transactions of Consul's size."""
        for first in range(0, len(operations), TXN_OPERATIONS):
            self._put("/v1/txn", operations[first : first + TXN_OPERATIONS])

    def bulk_register(self, name, instances) -> None:
        """Many at once: `instances` are dicts with node, port, and what `catalog_register` takes.
        One instance is never torn between two transactions."""
        operations = []
        room = TXN_OPERATIONS // 3 * 3
        for one in instances:
            entry = {"address": "127.0.0.1", "id": None, "version": None, "tags": (), "meta": None}
            entry |= {"status": "passing"} | one
            service, check = _catalog_entry(name, **entry)
            node = {"Node": entry["node"], "Address": entry["address"]}
            operations += [
                {"Node": {"Verb": "set", "Node": node}},
                {"Service": {"Verb": "set", "Node": entry["node"], "Service": service}},
                {"Check": {"Verb": "set", "Check": check}},
            ]
            if len(operations) == room:
                self.txn(operations)
                operations = []
        self.txn(operations)

    def bulk_deregister(self, nodes) -> None:
        self.txn([{"Node": {"Verb": "delete", "Node": {"Node": node}}} for node in nodes])

    # reading

    def health(self, name, token=None, **params) -> Reply:
        return self.rest.get(f"/v1/health/service/{name}", self._token(token), **params)

    def instances(self, name) -> list[dict]:
        reply = self.health(name, consistent="")
        assert reply.status == 200, reply
        return reply.body

    # rights

    def set_policy(self, name, rules) -> None:
        """Creates the policy, or gives the one of this name other rules."""
        listed = self.rest.get("/v1/acl/policies").body
        known = next((one["ID"] for one in listed if one["Name"] == name), None)
        path = f"/v1/acl/policy/{known}" if known else "/v1/acl/policy"
        self._put(path, {"Name": name, "Rules": rules})

    def create_token(self, *policies) -> tuple[str, str]:
        """(secret, accessor): the secret is what clients send, the accessor what `delete_token` takes."""
        links = [{"Name": name} for name in policies]
        made = self._put("/v1/acl/token", {"Description": "test", "Policies": links})
        return made["SecretID"], made["AccessorID"]

    def delete_token(self, accessor) -> None:
        reply = self.rest.delete(f"/v1/acl/token/{accessor}")
        assert reply.status == 200, reply


READ_ALL = 'service_prefix "" { policy = "read" }\nnode_prefix "" { policy = "read" }\n'


def _catalog_entry(name, node, port, address, id, version, tags, meta, status):
    id = id or f"{name}-{node}-{port}"
    meta = dict(meta or {})
    if version is not None:
        meta.setdefault("version", version)
    service = {
        "ID": id, "Service": name, "Address": address, "Port": port, "Tags": list(tags), "Meta": meta,
    }
    check = {
        "Node": node, "CheckID": f"{id}-check", "Name": "external", "Status": status,
        "ServiceID": id, "ServiceName": name,
    }
    return service, check
