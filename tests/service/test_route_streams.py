"""ExportRoutes and ImportRoutes, against `ip route save` and `ip route restore`."""

import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import pytest

from support import contract, kernel
from support.bus import refused
from support.caller import Failure
from support.contract import GLib, settings
from support.loop import wait_until

LIMITS = 'org.freedesktop.DBus.Error.LimitsExceeded'
ABORTED = 'org.netnsd1.Error.Aborted'
MAGIC = (0x45311224).to_bytes(4, sys.byteorder)
ROUTES = [
    'route add 198.51.100.0/24 via 192.0.2.9', 'route add default via 192.0.2.9 metric 7',
    'route append 198.51.100.0/24 via 192.0.2.8', 'route append 198.51.100.0/24 via 192.0.2.7',
    'route add 203.0.113.0/24 via 192.0.2.8 proto static mtu 1400 advmss 1300',
    'route add blackhole 203.0.115.0/24', 'route add 203.0.116.7 dev v0 tos 0x10',
    'route add 10.0.0.0/8 nexthop via 192.0.2.7 weight 2 nexthop via 192.0.2.8',
    'route add 203.0.117.0/24 via 203.0.118.1 dev v0 onlink',
    'route add 203.0.119.0/24 via inet6 2001:db8::9 dev v0',
    'route add 203.0.120.0/24 via 192.0.2.8 src 192.0.2.1',
    'route add 2001:db8:1::/48 via 2001:db8::9 pref high metric 5',
    'route add 2001:db8:4::/48 nexthop via 2001:db8::7 nexthop via 2001:db8::8',
    'route add unreachable 2001:db8:3::/48', 'route add 2001:db8:2::/48 dev v0 mtu 1300',
    'route add 192.168.7.0/24 via 192.0.2.9 table 77',
]


def furnish(namespace, name, settled):
    """Links with the same indexes in each namespace."""
    link = namespace.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True}, Up=True,
                                 IPv6AddressGenerationMode='none')
    link.add_address('192.0.2.1/24')
    link.add_address('2001:db8::1/64', Flags=['nodad'])
    settled(name)
    return link


@pytest.fixture
def link(blue, settled):
    return furnish(blue, 'blue', settled)


@pytest.fixture
def red_link(red, settled):
    return furnish(red, 'red', settled)


@pytest.fixture
def file(tmp_path):
    return tmp_path / 'routes'


def export(namespace, fd, **match):
    return namespace.call('ExportRoutes', '(ha{sv})', 0, settings([contract.ROUTE], **match),
                          fds=[fd])


def export_to(namespace, path, **match):
    with open(path, 'wb') as stream:
        return export(namespace, stream.fileno(), **match)


def import_fd(namespace, fd):
    return namespace.call('ImportRoutes', '(ha{sv})', 0, {}, fds=[fd])


def import_from(namespace, path):
    with open(path, 'rb') as stream:
        return import_fd(namespace, stream.fileno())


def messages(data):
    """The routes of a stream."""
    assert data[:4] == MAGIC
    found, offset = [], 4
    while offset < len(data):
        length = struct.unpack_from('=I', data, offset)[0]
        found.append(data[offset:offset + length])
        offset += (length + 3) & ~3
    return found


def contents(message):
    """Without sequence number, port and flags of the dump, and timers of IPv6."""
    return re.sub(rb'\x24\x00\x0c\x00.{32}', b'', message[16:], flags=re.DOTALL)


def save(name, path, *words):
    with open(path, 'wb') as stream:
        kernel_run('ip', '-n', name, *words, 'route', 'save', stdout=stream)


def restore(name, path):
    with open(path, 'rb') as stream:
        kernel_run('ip', '-n', name, 'route', 'restore', stdin=stream)


def kernel_run(*command, **streams):
    done = subprocess.run(command, stderr=subprocess.PIPE, check=False, **streams)
    assert done.returncode == 0, done.stderr


