"""Forwarding databases: ListFdb, AddFdbEntry and RemoveFdbEntry, beside bridge(8)."""

import json

import pytest

from support import contract, kernel
from support.bus import refused
from support.contract import GLib

MAC = '02:00:00:00:0a:01'
LIMITS = 'org.freedesktop.DBus.Error.LimitsExceeded'
OTHER = '02:00:00:00:0a:02'
TYPES = {'MacAddress': 's', 'Link': 'o', 'Vlan': 'q', 'State': 's', 'Flags': 'as',
         'Destination': 's', 'Port': 'q', 'Vni': 'u', 'SourceVni': 'u', 'Via': 'o',
         'NextHopId': 'u', 'Mode': 's', 'Master': 'o'}
VXLAN = {'id': 5, 'local': '127.0.0.1', 'dstport': 4789}


def bridge_tool(*words):
    return kernel.run('bridge', '-n', 'blue', *words)


def dictionary(values):
    return {key: GLib.Variant(TYPES[key], value) for key, value in values.items()}


class Fdb:
    """The methods of one link, and the same table as bridge(8) shows it."""

    def __init__(self, link, interface=contract.BRIDGE):
        self.link = link
        self.interface = interface
        self.name = link.get('Name')

    def call(self, member, *arguments):
        return self.link.client.call(self.link.path, self.interface, member, *arguments)

    def list(self, **match):
        return self.call('ListFdb', '(a{sv})', dictionary(match))

    def add(self, mac, **settings):
        self.call('AddFdbEntry', '(sa{sv})', mac, dictionary(settings))

    def remove(self, mac, **settings):
        self.call('RemoveFdbEntry', '(sa{sv})', mac, dictionary(settings))

    def shown(self):
        """What bridge(8) shows of the bridge, or of the link's own table."""
        which = ['br', self.name] if self.interface == contract.BRIDGE else ['dev', self.name]
        entries = json.loads(bridge_tool('-s', '-j', 'fdb', 'show', *which) or '[]')
        own = [entry for entry in entries
               if self.interface == contract.BRIDGE or 'self' in entry['flags']]
        return [self.translate({'ifname': self.name, **entry}) for entry in own]

    def path_of(self, name):
        return f'{self.link.namespace().path}/link/{kernel.link(name, "blue")["ifindex"]}'

    def translate(self, entry):
        """An entry of bridge(8) in the keys of the bus."""
        same = {'mac': 'MacAddress', 'vlan': 'Vlan', 'dst': 'Destination', 'port': 'Port',
                'vni': 'Vni', 'src_vni': 'SourceVni', 'nhid': 'NextHopId'}
        links = {'ifname': 'Link', 'master': 'Master', 'viaIf': 'Via'}
        values = {bus: entry[key] for key, bus in same.items() if key in entry}
        values |= {bus: self.path_of(entry[key]) for key, bus in links.items() if key in entry}
        return values | {'State': entry['state'] or 'reachable', 'Flags': sorted(entry['flags'])}

    def one(self, mac, **match):
        """The one entry for a MAC address."""
        found, = self.list(MacAddress=mac, **match)
        return found

    def check(self):
        def timeless(entries):
            kept = [{key: sorted(value) if key == 'Flags' else value
                     for key, value in entry.items() if key not in ('Updated', 'Used')}
                    for entry in entries]
            return sorted(kept, key=lambda entry: sorted(map(str, entry.items())))
        assert timeless(self.list()) == timeless(self.shown())


@pytest.fixture
def bridge(blue):
    return blue.create_link('br0', 'bridge')


@pytest.fixture
def port(blue, bridge, settled):
    """It forwards, so it may learn."""
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True}, Master=bridge.path,
                            Up=True)
    bridge.set(Up=True)
    settled('blue')
    bridge.client.settle(lambda: link.get('State', contract.BRIDGE_PORT) == 'forwarding',
                         'a port that forwards')
    return link


