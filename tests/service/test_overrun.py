"""Lost events: more changes than any buffer holds, while the daemon does not run."""

import signal

import pytest

from support import contract, kernel
from support.mirror import Mirror

CHANGES = 12_000
SPREAD = 8      # links that addresses are spread over: the kernel walks the list of each


@pytest.fixture
def mirror(client, blue):
    listening = Mirror(client, blue.path)
    yield listening
    listening.close()
    assert listening.errors == []


def in_its_absence(daemon, lines, name):
    daemon.process.kill(signal.SIGSTOP)
    try:
        kernel.batch(lines, name)
    finally:
        daemon.process.kill(signal.SIGCONT)


def test_link_changes(client, daemon, blue, mirror, same_as_kernel):
    """Twelve thousand link messages of over a kilobyte each: the receive buffer overruns."""
    links = [blue.create_link(f'br{number}', 'bridge') for number in range(10)]
    lines = [f'link set br{n % 10} mtu {1300 + n // 10 % 200}' for n in range(CHANGES)]
    lines += ['link del br3', 'link add new type veth peer newpeer', 'link set br4 name other',
              'addr add 192.0.2.1/24 dev br5', 'link set br5 up']
    in_its_absence(daemon, lines, 'blue')
    same_as_kernel(blue, 'blue', limit=20)
    same_as_kernel(blue, 'blue', mirror.objects)
    assert not links[3].exists()
    assert links[4].get('Name') == 'other'


def test_address_and_route_changes(daemon, blue, mirror, same_as_kernel):
    link = blue.create_link('v0', 'veth', Peer={'Name': 'w0', 'Up': True}, Up=True)
    link.add_address('192.0.2.1/24')
    for number in range(1, SPREAD):
        blue.create_link(f'v{number}', 'veth', Peer={'Name': f'w{number}', 'Up': True}, Up=True)
    lines = []
    for number in range(CHANGES // 8):
        prefix = f'10.{number // 250}.{number % 250}'
        device = f'v{number % SPREAD}'
        lines += [f'addr add {prefix}.1/24 dev {device}',
                  f'route add {prefix}.128/25 via 192.0.2.9']
        if number % 3:
            lines += [f'route del {prefix}.128/25', f'addr del {prefix}.1/24 dev {device}']
        if number == 200:
            lines.append('link set v0 down')
            lines.append('link set v0 up')
    in_its_absence(daemon, lines, 'blue')
    same_as_kernel(blue, 'blue', limit=30)
    same_as_kernel(blue, 'blue', mirror.objects)


def test_next_write_is_read(daemon, blue, mirror, same_as_kernel):
    """The first call after an overrun keeps its promise too."""
    bridge = blue.create_link('br0', 'bridge')
    in_its_absence(daemon, [f'link set br0 mtu {1300 + n % 200}' for n in range(CHANGES)], 'blue')
    bridge.write('Mtu', 1234)
    assert mirror.known[bridge.path][contract.LINK]['Mtu'] == 1234
    same_as_kernel(blue, 'blue', mirror.objects)


def test_other_namespace_does_not_wait(client, daemon, blue, red):
    """One namespace has a storm, the calls of another pass."""
    blue.create_link('br0', 'bridge')
    in_its_absence(daemon, [f'link set br0 mtu {1300 + n % 200}' for n in range(CHANGES)], 'blue')
    link = red.create_link('v0', 'veth')
    link.write('Mtu', 1400)
    assert link.get('Mtu') == 1400


def test_changes_during_the_resync(daemon, blue, mirror, same_as_kernel):
    """ip goes on while the daemon compares: dumps are interrupted, and it still ends right."""
    blue.create_link('br0', 'bridge')
    in_its_absence(daemon, [f'link set br0 mtu {1300 + n % 200}' for n in range(CHANGES)], 'blue')
    for round_number in range(5):
        lines = [f'link add x{round_number}n{n} type bridge' for n in range(40)]
        lines += [f'link set x{round_number}n{n} mtu 1400' for n in range(40)]
        lines += [f'link del x{round_number}n{n}' for n in range(0, 40, 2)]
        kernel.batch(lines, 'blue')
    same_as_kernel(blue, 'blue', limit=20)
    same_as_kernel(blue, 'blue', mirror.objects)


def test_names_change_in_its_absence(daemon, manager, blue):
    """The directory of the names, likewise."""
    daemon.process.kill(signal.SIGSTOP)
    for number in range(100):
        kernel.run('ip', 'netns', 'add', f'storm{number}')
    for number in range(0, 100, 2):
        kernel.run('ip', 'netns', 'del', f'storm{number}')
    daemon.process.kill(signal.SIGCONT)
    wanted = {f'storm{number}' for number in range(1, 100, 2)} | {'blue'}
    manager.client.settle(lambda: set(sum(manager.list().values(), [])) == wanted, 'the names')
    for number in range(1, 100, 2):
        manager.namespace(f'storm{number}').call('Delete')


def test_rules_and_neighbours(client, daemon, blue):
    """Nothing is known of them that could be compared: it is said that something was lost."""
    bridge = blue.create_link('br0', 'bridge', Up=True)
    blue.call('SubscribeNeighbours')
    since = len(client.events)
    in_its_absence(daemon, [f'link set br0 mtu {1300 + n % 200}' for n in range(CHANGES)]
                   + ['rule add pref 100 table 7',
                      'neigh add 192.0.2.9 dev br0 lladdr 02:00:00:00:00:09'], 'blue')
    bridge.get('Mtu')
    told = [event.args for event in client.events[since:] if event.path == blue.path]
    assert ([], []) in told
    assert ('lost', {}) in told
    blue.call('UnsubscribeNeighbours')