def shown(name, *, table='main'):
    """The routes as ip prints them; those of IPv4 in their order."""
    return [[{k: v for k, v in route.items() if k != 'expires'}
             for route in kernel.ip_json(f'-{family}', 'route', 'show', 'table', table, ns=name)]
            for family in (4, 6)]


# ---- who may ----

def test_denied(blue, link, user):
    path = pathlib.Path('/run/stream')     # where he can read it
    path.write_bytes(MAGIC)
    before = kernel.routes('blue')
    with pytest.raises(Failure) as failure:
        user('nobody').call(blue.path, contract.NAMESPACE, 'ImportRoutes',
                            GLib.Variant('(ha{sv})', (0, {})), files=[str(path)])
    assert failure.value.name == contract.ACCESS_DENIED
    assert kernel.routes('blue') == before


# ---- export ----

@pytest.mark.parametrize('words,match', [([], {'Family': 'inet'}), (['-4'], {'Family': 'inet'}),
                                         (['-6'], {'Family': 'inet6'})], ids=str)
def test_same_as_ip_saves(blue, link, file, tmp_path, words, match):
    kernel.batch(ROUTES, 'blue')
    save('blue', tmp_path / 'saved', *words)
    count = export_to(blue, file, **match)
    ours, theirs = (messages(path.read_bytes()) for path in (file, tmp_path / 'saved'))
    assert count == len(ours) == len(theirs) > 4
    assert [contents(m) for m in ours] == [contents(m) for m in theirs]


def test_ip_restores(blue, red, link, red_link, file):
    """Routes to one destination come in the other order then: ip puts each before those there."""
    kernel.batch(ROUTES, 'blue')
    export_to(blue, file)
    restore('red', file)
    assert [sorted(map(str, routes)) for routes in shown('red')] == [
        sorted(map(str, routes)) for routes in shown('blue')]


def test_match(blue, link, file):
    kernel.batch(ROUTES, 'blue')
    assert export_to(blue, file, Table=77) == 1
    assert len(messages(file.read_bytes())) == 1
    assert export_to(blue, file, Gateway='192.0.2.8', Family='inet') == 3
    assert export_to(blue, file, Table=4711) == 0
    assert file.read_bytes() == MAGIC
    with refused(contract.INVALID_ARGS, 'Cannot export routes in namespace blue', 'Nonsense'):
        export_to(blue, file, Nonsense=GLib.Variant('s', ''))


def read_slowly(read, result):
    while part := read(4000):
        result.append(part)


@pytest.mark.parametrize('kind', ['pipe', 'socket', 'fifo'])
def test_export_to(blue, link, file, tmp_path, kind):
    """More than a pipe or a socket holds; the flags of the descriptor stay as they are."""
    kernel.batch([f'route add 10.{n // 256}.{n % 256}.0/24 via 192.0.2.9' for n in range(4000)],
                 'blue')
    export_to(blue, file)
    if kind == 'pipe':
        ours, theirs = os.pipe()
    elif kind == 'fifo':
        os.mkfifo(tmp_path / 'fifo')
        ours = os.open(tmp_path / 'fifo', os.O_RDONLY | os.O_NONBLOCK)
        theirs = os.open(tmp_path / 'fifo', os.O_WRONLY)
        os.set_blocking(ours, True)
    else:
        ours, theirs = (end.detach() for end in socket.socketpair())
    result = []
    reader = threading.Thread(target=read_slowly, args=(lambda n: os.read(ours, n), result))
    reader.start()
    assert export(blue, theirs) > 4000
    assert os.get_blocking(theirs)
    os.close(theirs)
    reader.join()
    os.close(ours)
    assert [contents(m) for m in messages(b''.join(result))] == [
        contents(m) for m in messages(file.read_bytes())]


