# SPDX-License-Identifier: Apache-2.0
import pytest
from fake_consul import FakeConsul
from probe import Probe


@pytest.fixture
def start_probe(keeper):
    """start_probe("BACKEND SERVICE VERSION", ..., port=8500, ...) -> Probe"""
    return lambda *subs, **options: keeper.keep(Probe(keeper.folder, *subs, **options))


@pytest.fixture
def fake(keeper):
    return keeper.keep(FakeConsul())