@pytest.fixture
def fdb(bridge, port):
    return Fdb(bridge)


def make_vxlan(master=()):
    words = [str(word) for pair in VXLAN.items() for word in pair]
    kernel.ip('link', 'add', 'vx0', 'type', 'vxlan', *words, ns='blue')
    if master:
        kernel.ip('link', 'set', 'vx0', 'master', *master, ns='blue')


@pytest.fixture
def vxlan_port(blue, bridge):
    make_vxlan(['br0'])
    return blue.link('vx0')


@pytest.mark.parametrize('member', ['AddFdbEntry', 'RemoveFdbEntry'])
def test_denied(fdb, port, user, member):
    """Nobody but whom polkit allows it; a typing error is one for everybody."""
    if member == 'RemoveFdbEntry':
        bridge_tool('fdb', 'add', MAC, 'dev', 'v0', 'master', 'static')
    before = fdb.list(MacAddress=MAC)

    def call(mac):
        return (fdb.link.path, contract.BRIDGE, member,
                GLib.Variant('(sa{sv})', (mac, dictionary({'Link': port.path}))))

    assert user('nobody').error_of(*call(MAC)).name == contract.ACCESS_DENIED
    assert user('mail').error_of(*call(MAC)).name == contract.INTERACTION
    assert user('nobody').error_of(*call('nonsense')).name == contract.INVALID_ARGS
    assert len(fdb.list(MacAddress=MAC)) == len(before)
    assert user('games').error_of(*call(MAC)) is None
    assert len(fdb.list(MacAddress=MAC)) == 1 - len(before)


def test_anybody_may_read(fdb, user):
    listed = user('nobody').error_of(fdb.link.path, contract.BRIDGE, 'ListFdb',
                                     GLib.Variant('(a{sv})', ({},)))
    assert listed is None


def test_as_bridge_shows_them(fdb, vxlan_port):
    """Each sort of entry, made by bridge(8)."""
    bridge_tool('fdb', 'add', MAC, 'dev', 'v0', 'master', 'static')
    bridge_tool('fdb', 'add', OTHER, 'dev', 'v0', 'master', 'dynamic')
    bridge_tool('fdb', 'add', '02:00:00:00:0a:03', 'dev', 'v0', 'master', 'permanent')
    bridge_tool('fdb', 'add', '02:00:00:00:0a:04', 'dev', 'v0', 'master', 'static', 'sticky')
    bridge_tool('fdb', 'add', '02:00:00:00:0a:05', 'dev', 'v0', 'master', 'extern_learn')
    bridge_tool('fdb', 'add', '02:00:00:00:0a:06', 'dev', 'v0', 'self')
    bridge_tool('fdb', 'add', '02:00:00:00:0a:07', 'dev', 'br0', 'self')
    bridge_tool('fdb', 'append', '00:00:00:00:00:00', 'dev', 'vx0', 'dst', '127.0.0.2')
    bridge_tool('fdb', 'append', '00:00:00:00:00:00', 'dev', 'vx0', 'dst', '127.0.0.3',
                'port', '4790', 'vni', '99', 'via', 'v1')
    fdb.check()
    assert fdb.one(MAC)['State'] == 'static'
    assert fdb.one(OTHER)['State'] == 'reachable'
    assert {'Updated', 'Used'} <= set(fdb.one(OTHER))
    remote, = fdb.list(Destination='127.0.0.3')
    assert (remote['Port'], remote['Vni'], remote['Via']) == (4790, 99, fdb.path_of('v1'))


