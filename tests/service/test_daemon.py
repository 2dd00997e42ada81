"""The life of the daemon: how it starts, what it refuses, how it ends, what stays."""

import os
import re
import signal
import subprocess

import pytest

from gi.repository import Gio

from support import contract, daemon as daemon_module, kernel, nsd
from support.bus import Client
from support.compare import assert_bus_equals_kernel
from support.daemon import NETNSD, Daemon, start
from support.loop import wait_until


@pytest.fixture
def daemon(client, log_file):
    """A daemon for one test, whose end the test may bring about itself."""
    running = Daemon(client, log_file)
    yield running
    if running.process.alive():
        assert running.stop() == 0
    running.close()


@pytest.fixture
def manager(client, daemon):
    return nsd.Manager(client)


@pytest.fixture
def private_bus(tmp_path):
    """A second dbus-daemon, of the session type: (its address, its process)."""
    bus = subprocess.Popen(['dbus-daemon', '--session', '--nofork', '--nopidfile', '--nosyslog',
                            '--print-address=1', f'--address=unix:path={tmp_path}/bus'],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    address = bus.stdout.readline().strip()
    yield address, bus
    bus.kill()
    bus.wait()


def names_on(address):
    """The names on another bus, through a connection of its own."""
    client = Client(address, listen=False)
    names = client.call('/org/freedesktop/DBus', 'org.freedesktop.DBus', 'ListNames',
                        destination='org.freedesktop.DBus')
    client.close()
    return names


def wait_for_name(address, process):
    """Until the daemon owns its name on another bus."""
    client = Client(address, listen=False)
    owned = []
    watch = Gio.bus_watch_name_on_connection(client.connection, contract.BUS_NAME, 0,
                                             lambda *_: owned.append(True), None)
    wait_until(lambda: owned or not process.alive(), 'the name')
    Gio.bus_unwatch_name(watch)
    client.close()
    assert owned, process.text()


# First in this module: /run/netns is not there yet.
def test_makes_the_directory_of_the_names(manager):
    """On a machine where nobody ever ran `ip netns add`, the daemon makes what that makes."""
    manager.create('first')
    mounts = [line for line in open('/proc/self/mountinfo', encoding='utf-8')
              if line.split()[4] == '/run/netns']
    assert mounts and 'shared:' in mounts[-1]
    assert kernel.netns_names() == {'first'}
    kernel.run('ip', 'netns', 'del', 'first')


def test_keeps_a_directory_that_is_there(client, log_file):
    """What `ip netns add` prepared is used as it is: no second mount over it."""
    kernel.run('ip', 'netns', 'add', 'before')
    mounts = open('/proc/self/mountinfo', encoding='utf-8').read()
    running = Daemon(client, log_file)
    assert nsd.Manager(client).namespace('before').get('Names') == ['before']
    assert running.stop() == 0
    running.close()
    assert open('/proc/self/mountinfo', encoding='utf-8').read() == mounts
    kernel.run('ip', 'netns', 'del', 'before')


def test_version():
    assert re.match(r'netnsd \d+\.\d+', kernel.run(NETNSD, '--version'))


def test_version_is_that_of_the_property(manager):
    assert manager.get('Version') in kernel.run(NETNSD, '--version')


def test_help():
    text = kernel.run(NETNSD, '--help')
    for option in ('--session', '--address', '--version'):
        assert option in text


def test_unknown_option():
    done = subprocess.run([NETNSD, '--no-such-option'], capture_output=True, text=True)
    assert done.returncode != 0
    assert 'no-such-option' in done.stderr


def test_name_is_taken(daemon, tmp_path):
    """A second daemon says so and ends; the first one does not notice."""
    second = start(tmp_path / 'log')
    assert second.wait() != 0
    assert contract.BUS_NAME in second.text()
    assert daemon.process.alive()


def test_no_bus(tmp_path):
    process = start(tmp_path / 'log', '--address=unix:path=/nonexistent/bus')
    assert process.wait() != 0
    assert 'nonexistent' in process.text() or 'connect' in process.text()


@pytest.mark.parametrize('missing', ['net_admin', 'sys_admin'])
def test_no_capability(tmp_path, missing):
    """Without the right to do anything, say which one is missing, at once."""
    process = start(tmp_path / 'log', before=['setpriv', '--bounding-set', f'-{missing}',
                                              '--inh-caps', f'-{missing}'])
    assert process.wait() != 0
    assert f'CAP_{missing.upper()}' in process.text()


def test_not_root(tmp_path):
    process = start(tmp_path / 'log', before=['setpriv', '--reuid=nobody', '--regid=nogroup',
                                              '--clear-groups'])
    assert process.wait() not in (0, None)
    assert 'CAP_' in process.text()


def test_mounts_that_do_not_propagate(tmp_path):
    """Where mounts come in and none go out nobody would see the names: refuse to start.

    That is what a unit with ProtectSystem= and the like gets from systemd.
    """
    kernel.run('ip', 'netns', 'add', 'visible')     # makes /run/netns a shared mount
    try:
        process = start(tmp_path / 'log', before=['unshare', '--mount', '--propagation', 'slave'])
        try:
            assert process.wait(5) != 0
        finally:
            process.stop(signal.SIGKILL)
        assert 'propagat' in process.text()
    finally:
        kernel.run('ip', 'netns', 'del', 'visible')


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_ends_on_a_signal(client, log_file, number):
    running = Daemon(client, log_file)
    assert running.process.stop(number) == 0
    running.close()


def test_other_bus(private_bus, tmp_path):
    """--address serves another bus, and this one is not touched."""
    address, _bus = private_bus
    process = start(tmp_path / 'log', f'--address={address}')
    wait_for_name(address, process)
    assert contract.BUS_NAME not in names_on(os.environ['DBUS_SYSTEM_BUS_ADDRESS'])
    assert process.stop() == 0


def test_session_bus(private_bus, tmp_path):
    address, _bus = private_bus
    env = dict(daemon_module.daemon_environment(), DBUS_SESSION_BUS_ADDRESS=address)
    process = start(tmp_path / 'log', '--session', env=env)
    wait_for_name(address, process)
    assert process.stop() == 0


def test_bus_goes_away(private_bus, tmp_path):
    """The bus ends: so does the daemon, cleanly, and the namespaces stay."""
    address, bus = private_bus
    process = start(tmp_path / 'log', f'--address={address}')
    wait_for_name(address, process)
    client = Client(address)
    nsd.Manager(client).create('survivor')
    client.close()
    bus.kill()
    assert process.wait() == 0
    assert 'survivor' in kernel.netns_names()
    kernel.run('ip', 'netns', 'del', 'survivor')


def test_is_started_again():
    """An end in good order is no wish: who stops the service for good says so to systemd."""
    lines = (contract.TOP / 'data' / 'netnsd.service.in').read_text().splitlines()
    assert 'Restart=always' in lines


def test_notifies_systemd(tmp_path):
    """READY=1 comes after the name is owned, and STOPPING=1 at the end."""
    import socket
    path = tmp_path / 'notify'
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(path))
    listener.settimeout(20)
    env = dict(daemon_module.daemon_environment(), NOTIFY_SOCKET=str(path))
    process = start(tmp_path / 'log', env=env)
    words = listener.recv(4096).decode()
    while 'READY=1' not in words:
        words = listener.recv(4096).decode()
    assert contract.BUS_NAME in names_on(os.environ['DBUS_SYSTEM_BUS_ADDRESS'])
    assert process.stop() == 0
    listener.close()


