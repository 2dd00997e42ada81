"""Bridges and their ports: every property, written here and by ip."""

import subprocess

import pytest

from support import contract, kernel
from support.bus import BusError, refused
from support.contract import GLib

BRIDGE = [
    ('ForwardDelay', 1000), ('HelloTime', 300), ('MaxAge', 2500), ('AgeingTime', 1000),
    ('StpState', 1), ('Priority', 4096), ('GroupFwdMask', 8), ('GroupAddr', '01:80:c2:00:00:05'),
    ('McastRouter', 2), ('McastSnooping', False), ('McastQueryUseIfaddr', True),
    ('McastQuerier', True), ('McastHashMax', 512), ('McastLastMemberCnt', 5),
    ('McastStartupQueryCnt', 4), ('McastLastMemberIntvl', 200), ('McastMembershipIntvl', 20000),
    ('McastQuerierIntvl', 20000), ('McastQueryIntvl', 10000), ('McastQueryResponseIntvl', 500),
    ('McastStartupQueryIntvl', 3000), ('McastStatsEnabled', True), ('McastIgmpVersion', 3),
    ('McastMldVersion', 2), ('NoLinklocalLearn', True), ('FdbMaxLearned', 99),
]
# These need a kernel with VLAN filtering or br_netfilter; elsewhere the kernel says so, to ip too.
BRIDGE_OPTIONAL = [
    ('VlanFiltering', True, 'vlan_filtering 1'),
    ('VlanProtocol', '802.1ad', 'vlan_protocol 802.1ad'),
    ('VlanDefaultPvid', 10, 'vlan_default_pvid 10'),
    ('VlanStatsEnabled', True, 'vlan_stats_enabled 1'),
    ('VlanStatsPerPort', True, 'vlan_stats_per_port 1'),
    ('NfCallIptables', True, 'nf_call_iptables 1'),
    ('NfCallIp6tables', True, 'nf_call_ip6tables 1'),
    ('NfCallArptables', True, 'nf_call_arptables 1'),
]
# Newer than what the tests can expect of a kernel, or of an ip.
BRIDGE_NEW = [('StpMode', 'kernel')]
PORT = [
    ('State', 'learning'), ('Priority', 10), ('Cost', 77), ('Mode', True), ('Guard', True),
    ('Protect', True), ('FastLeave', True), ('Learning', False), ('UnicastFlood', False),
    ('Proxyarp', True), ('ProxyarpWifi', True), ('MulticastRouter', 2), ('McastFlood', False),
    ('McastToUcast', True), ('BcastFlood', False), ('GroupFwdMask', 8), ('NeighSuppress', True),
    ('Isolated', True), ('McastEhtHostsLimit', 99), ('Locked', True),
]


def ids(rows):
    return [row[0] for row in rows]


@pytest.fixture
def bridge(blue):
    return blue.create_link('br0', 'bridge')


@pytest.fixture
def port(blue, bridge, settled):
    """Its state follows the carrier a moment later, and must not do so in a test."""
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True}, Master=bridge.path,
                            Up=True)
    settled('blue')
    assert link.get('OperState') == 'UP'
    return link


def check_write(thing, interface, name, value):
    """Write, read back, and exactly one signal of it before the reply."""
    client = thing.client
    since = len(client.events)
    thing.write(name, value, interface)
    seen = [event.args[1][name] for event in client.events[since:] if event.path == thing.path
            and event.member == 'PropertiesChanged' and event.args[0] == interface
            and name in event.args[1]]
    assert seen == [value]
    assert thing.get(name, interface) == value


@pytest.mark.parametrize('name,value', BRIDGE, ids=ids(BRIDGE))
def test_bridge_property(blue, bridge, same_as_kernel, name, value):
    check_write(bridge, contract.BRIDGE, name, value)
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('name,value', BRIDGE, ids=ids(BRIDGE))
def test_bridge_created_with(blue, same_as_kernel, name, value):
    bridge = blue.create_link('br1', 'bridge', **{name: GLib.Variant(
        contract.properties_of(contract.BRIDGE)[name][0], value)})
    assert bridge.get(name, contract.BRIDGE) == value
    same_as_kernel(blue, 'blue')