def test_match(fdb, port):
    for mac in (MAC, OTHER):
        bridge_tool('fdb', 'add', mac, 'dev', 'v0', 'master', 'static')
    found = fdb.list(Link=port.path, State='static')
    assert {entry['MacAddress'] for entry in found} == {MAC, OTHER}
    assert [entry['MacAddress'] for entry in fdb.list(Link=port.path, MacAddress=MAC)] == [MAC]
    assert all(entry['Flags'] == ['self'] for entry in fdb.list(Flags=['self']))
    assert fdb.list(Vlan=4000) == []
    with refused(contract.INVALID_ARGS, 'Cannot list the FDB of link br0', 'Nonsense'):
        fdb.call('ListFdb', '(a{sv})', {'Nonsense': GLib.Variant('s', '')})
    with refused(contract.INVALID_ARGS, 'Vlan.*type q.*u'):
        fdb.call('ListFdb', '(a{sv})', {'Vlan': GLib.Variant('u', 1)})


@pytest.mark.parametrize('settings,state,flags', [
    ({}, 'static', []),
    ({'State': 'static'}, 'static', []),
    ({'State': 'permanent'}, 'permanent', []),
    ({'State': 'reachable'}, 'reachable', []),
    ({'Flags': ['master']}, 'static', []),
    ({'Flags': ['sticky']}, 'static', ['sticky']),
    ({'State': 'reachable', 'Flags': ['sticky', 'master']}, 'reachable', ['sticky']),
    ({'Flags': ['extern_learn']}, 'reachable', ['extern_learn']),
    ({'Flags': ['self']}, 'permanent', ['self'])], ids=str)
def test_add_to_a_port(fdb, port, settings, state, flags):
    fdb.add(MAC, Link=port.path, **settings)
    entry = fdb.one(MAC)
    assert (entry['Link'], entry['State'], entry['Flags']) == (port.path, state, flags)
    assert entry.get('Master') == (None if 'self' in flags else fdb.link.path)
    fdb.check()
    fdb.remove(MAC, Link=port.path, Flags=flags)
    assert fdb.list(MacAddress=MAC) == []
    fdb.check()


@pytest.mark.parametrize('settings', [{}, {'State': 'permanent'}, {'Flags': ['self']}], ids=str)
def test_add_to_the_bridge(fdb, settings):
    """What is said of no port is for this machine."""
    fdb.add(MAC, **settings)
    entry = fdb.one(MAC)
    assert (entry['Link'], entry['State']) == (fdb.link.path, 'permanent')
    fdb.check()
    fdb.remove(MAC)
    fdb.add(MAC, Link=fdb.link.path)
    fdb.remove(MAC, Link=fdb.link.path)
    assert fdb.list(MacAddress=MAC) == []


def test_upper_case(fdb, port):
    fdb.add(MAC.upper(), Link=port.path)
    assert fdb.one(MAC)['Link'] == port.path


def test_modes(blue, fdb, bridge, port):
    other = blue.create_link('w0', 'veth', Master=bridge.path)
    with refused(contract.NOT_FOUND, f'Cannot add FDB entry {MAC} of link br0 in namespace blue'):
        fdb.add(MAC, Link=port.path, Mode='change')
    fdb.add(MAC, Link=port.path, Mode='create')
    for mode in ({}, {'Mode': 'create'}):
        with refused(contract.EXISTS, f'Cannot add FDB entry {MAC} of link br0'):
            fdb.add(MAC, Link=other.path, **mode)
    fdb.add(MAC, Link=other.path, Mode='replace')
    assert fdb.one(MAC)['Link'] == other.path
    fdb.add(MAC, Link=port.path, State='permanent', Mode='change')
    assert (fdb.one(MAC)['Link'], fdb.one(MAC)['State']) == (port.path, 'permanent')
    with refused(contract.INVALID_ARGS, 'Mode', 'nonsense'):
        fdb.add(MAC, Link=other.path, Mode='nonsense')
    fdb.check()


