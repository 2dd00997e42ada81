"""The tools that people have: busctl, gdbus, an object manager client of GLib, dasbus."""

import json
import os
import select
import subprocess
import sys
import threading
import xml.etree.ElementTree as ElementTree

import pytest

from gi.repository import Gio

from support import contract
from support.loop import TIMEOUT, wait_until


def silent(*command):
    """Run a tool; it must succeed and have nothing to say on standard error."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ''
    return done.stdout


@pytest.fixture
def objects(blue):
    """An object of each sort: {what: path}."""
    bridge = blue.create_link('br0', 'bridge', Up=True)
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True}, Up=True,
                            Master=bridge.path)
    address = bridge.add_address('192.0.2.1/24')
    route = blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.9')
    return {'manager': contract.MANAGER_PATH, 'namespace': blue.path, 'bridge': bridge.path,
            'port': link.path, 'address': address.path, 'route': route.path}


INTERFACES = {
    'manager': [contract.MANAGER, contract.OBJECT_MANAGER],
    'namespace': [contract.NAMESPACE, contract.OBJECT_MANAGER],
    'bridge': [contract.LINK, contract.BRIDGE],
    'port': [contract.LINK, contract.VETH, contract.BRIDGE_PORT],
    'address': [contract.ADDRESS], 'route': [contract.ROUTE]}
STANDARD = [contract.PROPERTIES, contract.INTROSPECTABLE, contract.PEER]


def test_busctl_tree(objects):
    shown = silent('busctl', '--system', '--no-pager', 'tree', '--list', contract.BUS_NAME)
    assert set(objects.values()) <= set(shown.split())


@pytest.mark.parametrize('what', INTERFACES)
def test_busctl_introspect(objects, what):
    shown = silent('busctl', '--system', '--no-pager', 'introspect', contract.BUS_NAME,
                   objects[what])
    listed = [line.split()[0] for line in shown.splitlines() if ' interface ' in line]
    assert set(listed) == set(INTERFACES[what] + STANDARD)


@pytest.mark.parametrize('what', INTERFACES)
def test_introspection_is_what_the_object_has(client, objects, what):
    """The interfaces and members of the XML files, and no others, on each sort of object."""
    text = client.call(objects[what], contract.INTROSPECTABLE, 'Introspect')
    node = ElementTree.fromstring(text)
    elements = {element.get('name'): element for element in node.findall('interface')}
    assert set(elements) == set(INTERFACES[what] + STANDARD)
    for interface in INTERFACES[what]:
        if interface in contract.INTERFACES:
            assert members(elements[interface]) == members(contract.INTERFACES[interface])


def members(element):
    return sorted((child.tag, child.get('name'), child.get('type'), child.get('access'),
                   tuple((arg.get('type'), arg.get('direction') or '')
                         for arg in child.findall('arg')))
                  for child in element if child.tag in ('method', 'signal', 'property'))


def test_introspection_children(client, objects):
    """Each node names its children, so that a tree can be walked from the root."""
    found = set()

    def walk(path):
        node = ElementTree.fromstring(
            client.call(path, contract.INTROSPECTABLE, 'Introspect'))
        found.add(path)
        for child in node.findall('node'):
            walk(path.rstrip('/') + '/' + child.get('name'))
    walk('/')
    assert set(objects.values()) <= found


def test_gdbus_introspect(objects):
    shown = silent('gdbus', 'introspect', '--system', '-r', '-d', contract.BUS_NAME, '-o',
                   contract.MANAGER_PATH)
    for path in objects.values():
        assert f'node {path} ' in shown


def test_gdbus_call(objects):
    shown = silent('gdbus', 'call', '--system', '-d', contract.BUS_NAME, '-o', '/org/netnsd1',
                   '-m', 'org.netnsd1.Manager.GetNamespace', 'blue')
    assert shown == f"(objectpath '{objects['namespace']}',)\n"


def test_busctl_call_and_properties(objects):
    shown = silent('busctl', '--system', '-j', 'call', contract.BUS_NAME, '/org/netnsd1',
                   contract.MANAGER, 'GetNamespace', 's', 'blue')
    assert json.loads(shown) == {'type': 'o', 'data': [objects['namespace']]}
    silent('busctl', '--system', 'set-property', contract.BUS_NAME, objects['port'],
           contract.LINK, 'Mtu', 'u', '1400')
    assert silent('busctl', '--system', 'get-property', contract.BUS_NAME, objects['port'],
                  contract.LINK, 'Mtu') == 'u 1400\n'


def monitor(command, ready):
    """A monitor that has said that it listens."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True)
    watchdog = threading.Timer(TIMEOUT, process.kill)   # what is waited for may never be printed
    watchdog.daemon = True
    watchdog.start()
    for line in process.stdout:
        if ready in line:
            return process
    raise AssertionError(f'{command} ended')


