"""`ip netns` and the service on one machine: what either does, the other sees."""

import os
import subprocess

import pytest

from support import contract, kernel, nsd
from support.bus import refused
from support.loop import wait_until


def wait_namespace(manager, name):
    """The namespace of a name that somebody else made, once it is on the bus."""
    def find():
        return next((path for path, names in manager.list().items() if name in names), None)
    return nsd.Namespace(manager.client, wait_until(find, f'namespace {name} on the bus'))


def wait_names(namespace, names):
    wait_until(lambda: namespace.get('Names') == names, f'names {names}')


def wait_gone(manager, path):
    wait_until(lambda: path not in manager.list(), f'{path} to go')


@pytest.fixture
def green(manager):
    """A namespace made by ip."""
    kernel.run('ip', 'netns', 'add', 'green')
    yield wait_namespace(manager, 'green')
    if 'green' in kernel.netns_names():
        kernel.run('ip', 'netns', 'del', 'green')


def test_ip_adds(client, manager, green, same_as_kernel):
    """What ip makes is a namespace like ours, and announced the same way."""
    assert green.get('Inode') == kernel.inode_of('green')
    assert green.get('OwnerUid') == 0
    client.wait_signal(lambda event: event.member == 'InterfacesAdded'
                       and event.path == contract.MANAGER_PATH and event.args[0] == green.path)
    same_as_kernel(green, 'green')


def test_service_adds_ip_sees(blue):
    assert 'blue' in kernel.netns_names()
    assert kernel.run('ip', 'netns', 'exec', 'blue', 'ip', '-br', 'link').startswith('lo')


def test_ip_deletes(client, manager, blue):
    since = len(client.events)
    kernel.run('ip', 'netns', 'del', 'blue')
    client.wait_signal(lambda event: event.member == 'InterfacesRemoved'
                       and event.args[0] == blue.path, since=since)
    assert not blue.exists()
    assert blue.path not in manager.list()


def test_service_deletes_what_ip_made(manager, green):
    green.call('Delete')
    assert 'green' not in kernel.netns_names()
    assert not os.path.exists('/run/netns/green')


def test_second_name_by_ip(manager, blue):
    """One namespace, two names, one object."""
    with kernel.process_in_namespace('blue') as pid:
        kernel.run('ip', 'netns', 'attach', 'azure', pid)
        wait_names(blue, ['azure', 'blue'])
    assert manager.namespace('azure') == blue
    assert manager.list()[blue.path] == ['azure', 'blue']
    kernel.run('ip', 'netns', 'del', 'azure')
    wait_names(blue, ['blue'])
    with refused(contract.NOT_FOUND, 'azure'):
        manager.namespace('azure')


def test_names_change_in_one_signal(client, manager, blue):
    since = len(client.events)
    manager.attach('azure', os.open('/run/netns/blue', os.O_RDONLY))
    changed = [event.args for event in client.events[since:]
               if event.path == blue.path and event.member == 'PropertiesChanged']
    assert changed == [(contract.NAMESPACE, {'Names': ['azure', 'blue']}, [])]


def test_delete_removes_every_name(manager, blue):
    manager.attach('azure', os.open('/run/netns/blue', os.O_RDONLY))
    blue.call('Delete')
    assert not {'blue', 'azure'} & kernel.netns_names()
    assert not blue.exists()


def test_first_name_goes_second_stays(manager, blue):
    """The object lives as long as there is any name."""
    manager.attach('azure', os.open('/run/netns/blue', os.O_RDONLY))
    kernel.run('ip', 'netns', 'del', 'blue')
    wait_names(blue, ['azure'])
    blue.create_link('v0', 'veth')
    blue.call('Delete')
    assert 'azure' not in kernel.netns_names()


def test_plain_file_is_no_namespace(manager):
    """A file that `ip netns add` left behind, or somebody put there."""
    before = manager.list()
    with open('/run/netns/plain', 'w', encoding='utf-8') as file:
        file.write('not a namespace')
    kernel.run('ip', 'netns', 'add', 'after')       # its arrival shows that the file was seen
    after = wait_namespace(manager, 'after')
    with refused(contract.NOT_FOUND, 'plain'):
        manager.namespace('plain')
    assert set(manager.list()) == set(before) | {after.path}
    with refused(contract.EXISTS, 'plain'):
        manager.create('plain')
    with refused(contract.EXISTS, 'plain'):
        manager.create('plain', Exclusive=False)
    assert open('/run/netns/plain', encoding='utf-8').read() == 'not a namespace'
    os.unlink('/run/netns/plain')
    after.call('Delete')


