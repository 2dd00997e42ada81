"""The scenario that every tutorial on namespaces tells, with all that it shows asserted.

The steps are those of `./quickstart demo`, made by an unprivileged user whom polkit allows it.
The test functions are the steps, in order.
"""

import subprocess

import pytest

from support import contract, kernel, nsd
from support.compare import assert_bus_equals_kernel
from support.contract import GLib, link_settings, settings
from support.mirror import Mirror


class Story:
    """What the steps hand on: paths, and what a listener has heard."""

    def __init__(self, client, host, caller):
        self.client = client
        self.host = host
        self.caller = caller
        self.listeners = {host.path: Mirror(client, host.path)}
        self.manager = Mirror(client, contract.MANAGER_PATH)
        self.things = {}

    def call(self, thing, member, signature=None, *values):
        """A call of the user; what comes back, unpacked."""
        parameters = GLib.Variant(signature, values) if signature else None
        reply = self.caller.call(thing.path, thing.interface, member, parameters).unpack()
        return reply[0] if reply else None

    def check(self):
        """The bus, the listeners and ip tell the same, in every namespace."""
        for path, mirror in self.listeners.items():
            name = None if path == self.host.path else 'namespace1'
            namespace = nsd.Namespace(self.client, path)
            assert_bus_equals_kernel(namespace, name)
            assert_bus_equals_kernel(namespace, name, mirror.objects)
            assert mirror.errors == []


@pytest.fixture(scope='module')
def story(client, host, user):
    return Story(client, host, user('games'))


@pytest.fixture(scope='module')
def things(story):
    return story.things


def test_create_the_namespace(story, things):
    manager = nsd.Manager(story.client)
    path = story.call(manager, 'CreateNamespace', '(sa{sv})', 'namespace1', {})
    things['namespace'] = nsd.Namespace(story.client, path)
    story.client.sync()
    assert story.manager.known[path][contract.NAMESPACE]['Names'] == ['namespace1']
    assert 'namespace1' in kernel.netns_names()
    story.listeners[path] = Mirror(story.client, path)
    story.check()


def test_it_holds_only_lo(story, things):
    found = story.call(things['namespace'], 'FindLinks', '(a{sv})', {})
    assert found == [f'{things["namespace"].path}/link/1']
    assert nsd.Link(story.client, found[0]).get('Name') == 'lo'
    things['lo'] = nsd.Link(story.client, found[0])


def test_create_the_pair(story, things):
    path = story.call(story.host, 'CreateLink', '(ssa{sv})', 'v01', 'veth',
                      link_settings(Peer={'Name': 'vp01'}))
    things['v01'] = nsd.Link(story.client, path)
    things['vp01'] = story.host.link('vp01')
    assert things['v01'].get('Peer') == things['vp01'].path
    story.check()


def test_move_one_end(story, things):
    old = things['vp01'].path
    since = len(story.client.events)
    path = story.call(things['vp01'], 'MoveTo', '(oa{sv})', things['namespace'].path, {})
    story.client.sync()
    events = [(event.path, event.member) for event in story.client.events[since:]]
    assert events.index((old, 'Moved')) < events.index((story.host.path, 'InterfacesRemoved'))
    assert (things['namespace'].path, 'InterfacesAdded') in events
    things['vp01'] = nsd.Link(story.client, path)
    assert things['v01'].get('Peer') == path
    assert things['vp01'].get('Peer') == things['v01'].path
    assert old not in story.listeners[story.host.path].known
    story.check()


def test_addresses(story, things):
    for name, address in (('v01', '192.168.1.36/24'), ('vp01', '192.168.1.37/24')):
        path = story.call(things[name], 'AddAddress', '(sa{sv})', address, {})
        things[address] = nsd.Address(story.client, path)
        properties = things[address].get_all()
        assert (properties['Address'], properties['Link']) == (address, things[name].path)
    story.check()


def test_set_up(story, things):
    for name in ('v01', 'vp01', 'lo'):
        story.call(things[name], 'Set', '(a{sv})', link_settings(Up=True))
        assert things[name].get('Up') is True
    assert things['lo'].get('OperState') == 'UNKNOWN'
    story.client.settle(lambda: things['v01'].get('OperState') == 'UP', 'the state UP')
    assert things['v01'].get('Carrier') is True
    story.check()


