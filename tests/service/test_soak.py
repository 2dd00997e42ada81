"""Random changes from several sides at once; whoever only listens knows the kernel's state.

The service, `ip -batch` and two senders of raw netlink messages make changes at the same time, in
namespaces of which one comes and goes.  At the end of each round they all rest, and then what the
signals have told equals what ip(8) shows, property by property.  In some rounds the daemon is
stopped meanwhile, until its receive buffers have overrun.

NETNSD_TEST_STEPS makes a run longer, NETNSD_TEST_SEED chooses the random numbers (the order in
which the sides meet remains the kernel's).
"""

import os
import random
import signal
import time

import pytest

from support import compare, contract, kernel
from support.actors import PASSING, STEADY, Cast
from support.compare import AGEING, AGEING_TOLERANCE, assert_bus_equals_kernel
from support.mirror import Mirrors
from support.nsd import Manager, Namespace

STEPS = int(os.environ.get('NETNSD_TEST_STEPS', 3000))
SEEDS = [int(seed) for seed in os.environ.get('NETNSD_TEST_SEED', '1').split()]
SHARES = {'service': 2, 'ip': 4, 'raw': 7, 'raw too': 7}      # of the steps of a round
ROUND = 300             # steps, until all rest
OVERRUN_EVERY = 5       # rounds
STORM = 9000            # changes of a link: more than a receive buffer holds
LIMIT = 15              # seconds until a comparison must have come out


@pytest.fixture
def spaces(new_namespace):
    made = {name: new_namespace(name, quiet=name != 'three') for name in STEADY}
    for name, setting in (('two', 'ipv4.conf.all.promote_secondaries'),
                          ('three', 'ipv6.conf.all.keep_addr_on_down')):
        kernel.run('nsenter', f'--net=/run/netns/{name}', 'sysctl', '-q', '-w', f'net.{setting}=1')
    yield made
    if PASSING in kernel.netns_names():
        kernel.run('ip', 'netns', 'del', PASSING)


@pytest.fixture
def mirrors(client, spaces):
    listening = Mirrors(client)
    yield listening
    listening.close()


@pytest.fixture
def cast(spaces):
    actors = Cast(*(side.split()[0] for side in SHARES))
    yield actors
    actors.close()


def drops(name):
    """How many messages were lost by those who listen in the namespace: the daemon alone."""
    table = kernel.run('nsenter', f'--net=/run/netns/{name}', 'cat', '/proc/net/netlink')
    return sum(int(line.split()[8]) for line in table.splitlines()[1:])


def overrun(daemon, cast, seed, counts):
    """All but the service act while the daemon does not run, and more than it can be told."""
    before = {name: drops(name) for name in STEADY}
    daemon.process.kill(signal.SIGSTOP)
    try:
        cast.act(seed, [0, *counts[1:]])
        cast.act(seed, [0, 0, 0, STORM], do='storm')
    finally:
        daemon.process.kill(signal.SIGCONT)
    for name in STEADY:
        assert drops(name) > before[name], f'no overrun in {name}'


def names_differ(mirrors):
    """Lines where the names on the bus are not those of the machine."""
    shown = sorted(name for interfaces in mirrors.manager.known.values()
                   for name in interfaces.get(contract.NAMESPACE, {}).get('Names', []))
    return [] if shown == sorted(kernel.netns_names()) else [f'names on the bus: {shown}']


def of_listener(objects):
    """What a listener can know: all but what changes without a signal."""
    return {path: {interface: {key: value for key, value in properties.items()
                               if key not in contract.silent_properties(interface)}
                   for interface, properties in interfaces.items()}
            for path, interfaces in objects.items()}


def unlike(shown, wanted):
    """A line for each object and property in which the two answers differ."""
    lines = [f'{path}: only one has it: {shown.get(path) or wanted.get(path)}'
             for path in shown.keys() ^ wanted.keys()]
    for path in shown.keys() & wanted.keys():
        if shown[path].keys() != wanted[path].keys():
            lines.append(f'{path}: {sorted(shown[path])}, {sorted(wanted[path])}')
        for interface in shown[path].keys() & wanted[path].keys():
            one, other = shown[path][interface], wanted[path][interface]
            lines += [f'{path} {interface}.{key}: {one.get(key)!r}, {other.get(key)!r}'
                      for key in one.keys() | other.keys()
                      if not alike(key, one.get(key), other.get(key))]
    return lines


def alike(key, one, other):
    """Time goes on between the two: what ages may have done so."""
    if key in AGEING and None not in (one, other) and compare.expected.FOREVER not in (one, other):
        return abs(one - other) <= LIMIT + AGEING_TOLERANCE
    return one == other


def quiet_moment(client, mirrors):
    """Nobody acts: what was told equals the kernel, and then so does what is answered."""
    compare.wait_until_same(lambda: names_differ(mirrors), LIMIT)
    for path, names in Manager(client).list().items():
        name, space = (names or [''])[0], Namespace(client, path)
        if name not in (*STEADY, PASSING):
            continue
        mirror = mirrors[path]
        assert_bus_equals_kernel(space, name, mirror.objects, LIMIT)
        assert mirror.errors == []
        compare.wait_until_same(
            lambda: unlike(of_listener(mirror.objects()), of_listener(space.objects())), LIMIT)
    assert mirrors.manager.errors == []


@pytest.mark.timeout(120 + STEPS // 10)
@pytest.mark.parametrize('seed', SEEDS)
def test_soak(client, daemon, spaces, mirrors, cast, seed):
    """A lost or wrong update anywhere ends it."""
    chance = random.Random(seed)
    total = sum(SHARES.values())
    made = rounds = 0
    begin = time.monotonic()
    try:
        while made < STEPS:
            rounds += 1
            size = chance.choice([ROUND // 10, ROUND, ROUND, 2 * ROUND])
            counts = [max(1, size * share // total) for share in SHARES.values()]
            if rounds % OVERRUN_EVERY == 0:
                overrun(daemon, cast, seed + rounds, counts)
            else:
                cast.act(seed + rounds, counts)
            quiet_moment(client, mirrors)
            made += sum(counts)
            client.events.clear()
        after_a_restart(client, daemon, spaces)
    except BaseException:
        print(f'seed {seed}, round {rounds}, about {made} steps; the last steps were:')
        for (_number, side), history in cast.histories.items():
            print(f'  {side}:', *history, sep='\n    ')
        raise
    print(f'{made} steps in {rounds} rounds, {time.monotonic() - begin:.0f} s')


def after_a_restart(client, daemon, spaces):
    """A daemon that knows nothing of what was before shows what the kernel has."""
    daemon.restart()
    for name, space in spaces.items():
        assert_bus_equals_kernel(Namespace(client, space.path), name)