def read_until(process, word):
    """Its output up to a line with this word."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if word in line:
            break
    process.kill()
    process.communicate()
    return ''.join(lines)


def test_busctl_monitor(blue):
    process = monitor(['busctl', '--system', 'monitor', contract.BUS_NAME],
                      'Monitoring bus message stream')
    blue.create_link('seen0', 'bridge')
    shown = read_until(process, 'STRING "seen0"')
    assert 'CreateLink' in shown


def test_gdbus_monitor(blue):
    process = monitor(['gdbus', 'monitor', '--system', '-d', contract.BUS_NAME],
                      'is owned by')
    link = blue.create_link('early0', 'bridge')
    alias = 0
    while not select.select([process.stdout], [], [], 0.05)[0]:     # it subscribes after it said so
        alias += 1
        link.write('Alias', str(alias))
    blue.create_link('seen0', 'bridge')
    shown = read_until(process, "'Name': <'seen0'>")
    assert f'{blue.path}: org.freedesktop.DBus.ObjectManager.InterfacesAdded' in shown


def test_object_manager_client(blue, objects):
    """GDBusObjectManagerClient of the namespace: all objects, and it follows changes."""
    connection = Gio.bus_get_sync(Gio.BusType.SYSTEM, None)
    manager = Gio.DBusObjectManagerClient.new_sync(
        connection, Gio.DBusObjectManagerClientFlags.NONE, contract.BUS_NAME, blue.path,
        None, None, None)
    assert {item.get_object_path() for item in manager.get_objects()} == set(blue.objects())
    proxy = manager.get_interface(objects['port'], contract.LINK)
    assert proxy.get_cached_property('Name').unpack() == 'v0'
    blue.link('v0').write('Mtu', 1333)
    wait_until(lambda: proxy.get_cached_property('Mtu').unpack() == 1333, 'the new MTU')
    new = blue.create_link('new0', 'bridge')
    wait_until(lambda: manager.get_object(new.path), 'the new object')
    new.delete()
    wait_until(lambda: not manager.get_object(new.path), 'its end')
    top = Gio.DBusObjectManagerClient.new_sync(
        connection, Gio.DBusObjectManagerClientFlags.NONE, contract.BUS_NAME,
        contract.MANAGER_PATH, None, None, None)
    assert blue.path in {item.get_object_path() for item in top.get_objects()}


def test_object_manager_client_warns_of_nothing(objects):
    """In a process of its own, where any warning of GLib is fatal."""
    code = f"""
from gi.repository import Gio
connection = Gio.bus_get_sync(Gio.BusType.SYSTEM, None)
for path in ('/org/netnsd1', {objects['namespace']!r}):
    manager = Gio.DBusObjectManagerClient.new_sync(connection, 0, 'org.netnsd1', path, None,
                                                   None, None)
    for item in manager.get_objects():
        for interface in item.get_interfaces():
            assert interface.get_cached_property_names()
print('fine')
"""
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                          env=dict(os.environ, G_DEBUG='fatal-warnings'))
    assert (done.stdout, done.stderr) == ('fine\n', '')


def test_dasbus(objects):
    """Proxies of dasbus are made from the introspection data."""
    code = f"""
from dasbus.connection import SystemMessageBus
from dasbus.error import DBusError
bus = SystemMessageBus()
manager = bus.get_proxy('org.netnsd1', '/org/netnsd1')
path = manager.GetNamespace('blue')
assert path == {objects['namespace']!r}, path
namespace = bus.get_proxy('org.netnsd1', path)
link = bus.get_proxy('org.netnsd1', namespace.GetLink('v0'))
assert link.Name == 'v0', link.Name
link.Mtu = 1357
assert link.Mtu == 1357
assert link.Cost > 0
try:
    namespace.GetLink('nothere')
except DBusError as error:
    assert error.dbus_name == 'org.netnsd1.Error.NotFound', error.dbus_name
else:
    raise AssertionError('found')
print('fine')
"""
    # PyGObject of Debian 12 brings an importer of the old sort: that one is no matter of ours.
    strict = ['-W', 'error', '-W', 'ignore::ImportWarning']
    done = subprocess.run([sys.executable, *strict, '-c', code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ('fine\n', '')


def test_peer_interface(client, objects):
    """Every object answers a ping."""
    for path in objects.values():
        client.call(path, contract.PEER, 'Ping')


def test_get_all_is_managed_objects(client, blue, objects):
    """The same dictionary by both ways."""
    for path, interfaces in blue.objects().items():
        for interface, properties in interfaces.items():
            silent_ones = contract.silent_properties(interface)
            again = client.get_all(path, interface)
            for values in (properties, again):
                for name in silent_ones:
                    values.pop(name, None)
            assert again == properties, (path, interface)
            for name, value in properties.items():
                assert client.get(path, interface, name) == value