def test_restart_is_invisible(client, daemon, manager):
    """Namespaces, links, addresses and routes stay, and have the same paths afterwards."""
    blue = manager.create('blue')
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1'}, Up=True)
    link.add_address('192.0.2.1/24')
    blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.9')
    blue.create_link('br0', 'bridge')
    assert_bus_equals_kernel(blue, 'blue')
    before = (manager.list(), set(blue.objects()), kernel.links('blue').keys())
    daemon.restart()
    assert (manager.list(), set(blue.objects()), kernel.links('blue').keys()) == before
    assert_bus_equals_kernel(blue, 'blue')
    blue.call('Delete')


def test_changes_while_it_was_away(daemon, manager):
    """What happened between two daemons is found at the start."""
    blue = manager.create('blue')
    assert daemon.stop() == 0
    kernel.ip('link', 'add', 'v0', 'type', 'veth', 'peer', 'v1', ns='blue')
    kernel.run('ip', 'netns', 'add', 'red')
    daemon.start()
    assert blue.link('v0').get('Name') == 'v0'
    assert manager.namespace('red').get('Names') == ['red']
    for name in ('blue', 'red'):
        assert_bus_equals_kernel(manager.namespace(name), name)
        manager.namespace(name).call('Delete')


def test_nothing_is_left_open(daemon, manager):
    """Namespaces that come and go leave no descriptor, thread or mount behind."""
    def count():
        mounts = len(open(f'/proc/{daemon.pid}/mountinfo', encoding='utf-8').readlines())
        return (len(os.listdir(f'/proc/{daemon.pid}/fd')),
                len(os.listdir(f'/proc/{daemon.pid}/task')), mounts)

    def cycle(number):
        blue = manager.create(f'cycle{number}')
        blue.create_link('v0', 'veth', Peer={'Name': 'v1'})
        blue.call('Delete')

    cycle(0)
    manager.client.sync()
    before = count()
    for number in range(20):
        cycle(number)
    manager.client.settle(lambda: count() == before, f'{before} descriptors, threads, mounts')
