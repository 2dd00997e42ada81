"""What the daemon reads can be ahead of what it hears: it reads a link as it is now, and then hears
of changes that were over by then.

The daemon is stopped, several changes are made, and it runs again: so it hears of all of them at
once, and what it reads at the first is the end of all.
"""

import contextlib
import signal

import pytest

from support import kernel
from support.bus import BusError


@pytest.fixture
def links(blue, settled):
    """Two pairs up with addresses and routes, and two bridges."""
    lines = ['link add br0 type bridge', 'link add br1 type bridge']
    for number in range(2):
        one, other = f'v{number}', f'w{number}'
        lines += [f'link add {one} type veth peer name {other}', f'link set {one} up',
                  f'link set {other} up', f'addr add 192.0.{number}.1/24 dev {one}',
                  f'addr add 2001:db8:{number}::1/64 dev {one} nodad',
                  f'route add 198.51.{number}.0/24 via 192.0.{number}.9',
                  f'route add 2001:db8:9{number}::/48 via 2001:db8:{number}::9',
                  f'route add 203.0.{number}.0/24 dev {one} metric 5']
    kernel.batch(lines, 'blue')
    settled('blue')


@contextlib.contextmanager
def stopped(daemon):
    daemon.process.kill(signal.SIGSTOP)
    try:
        yield
    finally:
        daemon.process.kill(signal.SIGCONT)


CHANGES = {
    'down and up': ['link set v0 down', 'link set v0 up'],
    'down and up, with its routes again': [
        'link set v0 down', 'link set v0 up', 'route add 198.51.0.0/24 via 192.0.0.9'],
    'the other end down and up': ['link set w0 down', 'link set w0 up'],
    'up, down, up': ['link set br0 up', 'link set br0 down', 'link set br0 up'],
    'in and out of a bridge': ['link set w0 master br0', 'link set w0 nomaster'],
    'from bridge to bridge': ['link set w0 master br0', 'link set w0 master br1'],
    'into one, out, and another into it': [
        'link set w0 mtu 1300', 'link set w0 master br0', 'link set w0 nomaster',
        'link set w1 master br0'],
    'a port goes': ['link set w0 master br0', 'link set br0 up', 'link del w0'],
    'a bridge goes': ['link set w0 master br0', 'link del br0'],
    'a bridge goes and another comes': [
        'link set w0 master br0', 'link del br0', 'link add br0 type bridge',
        'link set w1 master br0'],
    'a link goes and another comes': [
        'link del v0', 'link add v0 type veth peer name w0', 'link set v0 up',
        'addr add 192.0.0.1/24 dev v0', 'link set w0 up'],
    'names change places': ['link set v0 name x', 'link set v1 name v0', 'link set x name v1'],
    'an address goes and comes': [
        'addr del 192.0.0.1/24 dev v0', 'addr add 192.0.0.1/24 dev v0'],
    'an address goes, and its routes change sides': [
        'addr del 192.0.0.1/24 dev v0', 'addr add 192.0.0.1/24 dev v1',
        'route add 198.51.0.0/24 via 192.0.0.9'],
    'a route is replaced twice': [
        'route replace 198.51.0.0/24 via 192.0.1.9', 'route replace 198.51.0.0/24 via 192.0.0.8'],
    'a next hop joins and leaves': [
        'route append 2001:db8:90::/48 via 2001:db8:0::8',
        'route del 2001:db8:90::/48 via 2001:db8:0::9'],
}


@pytest.mark.parametrize('lines', CHANGES.values(), ids=CHANGES)
def test_several_changes_heard_at_once(daemon, blue, links, settled, same_as_kernel, lines):
    same_as_kernel(blue, 'blue')
    with stopped(daemon):
        kernel.batch(lines, 'blue')
    settled('blue')
    same_as_kernel(blue, 'blue')


def test_namespace_goes_and_comes(daemon, manager, blue, same_as_kernel):
    """Deleted and made again by its name, as the same name of another namespace."""
    with stopped(daemon):
        kernel.run('ip', 'netns', 'del', 'blue')
        kernel.run('ip', 'netns', 'add', 'blue')
        kernel.make_quiet('blue')
        kernel.ip('link', 'add', 'br7', 'type', 'bridge', ns='blue')
    blue.client.settle(lambda: any('blue' in names and path != blue.path
                                   for path, names in manager.list().items()), 'the new one')
    again = manager.namespace('blue')
    same_as_kernel(again, 'blue')
    with pytest.raises(BusError, match='There is no object'):
        blue.get('Names')