def test_remove_what_is_not_there(blue, fdb, bridge, port):
    other = blue.create_link('w0', 'veth', Master=bridge.path)
    words = f'Cannot remove FDB entry {MAC} of link br0 in namespace blue'
    for settings in ({}, {'Link': port.path}, {'Link': port.path, 'Flags': ['self']}):
        with refused(contract.NOT_FOUND, words):
            fdb.remove(MAC, **settings)
    fdb.add(MAC, Link=port.path)
    with refused(contract.NOT_FOUND, words):
        fdb.remove(MAC, Link=other.path)
    assert fdb.one(MAC)['Link'] == port.path


def test_remove_what_was_learned(fdb, port):
    bridge_tool('fdb', 'add', MAC, 'dev', 'v0', 'master', 'dynamic')
    fdb.remove(MAC, Link=port.path)
    assert fdb.list(MacAddress=MAC) == []


@pytest.mark.parametrize('mac', ['', 'nonsense', '02:00:00:00:0a', '02:00:00:00:0a:01:02',
                                 '02-00-00-00-0a-01', '02:00:00:00:0a:0g'])
def test_bad_address(fdb, port, mac):
    before = len(fdb.list())
    for method in (fdb.add, fdb.remove):
        with refused(contract.INVALID_ARGS, 'MacAddress'):
            method(mac, Link=port.path)
    assert len(fdb.list()) == before


@pytest.mark.parametrize('settings,pattern', [
    ({'State': 'stale'}, 'State'), ({'State': 'nonsense'}, 'State'), ({'State': ''}, 'State'),
    ({'Flags': ['nonsense']}, 'Flags'), ({'Flags': ['offload']}, 'Flags'),
    ({'Flags': ['self', 'master']}, 'Flags'),
    ({'Flags': ['sticky'], 'State': 'permanent'}, 'Flags'),
    ({'Vlan': 0}, 'Vlan'), ({'Vlan': 4000}, 'Vlan'), ({'Vlan': 4095}, 'Vlan'),
    ({'Destination': '127.0.0.2'}, 'Destination'), ({'Port': 1}, 'Port'), ({'Vni': 1}, 'Vni'),
    ({'SourceVni': 1}, 'SourceVni'), ({'NextHopId': 1}, 'NextHopId'),
    ({'MacAddress': MAC}, 'MacAddress'), ({'Master': '/'}, 'Master')], ids=str)
def test_bad_settings(fdb, port, settings, pattern):
    """Refused before anybody is asked; nothing has changed."""
    before = len(fdb.list())
    with refused(contract.INVALID_ARGS, f'Cannot add FDB entry {MAC} of link br0', pattern):
        fdb.add(MAC, Link=port.path, **settings)
    assert len(fdb.list()) == before


@pytest.mark.parametrize('settings,pattern', [
    ({'State': 'static'}, 'State'), ({'State': 'reachable'}, 'State'),
    ({'Flags': ['sticky']}, 'Flags'), ({'Vlan': 4000}, 'Vlan')], ids=str)
def test_bad_settings_of_the_bridge(fdb, settings, pattern):
    with refused(contract.INVALID_ARGS, pattern):
        fdb.add(MAC, **settings)
    assert fdb.list(MacAddress=MAC) == []


@pytest.mark.parametrize('key,value', [
    ('Nonsense', GLib.Variant('s', '')), ('Vlan', GLib.Variant('u', 1)),
    ('Link', GLib.Variant('s', 'v0')), ('Flags', GLib.Variant('s', 'self'))], ids=str)
def test_bad_keys(fdb, key, value):
    for member in ('AddFdbEntry', 'RemoveFdbEntry'):
        with refused(contract.INVALID_ARGS, key):
            fdb.call(member, '(sa{sv})', MAC, {key: value})


def test_address_of_zeros(fdb, port):
    with refused(contract.INVALID_ARGS, 'MacAddress'):
        fdb.add('00:00:00:00:00:00', Link=port.path)


