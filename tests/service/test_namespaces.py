"""Manager and Namespace: create, find, list, delete, and their properties and signals."""

import ctypes
import fcntl
import os
import pathlib
import socket
import struct

import pytest

from support import contract, kernel
from support.bus import refused

NS_GET_ID = 0x8008b70d          # _IOR(0xb7, 13, __u64), Linux 6.18
SO_NETNS_COOKIE = 71            # Linux 5.14
CLONE_NEWNET = 0x40000000


def namespace_id(name):
    """The kernel's 64-bit id of a namespace: the ioctl, or the cookie of a socket born there."""
    fd = os.open(f'/run/netns/{name}', os.O_RDONLY)
    try:
        return struct.unpack('=Q', fcntl.ioctl(fd, NS_GET_ID, bytes(8)))[0]
    except OSError:
        return cookie_of(fd)
    finally:
        os.close(fd)


def cookie_of(fd):
    libc = ctypes.CDLL(None, use_errno=True)
    mine = os.open('/proc/thread-self/ns/net', os.O_RDONLY)
    assert libc.setns(fd, CLONE_NEWNET) == 0
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            return struct.unpack('=Q', probe.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8))[0]
    finally:
        assert libc.setns(mine, CLONE_NEWNET) == 0
        os.close(mine)


def test_create(manager, new_namespace):
    blue = new_namespace('blue')
    assert 'blue' in kernel.netns_names()
    assert manager.namespace('blue') == blue
    assert manager.list()[blue.path] == ['blue']
    assert list(blue.get_all()['Names']) == ['blue']


def test_path_is_the_id_of_the_kernel(blue):
    assert blue.path == f'/org/netnsd1/netns/{namespace_id("blue")}'
    assert blue.get('Id') == namespace_id('blue')


def test_properties(blue):
    properties = blue.get_all()
    assert properties.pop('Id') == int(blue.path.rpartition('/')[2])
    assert properties.pop('Inode') == kernel.inode_of('blue')
    assert properties.pop('RouteCount') == len(kernel.routes('blue'))
    assert properties == {'Names': ['blue'], 'Host': False, 'OwnerUid': 0, 'RoutesExported': True}


def test_property_types(client, manager, blue):
    assert set(contract.NAMESPACE_PROPERTIES.items()) == {
        (name, kind) for name, (kind, _access) in
        contract.properties_of(contract.NAMESPACE).items()}
    reply, _fds = client.call_raw(blue.path, contract.PROPERTIES, 'GetAll',
                                  contract.GLib.Variant('(s)', (contract.NAMESPACE,)))
    values = reply.get_child_value(0)
    types = {values.get_child_value(i).get_child_value(0).get_string():
             values.get_child_value(i).get_child_value(1).get_variant().get_type_string()
             for i in range(values.n_children())}
    assert types == contract.NAMESPACE_PROPERTIES


def test_owner_is_the_caller(manager, user):
    user('games').call(contract.MANAGER_PATH, contract.MANAGER, 'CreateNamespace',
                       contract.GLib.Variant('(sa{sv})', ('theirs', {})))
    theirs = manager.namespace('theirs')
    assert theirs.get('OwnerUid') == 5
    theirs.call('Delete')


def test_new_namespace_holds_only_lo(blue):
    names = [interfaces[contract.LINK]['Name'] for interfaces in blue.objects().values()
             if contract.LINK in interfaces]
    assert names == ['lo']


def test_loopback_is_up(blue, new_namespace):
    assert blue.link('lo').get('Up') is True
    assert new_namespace('red', LoopbackUp=False).link('lo').get('Up') is False
    assert 'UP' not in kernel.link('lo', 'red')['flags']


def test_exclusive(manager, blue):
    with refused(contract.EXISTS, 'blue'):
        manager.create('blue')
    with refused(contract.EXISTS, 'blue'):
        manager.create('blue', Exclusive=True)
    assert manager.create('blue', Exclusive=False) == blue
    assert manager.list()[blue.path] == ['blue']


