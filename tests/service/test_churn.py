"""Many links between namespaces: what they cost, whom they delay, and that all ends as the kernel
has it.

What is compared is the processor time of the daemon for two amounts of work, not the time that
passes: on a busy machine all takes longer, and both take as much.
"""

import contextlib
import time

import pytest

from support import contract, kernel
from support.compare import assert_bus_equals_kernel

PAIRS = 150
CHURN = 100             # pairs that come and go
SEVERAL = 40            # more than are looked at at once


def work(daemon):
    """Seconds of processor time that the daemon has used; CPUCLOCK_SCHED of linux/posix-timers.h"""
    return time.clock_gettime((~daemon.pid << 3) | 2)


@contextlib.contextmanager
def measured(daemon, *namespaces):
    """A list that has the work at the end, when all has been told of."""
    used = []
    for namespace in namespaces:
        namespace.link('lo')
    before = work(daemon)
    yield used
    for namespace in namespaces:
        namespace.link('lo')
    used.append(work(daemon) - before)


def pairs(count, name='h', where=''):
    return [f'link add {name}{number} type veth peer name {name}x{number} {where}'
            for number in range(count)]


def test_pairs_between_namespaces_cost_little_more(daemon, blue, red, new_namespace):
    """Than those within one."""
    green = new_namespace('green')
    with measured(daemon, green) as within:
        kernel.batch(pairs(PAIRS), 'green')
    with measured(daemon, blue, red) as between:
        kernel.batch(pairs(PAIRS, where='netns red'), 'blue')
    assert between[0] < 10 * within[0] + 1
    for namespace, name in ((blue, 'blue'), (red, 'red')):
        assert_bus_equals_kernel(namespace, name)


def come_and_go(pid):
    return ['link add e0 type veth peer name e1 netns %d' % pid, 'link del e0'] * CHURN


@pytest.mark.parametrize('named', [True, False], ids=['named', 'nameless'])
def test_bystander_does_not_work(daemon, blue, red, new_namespace, named):
    """A namespace with links whose other ends are elsewhere, while links come and go in a third."""
    green = new_namespace('green')
    with kernel.nameless_namespace() as pid:
        with measured(daemon, green) as alone:
            kernel.batch(come_and_go(pid), 'green')
        where = 'red' if named else pid
        # Up, as the daemon looks at links that are down from time to time.
        kernel.batch(pairs(PAIRS, where=f'netns {where}') +
                     [f'link set h{number} up' for number in range(PAIRS)], 'blue')
        begin = time.monotonic()
        with measured(daemon, blue, red, green) as beside:
            kernel.batch(come_and_go(pid), 'green')
        # So it does at those whose other end is where no event tells of it.
        looking = 0 if named else (time.monotonic() - begin) / 4
        assert beside[0] < 10 * alone[0] + looking + 1
        assert_bus_equals_kernel(blue, 'blue')


# ---- what is true in the end ----

# The first ends are up, so that the daemon looks at them for no other reason.
UP = [f'link set h{number} up' for number in range(SEVERAL)]


def peers(namespace):
    """{path: Peer} of the pairs."""
    links = {path: properties.get(contract.LINK, {})
             for path, properties in namespace.objects().items()}
    return {path: link['Peer'] for path, link in links.items() if link.get('Kind') == 'veth'}


def pairs_agree(*namespaces):
    """Each end of a pair says where the other is, and all are there."""
    found = {}
    for namespace in namespaces:
        found |= peers(namespace)
    return all(found.get(peer) == path for path, peer in found.items())


def assert_all_true(client, spaces):
    client.settle(lambda: pairs_agree(*spaces.values()), 'the ends of pairs')
    for name, namespace in spaces.items():
        assert_bus_equals_kernel(namespace, name)


def inside(pid, *words, **options):
    """ip(8) in the namespace of a process."""
    return kernel.run('nsenter', f'--net=/proc/{pid}/ns/net', 'ip', *words, **options)


def test_many_move(client, blue, red, new_namespace):
    """By ip, from one namespace to another, and then home to their other ends."""
    spaces = {'blue': blue, 'red': red, 'green': new_namespace('green')}
    kernel.batch(pairs(SEVERAL, where='netns red') + UP, 'blue')
    assert_all_true(client, spaces)
    for source, target in (('red', 'green'), ('green', 'blue')):
        kernel.batch([f'link set hx{number} netns {target}' for number in range(SEVERAL)], source)
        assert_all_true(client, spaces)
    assert blue.link('h7').get('Peer') == blue.link('hx7').path


def test_many_come_to_the_bus(client, blue, red):
    """From a namespace without a name, of whose links nobody hears."""
    with kernel.nameless_namespace() as pid, kernel.process_in_namespace('red') as target:
        kernel.batch(pairs(SEVERAL, where=f'netns {pid}') + UP, 'blue')
        assert list(peers(blue).values()) == ['/'] * SEVERAL
        lines = [f'link set hx{number} netns {target}\n' for number in range(SEVERAL)]
        inside(pid, '-batch', '-', input=''.join(lines))
        assert_all_true(client, {'blue': blue, 'red': red})


def test_lower_device_comes_to_the_bus(client, blue, red):
    """It refers to nothing itself, so only what is above it can tell where it is."""
    with kernel.nameless_namespace() as pid, kernel.process_in_namespace('red') as target:
        inside(pid, 'tuntap', 'add', 't0', 'mode', 'tap')
        inside(pid, 'link', 'set', 't0', 'up')
        with kernel.process_in_namespace('blue') as above:
            inside(pid, 'link', 'add', 'link', 't0', 'name', 'm0', 'netns', above,
                   'type', 'macvlan')
        kernel.ip('link', 'set', 'm0', 'up', ns='blue')
        client.settle(lambda: blue.find_links(Name='m0', Up=True), 'm0 in blue')
        assert blue.link('m0').get('Parent') == '/'
        inside(pid, 'link', 'set', 't0', 'netns', target)
        client.settle(lambda: blue.link('m0').get('Parent') == red.link('t0').path, 'its parent')


def test_namespace_of_many_gets_and_loses_its_name(client, manager, blue):
    with kernel.nameless_namespace() as pid:
        kernel.batch(pairs(SEVERAL, where=f'netns {pid}') + UP, 'blue')
        found = manager.attach_process('found', pid)
        assert_all_true(client, {'blue': blue, 'found': found})
        kernel.run('ip', 'netns', 'del', 'found')
        client.settle(lambda: set(peers(blue).values()) == {'/'}, 'their end')


def test_restart_among_many(client, daemon, manager, new_namespace):
    """All namespaces are read at the same time, and none is known when the first is read."""
    names = [f'ns{number}' for number in range(6)]
    for name in names:
        new_namespace(name)
    for name in names:
        for other in names:
            if name < other:
                kernel.ip('link', 'add', f'to-{other}', 'type', 'veth', 'peer', 'name',
                          f'to-{name}', 'netns', other, ns=name)
        kernel.batch([f'link set to-{other} up' for other in names if other != name], name)
    daemon.restart()
    assert_all_true(client, {name: manager.namespace(name) for name in names})
