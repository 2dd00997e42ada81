"""Hundreds of random changes from both sides; then the bus shows what the kernel has.

NETNSD_TEST_SEED repeats a run, NETNSD_TEST_STEPS makes it longer.
"""

import os
import random

import pytest

from support.changes import Changer
from support.compare import assert_bus_equals_kernel
from support.mirror import Mirror

STEPS = int(os.environ.get('NETNSD_TEST_STEPS', 240))
SEEDS = [int(seed) for seed in os.environ.get('NETNSD_TEST_SEED', '1 2 3').split()]
QUIET = 20      # compare after so many steps
NAMES = ('one', 'two', 'three')


@pytest.fixture
def namespaces(new_namespace):
    return {name: new_namespace(name) for name in NAMES}


@pytest.fixture
def mirrors(client, namespaces):
    """A listener of each namespace, which has asked once."""
    listening = {name: Mirror(client, space.path) for name, space in namespaces.items()}
    yield listening
    for mirror in listening.values():
        mirror.close()


def run(changer, compare, steps=STEPS):
    """Random steps with a comparison now and then; a failure shows what led to it."""
    try:
        for number in range(steps):
            changer.step()
            if number % QUIET == QUIET - 1:
                compare()
        compare()
    except BaseException:
        print('the last steps were:', *changer.history[-QUIET:], sep='\n  ')
        raise


@pytest.mark.timeout(60 + STEPS)
@pytest.mark.parametrize('seed', SEEDS)
def test_random_changes(namespaces, mirrors, seed):
    """What it is asked and what it tells unasked both equal the kernel after each quiet moment."""
    def compare():
        for name, namespace in namespaces.items():
            assert_bus_equals_kernel(namespace, name)
            assert_bus_equals_kernel(namespace, name, mirrors[name].objects)
            assert mirrors[name].errors == []

    run(Changer(random.Random(seed), namespaces), compare)


@pytest.mark.timeout(60 + STEPS)
@pytest.mark.parametrize('seed', SEEDS)
def test_random_changes_for_a_listener(namespaces, mirrors, seed):
    """Nobody asks anything, ip alone makes the changes: whoever only listens knows them all.

    A question would make the daemon look again; here it must find out by itself, also about
    the links that are down, whose changes the kernel hardly tells.
    """
    def compare():
        for name, namespace in namespaces.items():
            assert_bus_equals_kernel(namespace, name, mirrors[name].objects)
            assert mirrors[name].errors == []

    run(Changer(random.Random(seed), namespaces, sides=['ip']), compare, STEPS // 4)


@pytest.mark.timeout(60 + STEPS)
def test_random_changes_in_natural_namespaces(client, new_namespace):
    """With the IPv6 addresses that the kernel makes, and their duplicate address detection."""
    namespaces = {name: new_namespace(name, quiet=False) for name in NAMES}
    run(Changer(random.Random(SEEDS[0]), namespaces), lambda: [
        assert_bus_equals_kernel(namespace, name) for name, namespace in namespaces.items()],
        STEPS // 8)