def refused_descriptors(tmp_path):
    (tmp_path / 'file').write_bytes(MAGIC)
    datagram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    yield os.open('/dev/null', os.O_RDWR)
    yield os.open(tmp_path, os.O_RDONLY)
    yield os.open(tmp_path / 'file', os.O_PATH)
    yield os.open('/proc/self/mem', os.O_RDWR)
    yield datagram.detach()
    yield os.eventfd(0)


def test_bad_descriptors(blue, link, tmp_path):
    for fd in refused_descriptors(tmp_path):
        with refused(contract.INVALID_ARGS, 'Cannot export routes in namespace blue', 'descriptor'):
            export(blue, fd)
        with refused(contract.INVALID_ARGS, 'Cannot import routes in namespace blue', 'descriptor'):
            import_fd(blue, fd)
        os.close(fd)
    with open(tmp_path / 'file', 'rb') as stream, refused(contract.INVALID_ARGS, 'written'):
        export(blue, stream.fileno())
    with open(tmp_path / 'file', 'ab') as stream, refused(contract.INVALID_ARGS, 'read'):
        import_fd(blue, stream.fileno())
    with refused(contract.INVALID_ARGS, 'no descriptor 0'):
        blue.call('ExportRoutes', '(ha{sv})', 0, {})
    with refused(contract.INVALID_ARGS, 'no descriptor 0'):
        blue.call('ImportRoutes', '(ha{sv})', 0, {})


def test_reader_that_goes(blue, link):
    kernel.batch([f'route add 10.{n // 256}.{n % 256}.0/24 via 192.0.2.9' for n in range(5000)],
                 'blue')
    ours, theirs = os.pipe()
    answer = blue.client.start_call(blue.path, contract.NAMESPACE, 'ExportRoutes',
                                    GLib.Variant('(ha{sv})', (0, {})), fds=[theirs])
    os.close(theirs)
    assert os.read(ours, 4) == MAGIC
    os.close(ours)
    wait_until(lambda: answer, 'the reply')
    assert 'Broken pipe' in str(answer[0])
    assert blue.get('RouteCount') > 5000


# ---- import ----

@pytest.mark.parametrize('by', ['ExportRoutes', 'ip route save'])
def test_import(client, blue, red, link, red_link, file, same_as_kernel, by):
    """What either has written; what was there already is left, and not counted."""
    kernel.batch(ROUTES, 'blue')
    if by == 'ExportRoutes':
        export_to(blue, file)
    else:
        save('blue', file)
        with open(file, 'ab') as both:
            save('blue', file.with_suffix('.6'), '-6')
            both.write(file.with_suffix('.6').read_bytes()[4:])
    before = sum(map(len, shown('red')))
    red.objects()
    since = len(client.events)
    added = import_from(red, file)
    assert added == sum(map(len, shown('blue'))) - before > 10
    signals = [event for event in client.events[since:]
               if event.path == red.path and event.member == 'InterfacesAdded']
    assert len(signals) == added
    assert shown('red') == shown('blue')
    same_as_kernel(red, 'red')
    assert import_from(red, file) == 0


def test_import_from_nothing(blue, link, file):
    """All that the kernel made for the addresses too: in the order in which it can be."""
    kernel.batch(ROUTES, 'blue')
    wanted = shown('blue')
    count = export_to(blue, file)
    blue.call('FlushRoutes', '(a{sv})', settings([contract.ROUTE], Table=254))
    assert shown('blue') == [[], []]
    assert import_from(blue, file) == count
    assert [sorted(map(str, routes)) for routes in shown('blue')] == [
        sorted(map(str, routes)) for routes in wanted]


NEXT_HOPS = [
    'nexthop add id 1 via 192.0.2.7 dev v0', 'nexthop add id 2 via 192.0.2.8 dev v0',
    'nexthop add id 3 group 1/2', 'nexthop add id 4 blackhole',
    'nexthop add id 5 encap ip id 4 dst 10.0.0.1 via 192.0.2.7 dev v0',
    'nexthop add id 6 via 203.0.118.1 dev v0 onlink', 'nexthop add id 7 via 2001:db8::7 dev v0',
    'nexthop add id 8 via 2001:db8::8 dev v0', 'nexthop add id 9 group 7/8',
    'nexthop add id 10 dev v0',]