def test_not_exclusive_creates(new_namespace):
    assert new_namespace('blue', Exclusive=False).get('Names') == ['blue']


def test_host_namespace(manager, host):
    properties = host.get_all()
    assert properties['Host'] is True
    assert properties['OwnerUid'] == 0
    assert properties['Inode'] == os.stat('/proc/self/ns/net').st_ino
    assert host.path in manager.list()
    assert manager.call('GetNamespaceOfProcess', '(u)', os.getpid()) == host.path


def test_unknown_namespace(manager):
    with refused(contract.NOT_FOUND, 'nowhere'):
        manager.namespace('nowhere')


def test_managed_objects(client, manager, blue, host):
    """The manager lists the namespaces, and nothing of what is in them."""
    managed = client.managed(contract.MANAGER_PATH)
    assert set(managed) == set(manager.list())
    for path, interfaces in managed.items():
        assert list(interfaces) == [contract.NAMESPACE]
        assert set(interfaces[contract.NAMESPACE]) == set(contract.NAMESPACE_PROPERTIES)


def test_delete(client, manager, blue):
    since = len(client.events)
    blue.call('Delete')
    assert 'blue' not in kernel.netns_names()
    assert not os.path.exists('/run/netns/blue')
    assert blue.path not in manager.list()
    assert not blue.exists()
    removed = [event for event in client.events[since:] if event.member == 'InterfacesRemoved']
    assert [event.args for event in removed if event.path == contract.MANAGER_PATH] == [
        (blue.path, [contract.NAMESPACE])]


def test_delete_twice(blue):
    blue.call('Delete')
    with refused(contract.UNKNOWN_OBJECT):
        blue.call('Delete')


def test_host_cannot_be_deleted(host):
    with refused(contract.NOT_SUPPORTED):
        host.call('Delete')


def test_recreated_namespace_is_another(manager, blue, new_namespace):
    """The same name, and perhaps the same inode, but never the same path."""
    blue.call('Delete')
    assert new_namespace('blue').path != blue.path


def test_signals_of_creation(client, manager, new_namespace):
    """InterfacesAdded with every property, before the reply."""
    since = len(client.events)
    blue = new_namespace('blue')
    members = [(event.path, event.member) for event in client.events[since:]]
    added = members.index((contract.MANAGER_PATH, 'InterfacesAdded'))
    assert added < members.index((contract.MANAGER_PATH, 'reply'))
    path, interfaces = client.events[since + added].args
    assert path == blue.path
    assert set(interfaces[contract.NAMESPACE]) == set(contract.NAMESPACE_PROPERTIES)
    assert interfaces[contract.NAMESPACE]['Names'] == ['blue']


GOOD = ['a', 'a b', 'ä-ö', 'x' * 255, 'with.dot', 'a:b', '名前', 'UPPER_lower-09', '~tilde', 'a\\b']
BAD = ['', '.', '..', '.hidden', '-option', 'a/b', '/', '../x', 'x' * 256, 'ä' * 128, 'new\nline',
       'tab\t', 'bell\x07', 'del\x7f', 'c1\x85', '\x1b[31m']


@pytest.mark.parametrize('name', GOOD)
def test_good_name(manager, new_namespace, name):
    path = new_namespace(name).path
    assert manager.namespace(name).path == path
    assert os.path.ismount(f'/run/netns/{name}')
    manager.namespace(name).call('Delete')


@pytest.mark.parametrize('name', BAD)
def test_bad_name(manager, name):
    before = manager.list()
    with refused(contract.INVALID_ARGS):
        manager.create(name)
    assert manager.list() == before


@pytest.mark.parametrize('name', ['', '..', 'a/b', '-x', 'x' * 256])
def test_bad_name_on_attach(manager, name):
    with refused(contract.INVALID_ARGS):
        manager.attach_process(name, 1)


@pytest.mark.parametrize('path', [
    '/org/netnsd1/netns/1', '/org/netnsd1/netns/0', '/org/netnsd1/netns/x',
    '/org/netnsd1/netns/18446744073709551616', '/org/netnsd1/netns/_1', '/org/netnsd1/nothing',
    '/org/netnsd1/netns/999999999999/link/1'])