def check_missing(bridge, name):
    """What the kernel does not report is in no dictionary, and asking for it says why."""
    assert name not in bridge.get_all(contract.BRIDGE)
    assert name not in bridge.namespace().objects()[bridge.path][contract.BRIDGE]
    with refused(contract.NOT_SUPPORTED, name):
        bridge.get(name, contract.BRIDGE)


@pytest.mark.parametrize('name,value,words', BRIDGE_OPTIONAL, ids=ids(BRIDGE_OPTIONAL))
def test_bridge_property_of_some_kernels(blue, bridge, same_as_kernel, name, value, words):
    """Supported exactly where ip can do it (some kernels take it from ip and forget it)."""
    kernel.ip('link', 'add', 'probe0', 'type', 'bridge', ns='blue')
    probe = subprocess.run(['ip', '-n', 'blue', 'link', 'set', 'probe0', 'type', 'bridge',
                            *words.split()], capture_output=True, text=True, check=False)
    shown = kernel.link('probe0', 'blue')['linkinfo']['info_data']
    if probe.returncode == 0 and words.split()[0] in shown:
        check_write(bridge, contract.BRIDGE, name, value)
    else:
        with refused(contract.NOT_SUPPORTED, name):
            bridge.write(name, value, contract.BRIDGE)
    if name not in bridge.get_all(contract.BRIDGE):
        check_missing(bridge, name)
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('name,value', BRIDGE_NEW, ids=ids(BRIDGE_NEW))
def test_bridge_property_of_new_kernels(blue, bridge, same_as_kernel, name, value):
    if name in bridge.get_all(contract.BRIDGE):
        check_write(bridge, contract.BRIDGE, name, value)
    else:
        check_missing(bridge, name)
        with refused(contract.NOT_SUPPORTED, name):
            bridge.write(name, value, contract.BRIDGE)
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('name,value', PORT, ids=ids(PORT))
def test_port_property(blue, port, same_as_kernel, name, value):
    check_write(port, contract.BRIDGE_PORT, name, value)
    same_as_kernel(blue, 'blue')


def test_no_property_is_forgotten():
    """Each writable property of the XML is in one of the tables of this file."""
    for interface, rows, others in (
            (contract.BRIDGE, BRIDGE + BRIDGE_OPTIONAL + BRIDGE_NEW,
             {'McastVlanSnooping', 'MstEnable', 'MdbOffloadFailNotification', 'FdbLocalVlan0'}),
            (contract.BRIDGE_PORT, PORT,
             {'VlanTunnel', 'BackupPort', 'Mab', 'McastMaxGroups', 'NeighVlanSuppress',
              'BackupNhid'})):
        writable = {name for name, (_kind, access) in contract.properties_of(interface).items()
                    if access == 'readwrite'}
        assert writable == set(ids(rows)) | others


def test_changed_by_ip(client, blue, bridge, port, same_as_kernel):
    kernel.ip('link', 'set', 'br0', 'type', 'bridge', 'hello_time', '400', 'ageing_time', '900',
              'mcast_snooping', '0', ns='blue')
    kernel.ip('link', 'set', 'v0', 'type', 'bridge_slave', 'cost', '5', 'hairpin', 'on',
              'learning', 'off', ns='blue')
    same_as_kernel(blue, 'blue')
    assert bridge.get('HelloTime', contract.BRIDGE) == 400
    assert port.get('Cost', contract.BRIDGE_PORT) == 5


def test_set_mixes_interfaces(client, blue, bridge, port, same_as_kernel):
    """Properties of the link and of its kind or role in one call."""
    bridge.set(Mtu=1400, HelloTime=500, Alias='both')
    assert (bridge.get('Mtu'), bridge.get('HelloTime', contract.BRIDGE)) == (1400, 500)
    port.set(Cost=9, Alias='port', TxQueueLength=9)
    assert (port.get('Alias'), port.get('Cost', contract.BRIDGE_PORT)) == ('port', 9)
    same_as_kernel(blue, 'blue')