OF_NEXT_HOPS = [*(f'10.{n}.0.0/16 nhid {n}' for n in (1, 3, 4, 5, 6, 7, 10)),
                *(f'2001:db8:{n}::/48 nhid {n}' for n in (7, 9, 11))]


def test_import_next_hop_objects(blue, link, file):
    """A dump says of them what the kernel does not take."""
    kernel.ip('-6', 'nexthop', 'add', 'id', '11', 'blackhole', ns='blue')
    kernel.batch([*NEXT_HOPS, *(f'route add {words}' for words in OF_NEXT_HOPS)], 'blue')
    wanted = shown('blue')
    assert export_to(blue, file, Protocol='boot') == 10
    kernel.batch([f'route del {words}' for words in OF_NEXT_HOPS], 'blue')
    assert import_from(blue, file) == 10
    assert shown('blue') == wanted
    assert import_from(blue, file) == 0
    assert shown('blue') == wanted


@pytest.mark.parametrize('kind', ['pipe', 'socket'])
def test_import_piecemeal(blue, link, file, kind):
    kernel.batch(ROUTES, 'blue')
    export_to(blue, file)
    kernel.ip('route', 'flush', 'proto', 'boot', ns='blue')
    ours, theirs = os.pipe()[::-1] if kind == 'pipe' else (
        end.detach() for end in socket.socketpair())
    answer = blue.client.start_call(blue.path, contract.NAMESPACE, 'ImportRoutes',
                                    GLib.Variant('(ha{sv})', (0, {})), fds=[theirs])
    os.close(theirs)
    data = file.read_bytes()
    for offset in range(0, len(data), 7):
        os.write(ours, data[offset:offset + 7])
    assert not answer
    os.close(ours)
    wait_until(lambda: answer, 'the reply')
    assert answer[0][0].unpack()[0] > 8


def shown6(name, destination):
    return [route for route in kernel.ip_json('-6', 'route', ns=name)
            if route['dst'] == destination]


def test_import_leaves_what_is_there(blue, link, file):
    """The kernel makes a route permanent that is added once more."""
    kernel.batch(['route add 2001:db8:1::/48 via 2001:db8::9 expires 500',
                  'route add 2001:db8:2::/48 dev v0 expires 500',
                  'route append 2001:db8:2::/48 via 2001:db8::9 dev v0'], 'blue')
    export_to(blue, file, Family='inet6')
    assert import_from(blue, file) == 0
    for destination in ('2001:db8:1::/48', '2001:db8:2::/48'):
        assert any(400 < route.get('expires', 0) <= 500 for route in shown6('blue', destination))


WAYS = {'none': [], 'first': [7], 'second': [8], 'other': [9], 'all': [7, 8]}


@pytest.mark.parametrize('there', WAYS)
def test_import_next_hops(client, blue, link, file, same_as_kernel, there):
    """Of an IPv6 route the next hops that are missing are added, and taken back if need be."""
    route = 'route append 2001:db8:4::/48 via 2001:db8::{}'
    kernel.batch([route.format(last) for last in (7, 8)], 'blue')
    kernel.batch(['addr add 2001:db8:9::1/64 dev v0 nodad',
                  'route add 2001:db8:5::/48 via 2001:db8:9::9'], 'blue')
    export_to(blue, file, Family='inet6', Protocol='boot')
    kernel.batch(['route del 2001:db8:4::/48', 'route del 2001:db8:5::/48'], 'blue')
    kernel.batch([route.format(last) for last in WAYS[there]], 'blue')
    before = kernel.routes('blue')
    kernel.ip('addr', 'del', '2001:db8:9::1/64', 'dev', 'v0', ns='blue')
    with refused(contract.UNREACHABLE, 'route 2 of 2, 2001:db8:5::/48: '):
        import_from(blue, file)
    kernel.ip('addr', 'add', '2001:db8:9::1/64', 'dev', 'v0', 'nodad', ns='blue')
    assert kernel.routes('blue') == before
    assert import_from(blue, file) == (1 if there == 'all' else 2)
    hops = [[hop['gateway'] for hop in route.get('nexthops', [route])]
            for route in shown6('blue', '2001:db8:4::/48')]
    assert [sorted(each) for each in hops] == [
        [f'2001:db8::{last}' for last in sorted({*WAYS[there], 7, 8})]]
    same_as_kernel(blue, 'blue')
    assert import_from(blue, file) == 0