def test_unknown_object(client, path):
    with refused(contract.UNKNOWN_OBJECT):
        client.call(path, contract.NAMESPACE, 'ListProcesses')
    with refused(contract.UNKNOWN_OBJECT):
        client.get_all(path, contract.NAMESPACE)


def test_paths_are_decoded_strictly(client, blue):
    number = blue.path.rpartition('/')[2]
    for wrong in (f'0{number}', f'{number}/', f'{number}x', f'{number}/link/01',
                  f'{number}/link/0', f'{number}/link/x', f'{number}/link/4294967297',
                  f'{number}/address/0', f'{number}/route/zz', f'{number}/foo/1'):
        path = f'/org/netnsd1/netns/{wrong}'
        if wrong.endswith('/'):
            continue        # not an object path at all: the bus refuses it
        with refused(contract.UNKNOWN_OBJECT):
            client.get_all(path, contract.LINK)


def test_unknown_members(client, blue):
    with refused(contract.UNKNOWN_METHOD):
        client.call(blue.path, contract.NAMESPACE, 'Nonsense')
    with refused(contract.UNKNOWN_PROPERTY):
        blue.get('Nonsense')
    with refused(contract.UNKNOWN_PROPERTY):
        blue.write('Nonsense', contract.GLib.Variant('s', 'x'))
    with refused(contract.INVALID_ARGS):
        client.call(blue.path, contract.NAMESPACE, 'GetLink', '(u)', 7)


def test_read_only_properties(manager, blue):
    for name, kind in contract.NAMESPACE_PROPERTIES.items():
        value = contract.GLib.Variant(kind, blue.get(name))
        with refused(contract.READ_ONLY, name):
            blue.write(name, value)
    with refused(contract.READ_ONLY, 'Version'):
        manager.write('Version', contract.GLib.Variant('s', '9'))


def test_kernel_support(manager):
    support = manager.call('GetKernelSupport')
    assert support['KernelRelease'] == os.uname().release
    kinds = support['LinkKinds']
    for kind in ('veth', 'bridge'):
        assert kind in kinds
    for kind in ('veth', 'bridge', 'dummy', 'ifb', 'vrf', 'bond', 'nlmon'):
        assert (kind in kinds) == can_create(kind), kind


@pytest.fixture
def modules(tmp_path):
    """/lib/modules of this kernel, to write to, on a layer above the real one."""
    for name in ('upper', 'work'):
        (tmp_path / name).mkdir()
    library = os.path.realpath('/lib')
    kernel.run('mount', '-t', 'overlay', '-o', f'lowerdir={library},upperdir={tmp_path}/upper,'
               f'workdir={tmp_path}/work', 'modules', library)
    directory = pathlib.Path('/lib/modules', os.uname().release)
    directory.mkdir(parents=True, exist_ok=True)
    yield directory
    kernel.run('umount', '--lazy', library)


def test_kernel_support_of_modules(daemon, manager, modules):
    """What could be loaded is reported, and nothing is loaded: here it would fail."""
    before = manager.call('GetKernelSupport')['LinkKinds']
    missing = [kind for kind in ('lowpan', 'rmnet', 'pfcp', 'batadv') if kind not in before]
    assert missing
    with open(modules / 'modules.alias', 'a', encoding='ascii') as file:
        file.write(f'# here\nalias rtnl-link-{missing[0]} not_there\n')
    daemon.restart()
    after = manager.call('GetKernelSupport')['LinkKinds']
    assert sorted(set(after) - set(before)) == missing[:1] and set(before) <= set(after)


def can_create(kind):
    """Whether this kernel makes such a link: ask it."""
    words = ['table', '10'] if kind == 'vrf' else []
    kernel.run('ip', 'netns', 'add', 'probe')
    kernel.ip('link', 'add', 'probe0', 'type', kind, *words, ns='probe', check=False)
    made = any(link['ifname'] == 'probe0' for link in kernel.links('probe').values())
    kernel.run('ip', 'netns', 'del', 'probe')
    return made
