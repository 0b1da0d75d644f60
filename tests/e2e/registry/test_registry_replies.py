# SPDX-License-Identifier: Apache-2.0
"""Replies of Consul's worst days, from a server that gives them on demand."""

import json

import pytest
import wait
from fake_consul import instance

LIVE = "live web 1.0.0"
FOUR = [f"127.0.0.1:{port}" for port in (8001, 8002, 8003, 8004)]


@pytest.fixture
def probe(fake, start_probe):
    probe = start_probe(LIVE, port=fake.port)
    probe.until_members(*FOUR)
    return probe


BROKEN = {
    "cut": b'[{"Node":{"Node":"n1"},"Serv',
    "no list": b'{"error":"what"}',
    "no JSON": b"<html>It works!</html>",
    "nothing": b"",
    "no identity": b'[{"Node":{},"Service":{}}]',
    "deep": b"[" * 100000,
    "a port that is a text": b'[{"Node":{"Node":"n"},"Service":{"ID":"a","Port":"80"}}]',
    "too many": b"[" + b",".join([b'{"Node":{"Node":"n"},"Service":{"ID":"a"}}'] * 20001) + b"]",
    "too large": b"[" + b" " * (64 << 20) + b"]",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
def test_a_reply_that_cannot_be_read_takes_nobody(fake, probe, body):
    fake.change(body=body, index=101)
    error = probe.until_state("down")
    assert "service web" in error and f"127.0.0.1:{fake.port}" in error
    fake.change(body=None, index=102, ports=[8001, 8002, 8003, 8004, 8005])
    probe.until_members(*FOUR, "127.0.0.1:8005", timeout=30)
    assert probe.state() == "ok"
    probe.never_lost(*FOUR)


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_a_status_that_is_no_200_takes_nobody(fake, probe, status):
    fake.change(status=status, body=b"the reason\n\x1b[2J", index=101)
    error = probe.until_state("down")
    assert str(status) in error and "the reason" in error and "\x1b" not in error
    fake.change(status=200, body=None, index=102)
    probe.until_state("ok", timeout=30)
    probe.until_members(*FOUR)
    probe.never_lost(*FOUR)


def test_a_reply_without_an_index_takes_nobody(fake, probe):
    fake.change(no_index=True, ports=[], index=101)
    assert "X-Consul-Index" in probe.until_state("down")
    probe.never_lost(*FOUR)


def test_after_an_error_the_query_begins_anew(fake, probe):
    before = len(fake.requests)
    fake.change(status=500, body=b"", index=101)
    probe.until_state("down")
    fake.change(status=200, body=None)
    probe.until_state("ok")
    asked = fake.asked("/v1/health/service/web")
    wait.until(lambda: "index" in fake.asked("/v1/health/service/web")[-1], "blocks again")
    later = [query for _, path, query in fake.requests[before:] if path.endswith("/web")]
    assert "index" not in later[0] and asked


def test_errors_are_followed_by_longer_and_longer_pauses(fake, probe):
    fake.change(status=500, body=b"", index=101)
    probe.until_state("down")
    begun = len(fake.requests)
    wait.until(lambda: len(fake.requests) >= begun + 5, "five more tries", 20)
    times = [at for at, _, _ in fake.requests[begun:]]
    gaps = [later - sooner for sooner, later in zip(times, times[1:])]
    assert gaps[-1] > gaps[0] and min(gaps) > 0.05


def test_one_of_four_goes_at_once(fake, probe):
    fake.change(ports=[8001, 8002, 8003], index=101)
    probe.until_members(*FOUR[:3])
    assert not any(one["held"] for pool in probe.pools() for one in pool)


def test_a_large_loss_waits_for_a_sound_catalog(fake, probe):
    fake.change(ports=[8001], index=101, nodes=[])
    wait.until(lambda: sum(m["held"] == "shrink" for m in probe.members().values()) == 3, "held")
    wait.until(lambda: fake.asked("/v1/catalog/nodes"), "the nodes are asked for")
    fake.change(nodes=[{"Node": "n1"}], index=102)
    probe.until_members(FOUR[0], timeout=4)


@pytest.mark.parametrize(
    "blind", [{"services": {}}, {"services": {"never-seen": []}}, {"filtered": True}]
)
def test_a_catalog_that_is_not_sound_keeps_them(fake, probe, blind):
    fake.change(ports=[], index=101, **blind)
    wait.until(lambda: len(fake.asked("/v1/catalog/nodes")) >= 1, "a confirming read")
    fake.change(index=102)
    wait.until(lambda: len(fake.asked("/v1/catalog/nodes")) >= 2, "another one", 20)
    probe.until_members(*FOUR, held="shrink")
    fake.change(index=103, services={"web": []}, filtered=False)
    probe.until_members(timeout=20)


def test_a_lower_index_is_read_again_consistently(fake, probe):
    """A server that replays its log: an old state for a moment."""
    fake.change(ports=[8001, 8002, 8003], index=60, consistent_index=110)
    asked = lambda: fake.asked("/v1/health/service/web")
    wait.until(lambda: any("consistent" in query for query in asked()), "asked")
    probe.until_members(*FOUR[:3])  # a small loss, confirmed by an index that is not lower


def test_a_lower_index_that_stays_low_takes_nobody(fake, probe):
    fake.change(ports=[8001, 8002, 8003], index=60)
    wait.until(lambda: probe.members()[FOUR[3]]["held"] == "disturbed", "held")
    probe.never_lost(*FOUR)
    fake.change(ports=[8001, 8002], index=61)  # from here on this is the index that counts
    wait.until(lambda: FOUR[2] not in probe.members(), "an ordinary loss again")
    assert probe.members()[FOUR[3]]["held"] == "disturbed"
    assert probe.ask("accept live", "accepted")["removed"] == 1


def test_another_server_behind_the_address_takes_nobody(fake, probe):
    fake.change(status=500, body=b"", index=101)
    probe.until_state("down")
    fake.change(node_id="22222222-bbbb", ports=[8001, 8002, 8003])
    fake.change(status=200, body=None, index=5000)
    wait.until(lambda: probe.members()[FOUR[3]]["held"] == "disturbed", "held", 30)
    probe.never_lost(*FOUR)


def test_a_small_loss_after_an_error_is_confirmed(fake, probe):
    fake.change(status=500, body=b"", index=101)
    probe.until_state("down")
    fake.change(status=200, body=None, index=102, ports=[8001, 8002, 8003])
    probe.until_members(*FOUR[:3], timeout=30)
    held = [one["held"] for pool in probe.pools() for one in pool if one["id"] == FOUR[3]]
    assert "unconfirmed" in held


def test_the_id_of_the_server_may_be_a_secret(fake, start_probe):
    fake.change(node_id=None)
    probe = start_probe(LIVE, port=fake.port)
    probe.until_members(*FOUR)
    fake.change(ports=[8001], index=101)
    probe.until_members(FOUR[0], timeout=20)


def test_a_query_that_answers_at_once_is_no_storm(fake, start_probe):
    """A proxy that knows nothing of blocking queries, or an index that always moves."""

    def hurry():
        fake.change(index=fake.index + 1)
        return len(fake.requests) > 320

    probe = start_probe(LIVE, port=fake.port)
    probe.until_members(*FOUR)
    wait.until(hurry, "many changes", 30, every=0.001)
    times = [at for at, path, _ in fake.requests if path.endswith("/web")]
    assert times[300] - times[150] > 1.4, "after a burst of 100 at most 100 a second"


def test_a_service_that_comes_back_is_there_at_once(fake, probe):
    """Its query was not cut short meanwhile, and what it knew still holds."""
    asked = len(fake.asked("/v1/health/service/web"))
    probe.order("unsub live")
    probe.ask("show live", "show")
    probe.ask("show live", "show")  # a turn of the loop later
    probe.order("sub again web 1.0.0")
    probe.until_members(*FOUR, backend="again", timeout=3)
    assert len(fake.asked("/v1/health/service/web")) == asked


def test_wait_grows_while_nothing_happens(fake, probe):
    def waits():
        return [query["wait"] for query in fake.asked("/v1/health/service/web") if "wait" in query]

    wait.until(lambda: waits() == ["5s", "10s"], "5 s, then 10 s", 15)


# a registry in a file


@pytest.fixture
def file(work):
    """file(ports...) writes the catalog in one step; file.path."""

    def write(*ports, services=None):
        candidate = work / "catalog.new"
        services = {"web": [instance(port) for port in ports]} if services is None else services
        candidate.write_text(services if isinstance(services, str) else json.dumps(services))
        candidate.rename(write.path)

    write.path = work / "catalog.json"
    return write


def test_a_file_is_followed(file, start_probe):
    file(8001, 8002, 8003, 8004)
    probe = start_probe(LIVE, serviceReg=f"file:{file.path}")
    probe.until_members(*FOUR)
    file(8001, 8002, 8003, 8005)
    probe.until_members(*FOUR[:3], "127.0.0.1:8005")
    both = {"web": [instance(8001), instance(8002)], "api": [instance(1)]}
    file.path.write_text(json.dumps(both))
    probe.until_members(*FOUR[:2])  # written in place
    names = [one["name"] for one in probe.ask("services", "services")["services"]]
    assert names == ["api", "web"]
    assert probe.ask("passing web 1.0.0", "passing")["count"] == 2
    file(services={"web": []})
    probe.until_members()  # the service is still named: this is meant


@pytest.mark.parametrize(
    "text", ['{"web": [', "[]", '{"web": {}}', '{"web":[{}]}', '{"web":[],"web":[]}', ""]
)
def test_a_broken_file_takes_nobody(file, start_probe, text):
    file(8001, 8002, 8003, 8004)
    probe = start_probe(LIVE, serviceReg=f"file:{file.path}")
    probe.until_members(*FOUR)
    file(services=text)
    assert str(file.path) in probe.until_state("down")
    file(8001, 8002, 8003)  # a small loss, confirmed by reading again
    probe.until_members(*FOUR[:3])
    assert probe.state() == "ok"


def test_a_file_without_the_services_takes_nobody(file, start_probe):
    file(8001, 8002, 8003, 8004)
    probe = start_probe(LIVE, serviceReg=f"file:{file.path}")
    probe.until_members(*FOUR)
    file(services={})
    probe.until_members(*FOUR, held="shrink")
    file.path.unlink()
    assert "catalog.json" in probe.until_state("down")
    probe.never_lost(*FOUR)
    file(8001, 8002, 8003, 8004)
    probe.until_members(*FOUR)


def test_a_file_that_comes_later(file, start_probe):
    probe = start_probe(LIVE, serviceReg=f"file:{file.path}")
    probe.until_state("down")
    file(8001)
    probe.until_members(FOUR[0])


def test_a_folder_that_does_not_exist(start_probe, work, keeper):
    probe = start_probe(LIVE, serviceReg=f"file:{work}/none/catalog.json")
    assert probe.popen.wait(10) == 2
    assert "none/catalog.json" in probe.log()
    probe.popen.returncode = 0  # meant
