"""AttachNamespace, AttachProcess, GetNamespaceOfProcess, Open, ListProcesses."""

import ctypes
import os
import subprocess

import pytest

from support import contract, kernel
from support.bus import refused
from support.fuse import SlowFile

CLONE_NEWNET = 0x40000000


@pytest.fixture
def sleeper():
    """A process in a network namespace without a name: its number."""
    with kernel.nameless_namespace() as pid:
        yield pid


@pytest.fixture
def adopt(manager):
    """Delete the namespace of that name after the test."""
    names = []
    yield names.append
    for name in names:
        if name in kernel.netns_names():
            manager.namespace(name).call('Delete')


def inode_of_process(pid):
    return os.stat(f'/proc/{pid}/ns/net').st_ino


def test_attach_descriptor(manager, sleeper, adopt):
    adopt('found')
    fd = os.open(f'/proc/{sleeper}/ns/net', os.O_RDONLY)
    found = manager.attach('found', fd)
    os.close(fd)
    assert found.get('Names') == ['found']
    assert found.get('Inode') == inode_of_process(sleeper) == kernel.inode_of('found')
    assert found.get('OwnerUid') == 0


def test_attach_pidfd(manager, sleeper, adopt):
    adopt('found')
    fd = os.pidfd_open(sleeper)
    found = manager.attach('found', fd)
    os.close(fd)
    assert found.get('Inode') == inode_of_process(sleeper)


def test_attach_process(manager, sleeper, adopt, same_as_kernel):
    adopt('found')
    found = manager.attach_process('found', sleeper)
    assert found.get('Inode') == inode_of_process(sleeper)
    assert 'found' in kernel.netns_names()
    same_as_kernel(found, 'found')


def test_attached_namespace_outlives_its_process(manager, adopt):
    adopt('found')
    with kernel.nameless_namespace() as pid:
        found = manager.attach_process('found', pid)
    assert found.call('ListProcesses') == []
    found.create_link('br0', 'bridge')


def test_attach_a_second_name(manager, blue):
    fd = os.open('/run/netns/blue', os.O_RDONLY)
    assert manager.attach('azure', fd) == blue
    assert blue.get('Names') == ['azure', 'blue']
    with refused(contract.EXISTS, 'azure'):
        manager.attach('azure', fd)
    with refused(contract.EXISTS, 'blue'):
        manager.attach('blue', fd)
    os.close(fd)


# What is no network namespace, one of each sort.
WRONG = {
    'file': ('/etc/passwd', os.O_RDONLY), 'device': ('/dev/null', os.O_RDONLY),
    'directory': ('/run/netns', os.O_RDONLY), 'path only': ('/etc/passwd', os.O_PATH),
    'mount namespace': ('/proc/self/ns/mnt', os.O_RDONLY),
    'user namespace': ('/proc/self/ns/user', os.O_RDONLY),
    'link to a namespace': ('/proc/self/ns/net', os.O_PATH | os.O_NOFOLLOW),
}


@pytest.mark.parametrize('sort', WRONG)
def test_attach_what_is_no_namespace(manager, sort):
    fd = os.open(*WRONG[sort])
    with refused(contract.INVALID_ARGS):
        manager.attach('wrong', fd)
    os.close(fd)
    assert not os.path.exists('/run/netns/wrong')


def test_attach_pipe(manager):
    """A descriptor that would block whoever reads it."""
    reader, writer = os.pipe()
    for fd in (reader, writer):
        with refused(contract.INVALID_ARGS):
            manager.attach('wrong', fd)
        os.close(fd)
    assert not os.path.exists('/run/netns/wrong')


def test_attach_without_descriptor(client):
    """The message names a descriptor that it does not carry."""
    with refused(contract.INVALID_ARGS):
        client.call(contract.MANAGER_PATH, contract.MANAGER, 'AttachNamespace', '(sh)', 'none', 0)
    with refused(contract.INVALID_ARGS):
        fd = os.open('/run/netns', os.O_RDONLY)
        client.call(contract.MANAGER_PATH, contract.MANAGER, 'AttachNamespace', '(sh)', 'none', 3,
                    fds=[fd])


