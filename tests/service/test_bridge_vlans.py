"""VLANs of bridges and of their ports: the property Vlans, AddVlan and RemoveVlan."""

import json
import signal
import subprocess

import pytest

from support import contract, kernel
from support.bus import refused
from support.contract import GLib
from support.workbench import may_lack

SIGNATURE = '(qa{sv})'
TYPES = {'RangeEnd': 'q', 'Pvid': 'b', 'Untagged': 'b'}


def bridge_tool(*words, check=True):
    return kernel.run('bridge', '-n', 'blue', *words, check=check)


def shown_by_bridge():
    """{link: {VLAN: flags}} as bridge(8) shows it."""
    return {link['ifname']: {entry['vlan']: set(entry.get('flags', ())) for entry in link['vlans']}
            for link in json.loads(bridge_tool('-j', 'vlan', 'show') or '[]')}


def spread(vlans):
    """The property Vlans in the form of shown_by_bridge()."""
    spread_out = {}
    for vlan in vlans:
        assert set(vlan) == {'Id', 'RangeEnd', 'Pvid', 'Untagged'}
        flags = {word for key, word in (('Pvid', 'PVID'), ('Untagged', 'Egress Untagged'))
                 if vlan[key]}
        spread_out |= {number: flags for number in range(vlan['Id'], vlan['RangeEnd'] + 1)}
    return spread_out


def ranges(vlans):
    return [(vlan['Id'], vlan['RangeEnd']) for vlan in vlans]


def has_filtering():
    """Can bridge(8) add a VLAN to a bridge?"""
    kernel.ip('link', 'add', 'probe0', 'type', 'bridge', ns='blue')
    done = subprocess.run(['bridge', '-n', 'blue', 'vlan', 'add', 'dev', 'probe0', 'vid', '5',
                           'self'], capture_output=True, check=False)
    kernel.ip('link', 'del', 'dev', 'probe0', ns='blue')
    return done.returncode == 0


@pytest.fixture
def filtering(blue):
    reason = 'the kernel has no links of kind bridge with VLAN filtering'
    if not has_filtering():
        (pytest.skip if may_lack('bridge.Vlans') else pytest.fail)(reason)


@pytest.fixture
def bridge(blue, filtering):
    return blue.create_link('br0', 'bridge')


@pytest.fixture
def port(blue, bridge):
    return blue.create_link('v0', 'veth', Peer={'Name': 'v1'}, Master=bridge.path)


@pytest.fixture(params=['bridge', 'port'])
def either(request, bridge, port):
    """The bridge or the port, with the interface that has its VLANs."""
    link = bridge if request.param == 'bridge' else port
    link.interface = contract.BRIDGE if request.param == 'bridge' else contract.BRIDGE_PORT
    link.vlans = lambda: link.get('Vlans')
    return link


def options(**values):
    return {key: GLib.Variant(TYPES[key], value) for key, value in values.items()}


def add(link, number, **values):
    link.call('AddVlan', SIGNATURE, number, options(**values))


def remove(link, number, **values):
    link.call('RemoveVlan', SIGNATURE, number, options(**values))


def check_shown(*links):
    """The bus shows what bridge(8) shows, and what the signals told."""
    shown = shown_by_bridge()
    for link in links:
        name = link.get('Name', contract.LINK)
        assert spread(link.get('Vlans', link.interface)) == shown.get(name, {})


def told(link, since):
    """What was said of Vlans since that event."""
    return [event.args[1]['Vlans'] for event in link.client.events[since:]
            if event.path == link.path and event.member == 'PropertiesChanged'
            and 'Vlans' in event.args[1]]


def test_kernels_with_and_without(blue):
    """Without VLAN filtering in the kernel there is no property, and nothing can be added."""
    bridge = blue.create_link('br0', 'bridge')
    bridge.interface = contract.BRIDGE
    if has_filtering():
        add(bridge, 5)
        assert spread(bridge.get('Vlans')) == {1: {'PVID', 'Egress Untagged'}, 5: set()}
        return
    assert 'Vlans' not in bridge.get_all()
    with refused(contract.NOT_SUPPORTED, 'Vlans'):
        bridge.get('Vlans')
    for member in ('AddVlan', 'RemoveVlan'):
        with refused(contract.NOT_SUPPORTED, 'VLAN 5 on link br0 in namespace blue', 'filtering'):
            bridge.call(member, SIGNATURE, 5, {})


