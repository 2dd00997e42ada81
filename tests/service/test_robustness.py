"""What once wedged or fooled the daemon, and must not again."""

import fcntl
import os
import select
import signal
import socket
import struct

import pytest

from support import contract, kernel
from support.bus import BusError, refused
from support.compare import assert_bus_equals_kernel
from support.contract import GLib
from support.loop import wait_until

TIED = 12       # namespaces with a link whose other end is in the host namespace


def names_in(namespace):
    return {link['ifname'] for link in kernel.links(namespace).values()}


@pytest.mark.parametrize('key', ['PeerNamespace', 'Veth.PeerNamespace'])
def test_the_second_namespace_is_asked_about_however_it_is_named(user, blue, red, key):
    """A key may carry the name of its interface: the gate must see it as well."""
    failure = user('news').error_of(
        blue.path, contract.NAMESPACE, 'CreateLink',
        GLib.Variant('(ssa{sv})', ('v0', 'veth', {key: GLib.Variant('o', red.path)})))
    assert failure and failure.name == contract.ACCESS_DENIED
    assert names_in('red') == {'lo'} == names_in('blue')


def test_a_qualified_peer_namespace(client, blue, red):
    """It means the same: both ends are where they were asked for, and late settings find theirs."""
    red.create_link('victim', 'bridge')
    blue.create_link('victim', 'bridge')
    settings = {'Veth.PeerNamespace': GLib.Variant('o', red.path),
                'Peer': GLib.Variant('a{sv}', {'Name': GLib.Variant('s', 'v1'),
                                               'Alias': GLib.Variant('s', 'far'),
                                               'Up': GLib.Variant('b', True)})}
    client.call(blue.path, contract.NAMESPACE, 'CreateLink', '(ssa{sv})', 'v0', 'veth', settings)
    assert names_in('red') == {'lo', 'victim', 'v1'}
    assert kernel.link('v1', 'red')['ifalias'] == 'far'
    assert 'UP' in kernel.link('v1', 'red')['flags']
    assert 'ifalias' not in kernel.link('victim', 'blue')


@pytest.mark.parametrize('offset', [1, 1000])
def test_a_namespace_that_is_not_there_yet(user, blue, red, offset):
    """What cannot be asked about is refused: it could be there when the handler looks."""
    link = blue.create_link('v0', 'veth')
    other = red.path.rpartition('/')
    path = other[0] + other[1] + str(int(other[2]) + offset)
    failure = user('news').error_of(
        link.path, contract.LINK, 'MoveTo',
        GLib.Variant('(oa{sv})', (path, {})))
    assert failure and failure.name == contract.ERROR + 'NotFound'


def test_calls_that_wait_when_their_namespace_goes(client, daemon, blue):
    """They are told what happened, which is not that the service ends."""
    kernel.batch([f'link add b{number} type bridge' for number in range(100)], ns='blue')
    daemon.process.kill(signal.SIGSTOP)
    waiting = [client.start_call(blue.path, contract.OBJECT_MANAGER, 'GetManagedObjects')
               for _ in range(50)]
    deleted = client.start_call(blue.path, contract.NAMESPACE, 'Delete')
    daemon.process.kill(signal.SIGCONT)
    wait_until(lambda: deleted and all(waiting), 'the replies')
    assert not isinstance(deleted[0], BusError)
    failures = [answer[0].name for answer in waiting if isinstance(answer[0], BusError)]
    assert failures and set(failures) == {contract.GONE}


def tie(name, number):
    kernel.run('ip', 'netns', 'add', name)
    kernel.make_quiet(name)
    kernel.ip('link', 'add', f'tie{number}', 'type', 'veth', 'peer', 'name', 'tied', 'netns', name)


def test_restart_with_links_to_the_host(daemon, manager):
    """Reading a dump asks for namespace ids: not on the socket that the dump is on."""
    names = [f'tied{number}' for number in range(TIED)]
    for number, name in enumerate(names):
        tie(name, number)
    daemon.restart()
    for name in names:
        assert_bus_equals_kernel(manager.namespace(name), name)
    for number, name in enumerate(names):
        kernel.ip('link', 'del', f'tie{number}')
        kernel.run('ip', 'netns', 'del', name)