def test_backup_port(blue, bridge, port, same_as_kernel):
    other = blue.create_link('w0', 'veth', Master=bridge.path)
    port.write('BackupPort', other.path, contract.BRIDGE_PORT)
    assert port.get('BackupPort', contract.BRIDGE_PORT) == other.path
    same_as_kernel(blue, 'blue')
    port.write('BackupPort', '/', contract.BRIDGE_PORT)
    assert port.get('BackupPort', contract.BRIDGE_PORT) == '/'
    same_as_kernel(blue, 'blue')


def test_port_interface_comes_and_goes(client, blue, bridge, same_as_kernel):
    """The interface is added and removed; the object stays."""
    link = blue.create_link('w0', 'veth')
    assert contract.BRIDGE_PORT not in blue.objects()[link.path]
    since = len(client.events)
    link.set(Master=bridge.path)
    added = [event.args for event in client.events[since:] if event.member == 'InterfacesAdded']
    assert [(path, list(interfaces)) for path, interfaces in added] == [
        (link.path, [contract.BRIDGE_PORT])]
    since = len(client.events)
    kernel.ip('link', 'set', 'w0', 'nomaster', ns='blue')
    client.wait_signal(lambda event: event.member == 'InterfacesRemoved'
                       and event.args == (link.path, [contract.BRIDGE_PORT]), since=since)
    same_as_kernel(blue, 'blue')


def test_port_setting_without_a_bridge(blue):
    link = blue.create_link('w0', 'veth')
    with refused(contract.INVALID_ARGS, 'Cost'):
        link.call('Set', '(a{sv})', {'Cost': GLib.Variant('u', 4)})
    with refused(contract.UNKNOWN_INTERFACE):
        link.write('Cost', 4, contract.BRIDGE_PORT)


@pytest.mark.parametrize('name,value', [
    ('VlanProtocol', 'nonsense'), ('GroupAddr', '02:00:00:00:00:01'), ('GroupFwdMask', 7),
    ('McastIgmpVersion', 7), ('McastMldVersion', 9), ('VlanDefaultPvid', 5000),
    ('GroupAddr', 'nonsense')], ids=str)
def test_bad_bridge_value(blue, bridge, same_as_kernel, name, value):
    """Refused by us or by the kernel; nothing has changed."""
    before = {key: value for key, value in bridge.get_all(contract.BRIDGE).items()
              if key not in contract.silent_properties(contract.BRIDGE)}
    try:
        bridge.write(name, value, contract.BRIDGE)
    except BusError as error:
        assert error.name in (contract.INVALID_ARGS, contract.NOT_SUPPORTED), error
        assert name in error.message
    else:
        raise AssertionError('accepted')
    after = bridge.get_all(contract.BRIDGE)
    assert {key: after[key] for key in before} == before
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('name,value', [
    ('State', 'nonsense'), ('Cost', 0), ('Cost', 65536), ('Priority', 64), ('GroupFwdMask', 2)],
    ids=str)
def test_bad_port_value(blue, port, same_as_kernel, name, value):
    before = port.get(name, contract.BRIDGE_PORT)
    with refused(contract.INVALID_ARGS, name):
        port.write(name, value, contract.BRIDGE_PORT)
    assert port.get(name, contract.BRIDGE_PORT) == before
    same_as_kernel(blue, 'blue')


def test_read_only_properties(bridge, port):
    for thing, interface in ((bridge, contract.BRIDGE), (port, contract.BRIDGE_PORT)):
        for name, (kind, access) in contract.properties_of(interface).items():
            if access == 'read' and name in thing.get_all(interface):
                with refused(contract.READ_ONLY, name):
                    thing.write(name, GLib.Variant(kind, thing.get(name, interface)), interface)