@pytest.mark.parametrize('member', ['AddVlan', 'RemoveVlan'])
def test_denied(either, user, member):
    """Nobody but whom polkit allows it; a typing error is one for everybody."""
    before = shown_by_bridge()
    call = (either.path, either.interface, member, GLib.Variant(SIGNATURE, (1, {})))
    assert user('nobody').error_of(*call).name == contract.ACCESS_DENIED
    assert user('mail').error_of(*call).name == contract.INTERACTION
    failure = user('nobody').error_of(*call[:3], GLib.Variant(SIGNATURE, (0, {})))
    assert failure.name == contract.INVALID_ARGS
    assert shown_by_bridge() == before
    assert user('games').error_of(*call) is None
    check_shown(either)


def test_as_bridge_shows_them(bridge, port):
    bridge.interface, port.interface = contract.BRIDGE, contract.BRIDGE_PORT
    check_shown(bridge, port)
    bridge_tool('vlan', 'add', 'dev', 'v0', 'vid', '10-20')
    bridge_tool('vlan', 'add', 'dev', 'v0', 'vid', '15', 'untagged')
    bridge_tool('vlan', 'add', 'dev', 'v0', 'vid', '21', 'pvid', 'untagged')
    bridge_tool('vlan', 'add', 'dev', 'v0', 'vid', '4094')
    bridge_tool('vlan', 'add', 'dev', 'br0', 'vid', '12', 'self')
    check_shown(bridge, port)
    assert ranges(port.get('Vlans')) == [(1, 1), (10, 14), (15, 15), (16, 20), (21, 21),
                                         (4094, 4094)]


@pytest.mark.parametrize('values', [
    {}, {'Untagged': True}, {'Pvid': True}, {'Pvid': True, 'Untagged': True},
    {'RangeEnd': 7}, {'RangeEnd': 7, 'Pvid': True}, {'RangeEnd': 70}, {'RangeEnd': 4094},
    {'RangeEnd': 9, 'Untagged': True, 'Pvid': False}], ids=str)
def test_add(either, values):
    """It is there, and told once, when the call returns."""
    since = len(either.client.events)
    add(either, 7, **values)
    assert told(either, since) == [either.vlans()]
    flags = {word for key, word in (('Pvid', 'PVID'), ('Untagged', 'Egress Untagged'))
             if values.get(key)}
    assert spread(either.vlans())[values.get('RangeEnd', 7)] == flags
    check_shown(either)


def test_add_again(either):
    """The settings are replaced; where nothing changes nothing is told."""
    add(either, 7, Pvid=True)
    assert spread(either.vlans()) == {1: {'Egress Untagged'}, 7: {'PVID'}}
    add(either, 7, Untagged=True)
    assert spread(either.vlans()) == {1: {'Egress Untagged'}, 7: {'Egress Untagged'}}
    since = len(either.client.events)
    add(either, 7, Untagged=True)
    assert told(either, since) == []
    check_shown(either)


def test_ranges_join(either):
    add(either, 10, RangeEnd=12)
    add(either, 14, RangeEnd=16)
    assert ranges(either.vlans()) == [(1, 1), (10, 12), (14, 16)]
    add(either, 13)
    assert ranges(either.vlans()) == [(1, 1), (10, 16)]
    remove(either, 12, RangeEnd=13)
    assert ranges(either.vlans()) == [(1, 1), (10, 11), (14, 16)]
    check_shown(either)


def test_ranges_do_not_follow_what_is_not_shown(port):
    """The kernel begins a new range where the state of a VLAN differs, which has no key here."""
    port.interface = contract.BRIDGE_PORT
    add(port, 10, RangeEnd=20)
    bridge_tool('vlan', 'set', 'dev', 'v0', 'vid', '15', 'state', 'blocking')
    port.write('Alias', 'read again', contract.LINK)
    assert ranges(port.get('Vlans')) == [(1, 1), (10, 20)]
    check_shown(port)


