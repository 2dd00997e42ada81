"""Hundreds of random changes from both sides; then the bus shows what the kernel has.

NETNSD_TEST_SEED repeats a run, NETNSD_TEST_STEPS makes it longer.
"""

import os
import random

import pytest

from support.changes import Changer
from support.compare import assert_bus_equals_kernel
from support.mirror import Mirror

STEPS = int(os.environ.get('NETNSD_TEST_STEPS', 400))
SEEDS = [int(seed) for seed in os.environ.get('NETNSD_TEST_SEED', '1 2 3').split()]
QUIET = 20      # compare after so many steps
NAMES = ('one', 'two', 'three')


@pytest.fixture
def changer(request, client, new_namespace):
    return Changer(random.Random(request.param), {name: new_namespace(name) for name in NAMES})


@pytest.mark.timeout(60 + STEPS)
@pytest.mark.parametrize('changer', SEEDS, indirect=True, ids=lambda seed: f'seed{seed}')
def test_random_changes(client, changer):
    """What it is asked and what it tells unasked both equal the kernel after each quiet moment."""
    mirrors = {name: Mirror(client, space.path) for name, space in changer.namespaces.items()}
    try:
        for number in range(STEPS):
            changer.step()
            if number % QUIET == QUIET - 1:
                compare(changer, mirrors)
        compare(changer, mirrors)
    except BaseException:
        print('the last steps were:', *changer.history[-QUIET:], sep='\n  ')
        raise
    finally:
        for mirror in mirrors.values():
            mirror.close()


def compare(changer, mirrors):
    for name, namespace in changer.namespaces.items():
        assert_bus_equals_kernel(namespace, name)
        assert_bus_equals_kernel(namespace, name, mirrors[name].objects)
        assert mirrors[name].errors == []