@pytest.mark.parametrize('make', [
    lambda path: os.symlink('/proc/self/ns/net', path),
    lambda path: os.mkdir(path),
    lambda path: os.mkfifo(path),
], ids=['symlink', 'directory', 'fifo'])
def test_foreign_entries(manager, make):
    """Neither followed, nor opened so that it blocks, nor removed."""
    make('/run/netns/foreign')
    assert 'foreign' not in sum(manager.list().values(), [])
    with refused(contract.NOT_FOUND, 'foreign'):
        manager.namespace('foreign')
    with refused(contract.EXISTS, 'foreign'):
        manager.create('foreign')
    assert os.path.lexists('/run/netns/foreign')
    kernel.run('rm', '-d', '/run/netns/foreign')


def test_both_create_at_once(manager):
    """Ten of each, interleaved: the lock on /run/netns is shared, no name is lost."""
    names = [f'many{number}' for number in range(20)]
    others = [subprocess.Popen(['ip', 'netns', 'add', name]) for name in names[::2]]
    for name in names[1::2]:
        manager.create(name)
    assert [process.wait() for process in others] == [0] * len(others)
    assert set(names) <= kernel.netns_names()
    for name in names:
        wait_namespace(manager, name).call('Delete')
    assert not set(names) & kernel.netns_names()


def test_same_name_at_once(manager):
    """Service and ip race for a name: one wins, the other says Exists, nothing is left over."""
    for _ in range(10):
        other = subprocess.Popen(['ip', 'netns', 'add', 'raced'], stderr=subprocess.DEVNULL)
        ours = manager.client.start_call(
            contract.MANAGER_PATH, contract.MANAGER, 'CreateNamespace',
            contract.GLib.Variant('(sa{sv})', ('raced', {})))
        status = other.wait()
        wait_until(lambda: ours, 'the reply')
        won = not isinstance(ours[0], Exception)
        assert won != (status == 0)
        kernel.run('ip', 'netns', 'del', 'raced')
        wait_until(lambda: 'raced' not in sum(manager.list().values(), []), 'raced to go')


@pytest.mark.ends_namespace
def test_namespace_dies(client, manager, blue, clean_host):
    """ip deletes the only name: nothing of ours keeps it, so a veth's other end vanishes."""
    blue.create_link('inside', 'veth', Peer={'Name': 'outside'}, PeerNamespace=clean_host.path)
    outside = clean_host.link('outside')
    assert outside.get('Peer').startswith(blue.path)
    since = len(client.events)
    kernel.run('ip', 'netns', 'del', 'blue')
    client.wait_signal(lambda event: event.member == 'InterfacesRemoved'
                       and event.args[0] == outside.path, 'the other end to vanish', since)
    assert 'outside' not in {link['ifname'] for link in kernel.links().values()}


def test_namespace_of_process_stays_while_it_runs(manager, blue):
    """Deleted, but a process lives in it: it is off the bus, and comes back with a new name."""
    with kernel.process_in_namespace('blue') as pid:
        blue.create_link('br7', 'bridge')
        blue.call('Delete')
        with refused(contract.NOT_FOUND):
            manager.call('GetNamespaceOfProcess', '(u)', pid)
        again = manager.attach_process('again', pid)
        assert again.path == blue.path
        assert again.link('br7').get('Kind') == 'bridge'
        again.call('Delete')


def test_host_named_by_others(manager, host):
    """Somebody names the host namespace: a name more, and still not to be deleted."""
    kernel.run('ip', 'netns', 'attach', 'here', os.getpid())
    wait_names(host, ['here'])
    assert manager.namespace('here') == host
    with refused(contract.NOT_SUPPORTED):
        host.call('Delete')
    kernel.run('ip', 'netns', 'del', 'here')
    wait_names(host, [])
    assert host.exists()


def test_daemon_keeps_nothing_alive(daemon, manager, blue):
    """After the deletion the daemon has no descriptor of the namespace."""
    inode = kernel.inode_of('blue')
    kernel.run('ip', 'netns', 'del', 'blue')
    wait_gone(manager, blue.path)

    def held():
        found = []
        for folder in ('fd', 'task'):
            base = f'/proc/{daemon.pid}/{folder}'
            for entry in os.listdir(base):
                name = f'{base}/{entry}' + ('' if folder == 'fd' else '/ns/net')
                try:
                    found.append(os.readlink(name))
                except FileNotFoundError:
                    pass
        return f'net:[{inode}]' in found
    manager.client.settle(lambda: not held(), 'the daemon to let go')