def test_remove(either):
    add(either, 7, RangeEnd=9)
    since = len(either.client.events)
    remove(either, 8)
    assert told(either, since) == [either.vlans()]
    assert ranges(either.vlans()) == [(1, 1), (7, 7), (9, 9)]
    remove(either, 1)
    assert ranges(either.vlans()) == [(7, 7), (9, 9)]
    remove(either, 1, RangeEnd=4094)
    assert either.vlans() == []
    assert either.get('Name', contract.LINK) not in shown_by_bridge()


def test_remove_what_is_not_there(either):
    before = either.vlans()
    with refused(contract.NOT_FOUND, 'Cannot remove VLAN 8 on link', 'namespace blue'):
        remove(either, 8)
    with refused(contract.NOT_FOUND):
        remove(either, 2, RangeEnd=4094)
    assert either.vlans() == before


@pytest.mark.parametrize('number,values,pattern', [
    (0, {}, '0'), (4095, {}, '4095'), (65535, {}, '65535'),
    (7, {'RangeEnd': 6}, 'RangeEnd'), (7, {'RangeEnd': 0}, 'RangeEnd'),
    (7, {'RangeEnd': 4095}, 'RangeEnd'), (0, {'RangeEnd': 5}, '0'),
    (7, {'RangeEnd': 9, 'Pvid': True}, 'Pvid')], ids=str)
def test_bad_arguments(either, number, values, pattern):
    before = shown_by_bridge()
    with refused(contract.INVALID_ARGS, 'Cannot add VLAN', pattern):
        add(either, number, **values)
    if 'Pvid' not in values:
        with refused(contract.INVALID_ARGS, 'Cannot remove VLAN', pattern):
            remove(either, number, **values)
    assert shown_by_bridge() == before


@pytest.mark.parametrize('member,dictionary,pattern', [
    ('AddVlan', {'Tagged': GLib.Variant('b', True)}, 'Tagged'),
    ('AddVlan', {'Id': GLib.Variant('q', 4)}, 'Id'),
    ('AddVlan', {'RangeEnd': GLib.Variant('u', 9)}, 'RangeEnd.*type q.*u'),
    ('AddVlan', {'Pvid': GLib.Variant('s', 'yes')}, 'Pvid.*type b.*s'),
    ('RemoveVlan', {'Pvid': GLib.Variant('b', True)}, 'Pvid'),
    ('RemoveVlan', {'RangeEnd': GLib.Variant('i', 9)}, 'RangeEnd')], ids=str)
def test_bad_options(either, member, dictionary, pattern):
    before = shown_by_bridge()
    with refused(contract.INVALID_ARGS, pattern):
        either.call(member, SIGNATURE, 1, dictionary)
    assert shown_by_bridge() == before


def test_only_where_the_interface_is(blue, bridge, port):
    """A link that is no bridge, and a port that has left."""
    plain = blue.create_link('w0', 'veth')
    for link, interface in ((plain, contract.BRIDGE), (plain, contract.BRIDGE_PORT),
                            (bridge, contract.BRIDGE_PORT), (port, contract.BRIDGE)):
        with refused(contract.UNKNOWN_INTERFACE, interface):
            link.client.call(link.path, interface, 'AddVlan', SIGNATURE, 5, {})
    port.set(Master='/')
    with refused(contract.UNKNOWN_INTERFACE):
        port.client.call(port.path, contract.BRIDGE_PORT, 'AddVlan', SIGNATURE, 5, {})


def test_property_is_read_only(either):
    for write in (lambda: either.write('Vlans', GLib.Variant('aa{sv}', [])),
                  lambda: either.client.call(either.path, contract.LINK, 'Set', '(a{sv})',
                                             {'Vlans': GLib.Variant('aa{sv}', [])})):
        with refused(contract.READ_ONLY, 'Vlans'):
            write()


def wait_for_vlans(link, vlans, since):
    """A signal says that the link has these VLANs."""
    link.client.wait_signal(lambda event: event.path == link.path
                            and event.member == 'PropertiesChanged'
                            and event.args[0] == link.interface
                            and spread(event.args[1].get('Vlans', [])) == vlans, since=since)