def test_other_links(blue, red, fdb, port):
    """A port of another bridge, no port at all, no link, a link elsewhere."""
    other = blue.create_link('br1', 'bridge')
    theirs = blue.create_link('w0', 'veth', Master=other.path)
    for link, error in ((theirs.path, contract.INVALID_ARGS), (other.path, contract.INVALID_ARGS),
                        (blue.link('v1').path, contract.INVALID_ARGS),
                        (blue.path, contract.INVALID_ARGS),
                        (red.link('lo').path, contract.INVALID_ARGS),
                        (f'{blue.path}/link/9999', contract.NOT_FOUND)):
        for method in (fdb.add, fdb.remove):
            with refused(error, 'Link'):
                method(MAC, Link=link)
    assert fdb.list(MacAddress=MAC) == []


def test_only_bridges(blue, port):
    for link in (port, blue.link('lo')):
        for member, arguments in (('ListFdb', ('(a{sv})', {})),
                                  ('AddFdbEntry', ('(sa{sv})', MAC, {})),
                                  ('RemoveFdbEntry', ('(sa{sv})', MAC, {}))):
            with refused(contract.UNKNOWN_INTERFACE, contract.BRIDGE):
                link.client.call(link.path, contract.BRIDGE, member, *arguments)


def test_port_that_is_down(blue, fdb, bridge):
    """The kernel's EPERM is not about rights."""
    down = blue.create_link('w0', 'veth', Master=bridge.path)
    with refused(contract.UNREACHABLE, 'State'):
        fdb.add(MAC, Link=down.path, State='reachable')
    fdb.add(MAC, Link=down.path)
    assert fdb.one(MAC)['Link'] == down.path


def test_table_of_a_vxlan_port(fdb, vxlan_port):
    """The bridge knows the port, the port where to send: two entries, in two tables."""
    here = {'Link': vxlan_port.path}
    fdb.add(MAC, **here)
    fdb.add(MAC, **here, Flags=['self'], Destination='127.0.0.2')
    fdb.add('00:00:00:00:00:00', **here, Flags=['self'], Destination='127.0.0.3', Mode='append')
    fdb.add('00:00:00:00:00:00', **here, Flags=['self'], Destination='127.0.0.4', Mode='append',
            Port=4790, Vni=7, Via=fdb.path_of('lo'))
    fdb.check()
    assert sorted(entry.get('Destination', '') for entry in fdb.list(MacAddress=MAC)) == [
        '', '127.0.0.2']
    with refused(contract.INVALID_ARGS, 'Destination'):
        fdb.add(OTHER, **here, Destination='127.0.0.2')
    with refused(contract.INVALID_ARGS, 'Destination'):
        fdb.add(OTHER, **here, Flags=['self'])
    fdb.remove(MAC, **here, Flags=['self'])
    fdb.remove(MAC, **here)
    assert fdb.list(MacAddress=MAC) == []
    fdb.check()


@pytest.fixture
def tunnel(blue):
    make_vxlan()
    return Fdb(blue.link('vx0'), contract.VXLAN)


def test_denied_on_a_vxlan(tunnel, user):
    def call(member):
        return (tunnel.link.path, contract.VXLAN, member, GLib.Variant(
            '(sa{sv})', (MAC, dictionary({'Destination': '127.0.0.2'}))))
    for member, after in (('AddFdbEntry', 1), ('RemoveFdbEntry', 0)):
        before = len(tunnel.list())
        assert user('nobody').error_of(*call(member)).name == contract.ACCESS_DENIED
        assert len(tunnel.list()) == before
        assert user('games').error_of(*call(member)) is None
        assert len(tunnel.list(MacAddress=MAC)) == after