def test_default_route(story, things):
    path = story.call(things['namespace'], 'AddRoute', '(a{sv})', settings(
        [contract.ROUTE], Destination='default', Family='inet', Gateway='192.168.1.36'))
    properties = nsd.Route(story.client, path).get_all()
    assert (properties['Destination'], properties['Gateway'], properties['Link']) == (
        '0.0.0.0/0', '192.168.1.36', things['vp01'].path)
    answer = things['namespace'].route_to('203.0.113.5')
    assert (answer['Gateway'], answer['PreferredSource']) == ('192.168.1.36', '192.168.1.37')
    story.check()


def test_ping_across(things):
    ping_both_ways()


def ping_both_ways():
    kernel.run('ping', '-q', '-c', '1', '-W', '5', '192.168.1.37')
    kernel.run('ip', 'netns', 'exec', 'namespace1', 'ping', '-q', '-c', '1', '-W', '5',
               '192.168.1.36')


def test_bridge(story, things):
    path = story.call(story.host, 'CreateLink', '(ssa{sv})', 'br0', 'bridge',
                      link_settings(Up=True))
    things['br0'] = nsd.Link(story.client, path)
    story.call(things['v01'], 'Set', '(a{sv})', link_settings(Master=path))
    assert things['v01'].get('Master') == path
    assert things['v01'].get('SlaveKind') == 'bridge'
    story.client.settle(lambda: things['v01'].get('State', contract.BRIDGE_PORT) == 'forwarding',
                        'the port to forward')
    story.check()


def test_a_port_gives_its_packets_to_the_bridge(things):
    """Fact: what a port hears of ARP is the bridge's; so the next step moves the address."""
    kernel.ip('neigh', 'flush', 'dev', 'v01')
    done = subprocess.run(['ping', '-q', '-c', '1', '-w', '1', '192.168.1.37'],
                          capture_output=True, check=False)
    assert done.returncode == 1


def test_address_moves_to_the_bridge(story, things):
    story.call(things['192.168.1.36/24'], 'Delete')
    assert not things['192.168.1.36/24'].exists()
    story.call(things['br0'], 'AddAddress', '(sa{sv})', '192.168.1.36/24', {})
    ping_both_ways()
    story.check()


def test_errors_on_the_way(story, things):
    """What somebody who follows the tutorial gets wrong."""
    manager = nsd.Manager(story.client)
    for thing, member, signature, values, name in (
            (manager, 'CreateNamespace', '(sa{sv})', ('namespace1', {}), contract.EXISTS),
            (story.host, 'CreateLink', '(ssa{sv})', ('v01', 'veth', {}), contract.EXISTS),
            (things['vp01'], 'AddAddress', '(sa{sv})', ('192.168.1.37/24', {}), contract.EXISTS),
            (things['vp01'], 'AddAddress', '(sa{sv})', ('192.168.1.300/24', {}),
             contract.INVALID_ARGS),
            (things['namespace'], 'GetLink', '(s)', ('v01',), contract.NOT_FOUND),
            (things['namespace'], 'AddRoute', '(a{sv})', (settings(
                [contract.ROUTE], Destination='10.0.0.0/8', Gateway='10.9.9.9'),),
             contract.UNREACHABLE)):
        failure = story.caller.error_of(thing.path, thing.interface, member,
                                        GLib.Variant(signature, values))
        assert failure and failure.name == name, (member, failure)
    story.check()


@pytest.mark.ends_namespace
def test_the_end(story, things):
    """The namespace goes, and with it both ends of the pair."""
    since = len(story.client.events)
    story.call(things['namespace'], 'Delete')
    story.listeners.pop(things['namespace'].path).close()
    story.client.wait_signal(lambda event: event.member == 'InterfacesRemoved'
                             and event.args[0] == things['v01'].path, since=since)
    assert things['namespace'].path not in story.manager.known
    story.call(things['br0'], 'Delete')
    story.check()
    assert set(story.manager.known) == {story.host.path}