def test_attach_pidfd_of_a_dead_process(manager):
    process = subprocess.Popen(['true'])
    fd = os.pidfd_open(process.pid)
    process.wait()
    with refused(contract.NOT_FOUND):
        manager.attach('dead', fd)
    os.close(fd)


def test_attach_unknown_process(manager):
    with refused(contract.NOT_FOUND, '4194303'):
        manager.attach_process('dead', 4194303)
    with refused(contract.NOT_FOUND):
        manager.attach_process('dead', 0)


def test_host_is_not_attached(manager):
    """The host namespace gets no names from here."""
    before = kernel.netns_names()
    with refused(contract.NOT_SUPPORTED):
        manager.attach_process('here', os.getpid())
    with open('/proc/self/ns/net', 'rb') as file, refused(contract.NOT_SUPPORTED):
        manager.attach('here', file.fileno())
    assert kernel.netns_names() == before


def test_namespace_of_process(manager, sleeper, adopt):
    with refused(contract.NOT_FOUND):
        manager.call('GetNamespaceOfProcess', '(u)', sleeper)
    adopt('found')
    found = manager.attach_process('found', sleeper)
    assert manager.call('GetNamespaceOfProcess', '(u)', sleeper) == found.path
    with refused(contract.NOT_FOUND):
        manager.call('GetNamespaceOfProcess', '(u)', 4194303)


def test_list_processes(manager, sleeper, adopt):
    adopt('found')
    found = manager.attach_process('found', sleeper)
    listed = found.call('ListProcesses')
    assert sleeper in listed
    assert listed == sorted(int(pid) for pid in
                            kernel.run('ip', 'netns', 'pids', 'found').split())


def test_empty_namespace_has_no_processes(blue):
    assert blue.call('ListProcesses') == []


def test_host_lists_its_processes(daemon, host):
    listed = host.call('ListProcesses')
    assert os.getpid() in listed and daemon.pid in listed


def test_open(blue):
    """The descriptor is the namespace: setns(2) enters it."""
    fd = blue.call('Open')
    assert os.fstat(fd).st_ino == kernel.inode_of('blue')
    assert os.readlink(f'/proc/self/fd/{fd}') == f'net:[{blue.get("Inode")}]'
    libc = ctypes.CDLL(None, use_errno=True)
    mine = os.open('/proc/thread-self/ns/net', os.O_RDONLY)
    assert libc.setns(fd, CLONE_NEWNET) == 0
    names = os.listdir('/proc/thread-self/net/dev_snmp6')
    assert libc.setns(mine, CLONE_NEWNET) == 0
    assert names == ['lo']
    os.close(fd)
    os.close(mine)


def test_open_host(host):
    fd = host.call('Open')
    assert os.fstat(fd).st_ino == inode_of_process(os.getpid())
    os.close(fd)


@pytest.fixture
def slow_file(daemon, tmp_path):
    """The daemon waits when it closes it; nobody else does."""
    file = SlowFile(tmp_path / 'slow', lambda pid: os.path.exists(f'/proc/{daemon.pid}/task/{pid}'))
    yield file
    file.close()


@pytest.mark.parametrize('taken', [False, True])
def test_descriptor_of_a_slow_file_system(client, manager, slow_file, taken):
    """Whoever is refused is told so at once, and nobody waits for his file system."""
    if taken:
        with open('/run/netns/slow', 'x', encoding='ascii'):
            pass
    fd = os.open(slow_file.path, os.O_RDWR)
    with refused(contract.INVALID_ARGS):
        manager.attach('slow', fd)
    os.close(fd)
    manager.create('other').call('Delete')
    client.settle(lambda: slow_file.held > 0, 'the daemon to close it')
    if taken:
        os.unlink('/run/netns/slow')