def cut(data):
    return data[:-3]


def of_links(data):
    """RTM_NEWLINK in place of the second route."""
    at = 4 + len(messages(data)[0])
    return data[:at + 4] + struct.pack('=H', 16) + data[at + 6:]


@pytest.mark.parametrize('spoil,words', [
    (lambda data: b'', 'does not begin'), (lambda data: data[4:], 'does not begin'),
    (cut, r'Route \d+ of the stream, at byte \d+, is cut off'),
    (of_links, 'Route 2 of the stream, at byte [0-9]+, is not a route'),
    (lambda data: data + b'\xff' * 32, 'is too long'),
    (lambda data: data + b'\0' * 16, 'is too short'),
], ids=['empty', 'no magic', 'cut', 'links', 'long', 'short'])
def test_bad_streams(blue, link, file, spoil, words):
    kernel.batch(ROUTES, 'blue')
    export_to(blue, file)
    kernel.ip('route', 'flush', 'proto', 'boot', ns='blue')
    before = kernel.routes('blue')
    file.write_bytes(spoil(file.read_bytes()))
    with refused(contract.INVALID_ARGS, 'Cannot import routes in namespace blue', words):
        import_from(blue, file)
    assert kernel.routes('blue') == before


def test_all_or_nothing(client, blue, red, link, red_link, file, same_as_kernel):
    """The last one cannot be: it is told which, and those before it go."""
    kernel.batch([f'route add 10.{n // 256}.{n % 256}.0/24 via 192.0.2.9' for n in range(700)],
                 'blue')
    kernel.batch(['addr add 203.0.113.1/24 dev v0', 'route add 172.16.0.0/16 via 203.0.113.9'],
                 'blue')
    kernel.batch(['route add 10.0.3.0/24 via 192.0.2.9', 'route add 10.0.4.0/24 via 192.0.2.8'],
                 'red')
    export_to(blue, file, Protocol='boot')
    before = kernel.routes('red')
    with refused(contract.UNREACHABLE, 'Cannot import routes in namespace red',
                 'route 701 of 701, 172.16.0.0/16: '):
        import_from(red, file)
    assert kernel.routes('red') == before
    same_as_kernel(red, 'red')


def test_among_those_that_are_there(blue, link, file, same_as_kernel):
    """Many failures and many additions; the last cannot be, and those there before stay."""
    kernel.batch([f'route add 10.{n // 256}.{n % 256}.0/24 via 192.0.2.9' for n in range(2000)],
                 'blue')
    kernel.batch(['addr add 203.0.113.1/24 dev v0', 'route add 172.16.0.0/16 via 203.0.113.9'],
                 'blue')
    assert export_to(blue, file, Protocol='boot') == 2001
    kernel.batch([f'route del 10.{n // 256}.{n % 256}.0/24' for n in range(0, 2000, 2)] +
                 ['addr del 203.0.113.1/24 dev v0'], 'blue')
    before = kernel.routes('blue')
    with refused(contract.UNREACHABLE, 'route 2001 of 2001, 172.16.0.0/16: '):
        import_from(blue, file)
    assert kernel.routes('blue') == before
    same_as_kernel(blue, 'blue')
    kernel.ip('addr', 'add', '203.0.113.1/24', 'dev', 'v0', ns='blue')
    assert import_from(blue, file) == 1000
    assert import_from(blue, file) == 0
    same_as_kernel(blue, 'blue')