def test_vxlan(tunnel):
    """Its own table, without a bridge."""
    zeros = '00:00:00:00:00:00'
    tunnel.add(MAC, Destination='127.0.0.2')
    tunnel.add(OTHER, Destination='127.0.0.3', State='reachable', Port=4790, Vni=7)
    tunnel.add(zeros, Destination='127.0.0.4', Mode='append')
    tunnel.add(zeros, Destination='127.0.0.5', Mode='append', Via=tunnel.path_of('lo'))
    tunnel.check()
    assert tunnel.one(MAC)['State'] == 'permanent'
    with refused(contract.EXISTS, f'Cannot add FDB entry {MAC} of link vx0 in namespace blue'):
        tunnel.add(MAC, Destination='127.0.0.9')
    tunnel.add(MAC, Destination='127.0.0.9', Mode='replace')
    assert tunnel.one(MAC)['Destination'] == '127.0.0.9'
    tunnel.remove(zeros, Destination='127.0.0.4')
    assert [entry['Destination'] for entry in tunnel.list(MacAddress=zeros)] == ['127.0.0.5']
    with refused(contract.NOT_FOUND, f'Cannot remove FDB entry {zeros} of link vx0'):
        tunnel.remove(zeros, Destination='127.0.0.4')
    for mac in (MAC, OTHER, zeros):
        tunnel.remove(mac)
    assert tunnel.list() == []


@pytest.mark.parametrize('settings,error,pattern', [
    ({}, contract.INVALID_ARGS, 'Destination'),
    ({'Destination': 'nonsense'}, contract.INVALID_ARGS, 'Destination'),
    ({'Destination': ''}, contract.INVALID_ARGS, 'Destination'),
    ({'Destination': '::1'}, contract.NOT_SUPPORTED, 'family'),
    ({'Destination': '127.0.0.2', 'NextHopId': 4}, contract.INVALID_ARGS, 'NH_ID'),
    ({'Destination': '127.0.0.2', 'Vlan': 4}, contract.INVALID_ARGS, 'Vlan'),
    ({'Destination': '127.0.0.2', 'Vni': 1 << 24}, contract.INVALID_ARGS, 'Vni'),
    ({'Destination': '127.0.0.2', 'Flags': ['master']}, contract.INVALID_ARGS, 'Destination'),
    ({'Flags': ['master']}, contract.NOT_SUPPORTED, '')], ids=str)
def test_bad_settings_of_a_vxlan(tunnel, settings, error, pattern):
    with refused(error, f'Cannot add FDB entry {MAC} of link vx0', pattern):
        tunnel.add(MAC, **settings)
    assert tunnel.list() == []


def test_vxlan_speaks_for_itself(blue, tunnel):
    lo = blue.link('lo').path
    with refused(contract.INVALID_ARGS, 'Link', 'lo is not'):
        tunnel.add(MAC, Link=lo, Destination='127.0.0.2')
    tunnel.add(MAC, Link=tunnel.link.path, Destination='127.0.0.2')
    bridge = blue.create_link('br0', 'bridge')
    tunnel.link.set(Master=bridge.path)
    Fdb(bridge).add(OTHER, Link=tunnel.link.path)
    assert {entry['MacAddress'] for entry in tunnel.list()} == {MAC}
    tunnel.check()


@pytest.mark.timeout(120)
def test_too_many(fdb):
    """More than a message on the bus can carry is refused, and a part of it can be asked for."""
    lines = [f'fdb add 02:00:00:00:{number >> 8:02x}:{number & 255:02x} '
             'dev v0 master dynamic sticky' for number in range(32769)]
    kernel.run('bridge', '-n', 'blue', '-batch', '-', input='\n'.join(lines) + '\n')
    sticky = {'Flags': ['sticky']}
    for match in ({}, sticky):
        with refused(LIMITS, 'Cannot list the FDB of link br0', '32768'):
            fdb.list(**match)
    assert len(fdb.list(MacAddress='02:00:00:00:01:02')) == 1
    bridge_tool('fdb', 'del', '02:00:00:00:00:00', 'dev', 'v0', 'master')
    reply, _fds = fdb.link.client.call_raw(fdb.link.path, contract.BRIDGE, 'ListFdb',
                                           GLib.Variant('(a{sv})', (dictionary(sticky),)))
    assert reply.get_child_value(0).n_children() == 32768