def test_changed_by_bridge(either):
    """Changes by bridge(8) are told, whether the link is up or down."""
    name = either.get('Name', contract.LINK)
    own = ['self'] if either.interface == contract.BRIDGE else []
    for up in (False, True):
        either.client.set(either.path, contract.LINK, 'Up', GLib.Variant('b', up))
        for words in (['add', 'dev', name, 'vid', '100-200'],
                      ['add', 'dev', name, 'vid', '150', 'pvid', 'untagged'],
                      ['del', 'dev', name, 'vid', '100-199'],
                      ['add', 'dev', name, 'vid', '1', 'pvid', 'untagged'],
                      ['del', 'dev', name, 'vid', '200']):
            since = len(either.client.events)
            bridge_tool('vlan', *words, *own)
            wait_for_vlans(either, shown_by_bridge()[name], since)
    check_shown(either)


def test_changed_by_the_default(either):
    """The VLAN of new ports is that of the ports that are there, too."""
    since = len(either.client.events)
    kernel.ip('link', 'set', 'br0', 'type', 'bridge', 'vlan_default_pvid', '7', ns='blue')
    wait_for_vlans(either, {7: {'PVID', 'Egress Untagged'}}, since)
    since = len(either.client.events)
    kernel.ip('link', 'set', 'br0', 'type', 'bridge', 'vlan_default_pvid', '0', ns='blue')
    either.client.wait_signal(lambda event: event.path == either.path
                              and event.args[1:2] and 'Vlans' in event.args[1]
                              and event.args[1]['Vlans'] == [], since=since)


def test_more_than_one_message(daemon, port):
    """So many ranges that the kernel takes several messages to tell them."""
    port.interface = contract.BRIDGE_PORT
    lines = [f'vlan add dev v0 vid {number}' for number in range(3, 1603, 2)]
    daemon.process.kill(signal.SIGSTOP)
    kernel.run('bridge', '-n', 'blue', '-batch', '-', input='\n'.join(lines) + '\n')
    daemon.process.kill(signal.SIGCONT)
    vlans = port.get('Vlans')
    assert len(vlans) == len(lines) + 1
    assert spread(vlans) == shown_by_bridge()['v0']


def test_fdb_of_vlans(bridge, port):
    """An entry for one VLAN, and one for each; a VLAN that the port has not got."""
    bridge.interface, port.interface = contract.BRIDGE, contract.BRIDGE_PORT
    add(port, 7, RangeEnd=8)
    mac = '02:00:00:00:00:07'
    on_port = {'Link': GLib.Variant('o', port.path)}

    def vlans():
        found = bridge.call('ListFdb', '(a{sv})', {'MacAddress': GLib.Variant('s', mac)})
        shown = [entry for entry in json.loads(bridge_tool('-j', 'fdb', 'show', 'br', 'br0'))
                 if entry['mac'] == mac]
        assert sorted(entry.get('Vlan', 0) for entry in found) == sorted(
            entry.get('vlan', 0) for entry in shown)
        return sorted(entry.get('Vlan', 0) for entry in found)

    bridge.call('AddFdbEntry', '(sa{sv})', mac, on_port | {'Vlan': GLib.Variant('q', 7)})
    assert vlans() == [7]
    with refused(contract.EXISTS, mac):
        bridge.call('AddFdbEntry', '(sa{sv})', mac, on_port | {'Vlan': GLib.Variant('q', 7)})
    for member in ('AddFdbEntry', 'RemoveFdbEntry'):
        for number in (9, 0, 4095):
            with refused(contract.INVALID_ARGS, 'Vlan', str(number)):
                bridge.call(member, '(sa{sv})', mac, on_port | {'Vlan': GLib.Variant('q', number)})
    bridge.call('RemoveFdbEntry', '(sa{sv})', mac, on_port)
    assert vlans() == []
    bridge.call('AddFdbEntry', '(sa{sv})', mac, on_port)
    assert vlans() == [0, 1, 7, 8]
    bridge.call('RemoveFdbEntry', '(sa{sv})', mac, on_port | {'Vlan': GLib.Variant('q', 7)})
    assert vlans() == [0, 1, 8]