def test_long_route(blue, link, file):
    """It is longer than the first part of a dump can be that nothing was received before."""
    hops = [{'Gateway': GLib.Variant('s', f'192.0.2.{last}')} for last in range(2, 248)]
    blue.add_route(Destination='10.7.0.0/16', NextHops=GLib.Variant('aa{sv}', hops))
    assert export_to(blue, file, Family='inet') == 2
    blue.routes(Destination='10.7.0.0/16')[0].delete()
    assert import_from(blue, file) == 1
    assert len(blue.routes(Destination='10.7.0.0/16')[0].get('NextHops')) == 246


def test_takes_back_no_other_route(blue, red, link, red_link, file, same_as_kernel):
    """What is there, and comes first, would be deleted in place of some that were added."""
    kernel.batch(['route add 198.51.100.0/24 dev v0', 'route add 198.51.101.0/24 via 192.0.2.9',
                  'route add blackhole 2001:db8:1::/48', 'route add 2001:db8:2::/48 dev v0',
                  'addr add 203.0.113.1/24 dev v0', 'route add 172.16.0.0/16 via 203.0.113.9'],
                 'blue')
    kernel.batch(['route add 198.51.100.0/24 dev v0 src 192.0.2.1',
                  'route add 198.51.101.0/24 via 192.0.2.8', 'route add 2001:db8:1::/48 dev v0',
                  'route add 2001:db8:2::/48 encap ip6 id 5 dst 2001:db8::77 dev v0'], 'red')
    export_to(blue, file, Protocol='boot')
    before = kernel.routes('red')
    with refused(contract.UNREACHABLE, '2 that were done before.* could not be taken back: '
                 '2001:db8:2::/48 and 198.51.100.0/24$'):
        import_from(red, file)
    after = kernel.routes('red')
    assert [found for found in after if found in before] == before
    assert len(after) == len(before) + 2
    same_as_kernel(red, 'red')


def test_options(blue, link, file):
    file.write_bytes(MAGIC)
    with open(file, 'rb') as stream, refused(contract.INVALID_ARGS, 'Nonsense'):
        blue.call('ImportRoutes', '(ha{sv})', 0, {'Nonsense': GLib.Variant('b', True)},
                  fds=[stream.fileno()])


def is_held(daemon, inode):
    """Whether the daemon has a descriptor of this namespace."""
    found = set()
    for fd in os.listdir(f'/proc/{daemon.pid}/fd'):
        try:
            found.add(os.readlink(f'/proc/{daemon.pid}/fd/{fd}'))
        except FileNotFoundError:
            pass
    return f'net:[{inode}]' in found


def test_namespace_that_goes(client, daemon, new_namespace):
    """A stream that comes slowly does not keep it, and nothing is done there any more."""
    green = new_namespace('green')
    inode = green.get('Inode')
    ours, theirs = os.pipe()
    answer = client.start_call(green.path, contract.NAMESPACE, 'ImportRoutes',
                               GLib.Variant('(ha{sv})', (0, {})), fds=[ours])
    os.close(ours)
    client.sync()
    assert is_held(daemon, inode)
    green.call('Delete')
    client.settle(lambda: not is_held(daemon, inode), 'the end of green')
    assert not answer
    os.write(theirs, MAGIC)
    os.close(theirs)
    wait_until(lambda: answer, 'the reply')
    assert answer[0].name == contract.ERROR + 'Gone'
    assert 'Cannot import routes in namespace green' in str(answer[0])


# ---- how many, and the end ----