def test_attach_with_links_to_the_host(manager):
    with kernel.nameless_namespace() as pid:
        for number in range(4):
            kernel.ip('link', 'add', f'tie{number}', 'type', 'veth',
                      'peer', 'name', f'tied{number}', 'netns', str(pid))
        green = manager.attach_process('green', pid)
        assert {link.get('Name') for link in green.find_links(Kind='veth')} == {
            f'tied{number}' for number in range(4)}
        for number in range(4):
            kernel.ip('link', 'del', f'tie{number}')
        kernel.run('ip', 'netns', 'del', 'green')


def test_a_link_of_many_names(blue):
    """A message about one link can be larger than any part of a dump."""
    blue.create_link('b0', 'bridge', Up=True)
    blue.create_link('b1', 'bridge', Up=True)
    names = [f'n{number:03}' + 'x' * 119 for number in range(290)]
    kernel.batch([f'link property add dev b0 altname {name}' for name in names], ns='blue')
    assert len(blue.link('b0').get('AlternativeNames')) == len(names)
    blue.link('b0').set(Alias='crowded')
    assert blue.link('b1').get('Name') == 'b1'
    assert_bus_equals_kernel(blue, 'blue')


def test_a_name_of_many_megabytes(client, daemon, blue):
    """An error that repeats it would be more than the bus carries, which then ends the sender."""
    name = 'A' * 17 * 1024 * 1024
    logged = len(daemon.process.text())
    with refused(contract.INVALID_ARGS, '^Cannot create .*AAA … AAA') as caught:
        client.call(blue.path, contract.NAMESPACE, 'CreateLink', '(ssa{sv})', name, 'dummy', {})
    assert len(caught[0].message) < 1100
    assert len(daemon.process.text()) < logged + 5000
    assert daemon.process.alive()


def test_host_namespace_with_a_name(daemon, manager):
    """It is one namespace, and the host's, whatever names it has."""
    kernel.run('ip', 'netns', 'attach', 'home', str(os.getpid()))
    for _ in range(5):
        daemon.restart()
        host = manager.host()
        assert host.get('Host') is True and host.get('Names') == ['home']
        assert manager.namespace('home') == host
    kernel.run('ip', 'netns', 'del', 'home')


def test_somebody_holds_the_lock(manager, blue):
    """/run/netns can be locked by whoever can read it; that must not stop anybody else."""
    directory = os.open('/run/netns', os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        manager.create('green').call('Delete')
    finally:
        os.close(directory)


def lingering_socket():
    """Both ends of a connection whose window is full."""
    with socket.create_server(('127.0.0.1', 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _address = listener.accept()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 60))
    ours.setblocking(False)
    while select.select([], [ours], [], 0)[1]:
        ours.send(b'x' * 65536)
    return ours, theirs


def send_to_stopped(client, daemon, fd):
    """A descriptor that nobody but the daemon has in the end; @fd is closed."""
    daemon.process.kill(signal.SIGSTOP)
    answer = client.start_call(contract.MANAGER_PATH, contract.PEER, 'Ping', fds=[fd])
    os.close(fd)
    client.call('/org/freedesktop/DBus', 'org.freedesktop.DBus', 'GetId',
                destination='org.freedesktop.DBus')
    daemon.process.kill(signal.SIGCONT)
    wait_until(lambda: answer, 'the reply')


def test_a_socket_that_lingers(client, daemon):
    """To close it takes as long as its other end pleases; what others sent is closed meanwhile."""
    ours, theirs = lingering_socket()
    send_to_stopped(client, daemon, ours.detach())
    reader, writer = os.pipe()
    client.call(contract.MANAGER_PATH, contract.PEER, 'Ping', fds=[writer])
    os.close(writer)
    client.settle(lambda: select.select([reader], [], [], 0)[0], 'the end of the pipe')
    assert os.read(reader, 1) == b''
    os.close(reader)
    theirs.close()