def test_limits(client, blue, red, link, user):
    """One import in a namespace; and nobody else waits for a pipe that nobody writes."""
    ours, theirs = os.pipe()
    words = (contract.NAMESPACE, 'ImportRoutes', GLib.Variant('(ha{sv})', (0, {})))
    first = client.start_call(blue.path, *words, fds=[ours])
    client.sync()
    with refused(LIMITS, 'Another import'):
        client.call_raw(blue.path, *words, fds=[ours])
    other = client.start_call(red.path, *words, fds=[ours])
    blue.add_route(Destination='198.51.100.0/24', Gateway='192.0.2.9')
    assert not first and not other
    os.close(theirs)
    os.close(ours)
    wait_until(lambda: first and other, 'the replies')
    assert 'does not begin' in str(first[0]) and 'does not begin' in str(other[0])


@pytest.fixture
def many_routes(link):
    """More than a pipe takes."""
    lines = [f'route add 20.0.{n >> 8}.{n & 255} dev v0\n' for n in range(3000)]
    kernel.ip('-batch', '-', ns='blue', input=''.join(lines))


def make_fifo(directory, name):
    """Both ends of a FIFO that everybody may open."""
    path = directory / name
    os.mkfifo(path)
    path.chmod(0o666)
    return path, os.open(path, os.O_RDWR | os.O_NONBLOCK)


def drain(fd):
    """Read the pipe empty whenever there is something, until the watch is removed."""
    def read(*_):
        try:
            os.read(fd, 1 << 20)
        except BlockingIOError:
            pass
        return GLib.SOURCE_CONTINUE
    return GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, fd, GLib.IOCondition.IN, read)


def test_limit_of_a_user(blue, many_routes, user):
    """Two exports that wait for their readers; another user has room."""
    words = (blue.path, contract.NAMESPACE, 'ExportRoutes',
             GLib.Variant('(ha{sv})', (0, {'Family': GLib.Variant('s', 'inet')})))
    games, other = user('games'), user('daemon')
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        directory.chmod(0o755)
        fifos = [make_fifo(directory, f'fifo{n}') for n in range(3)]
        waiting = [games.start(*words, files=[str(path)]) for path, _fd in fifos[:2]]
        failure = games.error_of(*words, files=[str(fifos[2][0])])
        assert failure.name == LIMITS and 'Too many exports' in failure.message
        waiting_too = other.start(*words, files=[str(fifos[2][0])])
        watches = [drain(fd) for _path, fd in fifos]
        counts = {games.finish(number).unpack()[0] for number in waiting}
        assert counts == {other.finish(waiting_too).unpack()[0]} and counts.pop() >= 3000
        for watch in watches:
            GLib.source_remove(watch)
        for _path, fd in fifos:
            os.close(fd)


@pytest.mark.timeout(120)
def test_patience(client, blue, many_routes):
    """20 seconds without progress, either way, and the call ends, before libraries give up."""
    pipes = [os.pipe() for _ in range(2)]
    answers = [client.start_call(blue.path, contract.NAMESPACE, member,
                                 GLib.Variant('(ha{sv})', (0, {})), fds=[fd])
               for member, fd in (('ImportRoutes', pipes[0][0]), ('ExportRoutes', pipes[1][1]))]
    begin = time.monotonic()
    wait_until(lambda: all(answers), 'the replies', 30)
    assert time.monotonic() - begin > 15
    for answer in answers:
        assert answer[0].name == 'org.freedesktop.DBus.Error.Timeout', answer
        assert 'did nothing for 20 seconds' in str(answer[0])
    for fd in sum(pipes, ()):
        os.close(fd)


def test_end_of_the_daemon(client, blue, link, daemon):
    """A call that waits for its pipe is answered, and the daemon does not wait for it."""
    ours, theirs = os.pipe()
    answer = client.start_call(blue.path, contract.NAMESPACE, 'ImportRoutes',
                               GLib.Variant('(ha{sv})', (0, {})), fds=[ours])
    client.sync()
    assert daemon.stop() == 0
    wait_until(lambda: answer, 'the reply')
    assert answer[0].name == ABORTED
    daemon.start()
    os.close(ours)
    os.close(theirs)
