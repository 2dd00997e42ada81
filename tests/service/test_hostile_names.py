"""Names that others made: any bytes.  What is not UTF-8 appears as \\xHH and is taken back so."""

import ctypes
import os
import subprocess

import pytest

from support import contract, kernel
from support.bus import refused
from support.loop import wait_until

MS_BIND = 4096
NAMES = {b'\xff\xfe': '\\xff\\xfe', b'caf\xe9': 'caf\\xe9', b'line\nbreak': 'line\nbreak',
         'ä'.encode(): 'ä', b'-dash': '-dash', b'back\\xff': 'back\\x5cxff',
         b'plain\\back': 'plain\\back'}


def name_namespace(source, name):
    """Bind-mount a namespace at a name that `ip netns` would refuse."""
    libc = ctypes.CDLL(None, use_errno=True)
    path = b'/run/netns/' + name
    os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0))
    assert libc.mount(source.encode(), path, b'none', MS_BIND, None) == 0, ctypes.get_errno()


def unname_namespace(name):
    libc = ctypes.CDLL(None, use_errno=True)
    path = b'/run/netns/' + name
    if os.path.exists(path):
        libc.umount2(path, 2)
        os.unlink(path)


@pytest.mark.parametrize('raw', NAMES, ids=repr)
def test_name_of_a_namespace(manager, blue, raw):
    """Found, shown, found by the shown form, and deleted with all its names."""
    shown = NAMES[raw]
    name_namespace('/run/netns/blue', raw)
    try:
        wait_until(lambda: shown in blue.get('Names'), lambda: f'{shown!r} in the names')
        assert manager.namespace(shown) == blue
        assert shown in manager.list()[blue.path]
        blue.call('Delete')
        assert not os.path.lexists(b'/run/netns/' + raw)
        assert not blue.exists()
    finally:
        unname_namespace(raw)


def ip_bytes(*words):
    subprocess.run([b'ip', b'-n', b'blue', *words], check=True)


@pytest.mark.parametrize('raw', [b'\xff\xfe', b'caf\xe9', 'ä'.encode(), b'back\\xff'], ids=repr)
def test_name_of_a_link(client, blue, raw):
    shown = NAMES[raw]
    ip_bytes(b'link', b'add', raw, b'type', b'bridge')
    wait_until(lambda: shown in {link.get('Name') for link in blue.find_links()},
               f'{shown!r} among the links')
    link = blue.link(shown)
    assert link.get('Kind') == 'bridge'
    assert blue.find_links(Name=shown) == [link]
    link.set(Mtu=1400)
    link.delete()
    assert set(kernel.links('blue')) == {1}


def test_create_a_link_in_the_shown_form(blue):
    """The escaped form is taken back as the bytes that it stands for."""
    link = blue.create_link('\\xff\\xfe', 'bridge')
    assert link.get('Name') == '\\xff\\xfe'
    names = subprocess.run([b'ip', b'-n', b'blue', b'-o', b'link'], capture_output=True,
                           check=True).stdout
    assert b' \xff\xfe: ' in names
    link.write('Name', 'fine')
    assert kernel.link('fine', 'blue')


def test_alias_and_alternative_name(client, blue):
    link = blue.create_link('v0', 'veth')
    since = len(client.events)
    ip_bytes(b'link', b'set', b'v0', b'alias', b'caf\xe9')
    client.wait_signal(lambda event: event.path == link.path
                       and event.args[1].get('Alias') == 'caf\\xe9', since=since)
    ip_bytes(b'link', b'property', b'add', b'dev', b'v0', b'altname', b'\xff')
    wait_until(lambda: link.get('AlternativeNames') == ['\\xff'], 'the alternative name')
    assert blue.link('\\xff') == link
    link.call('RemoveAlternativeName', '(s)', '\\xff')
    assert link.get('AlternativeNames') == []
    link.write('Alias', '\\xfe!')
    assert open_alias('v0') == b'\xfe!'


def open_alias(name):
    shown = subprocess.run([b'ip', b'-n', b'blue', b'link', b'show', name.encode()],
                           capture_output=True, check=True).stdout
    return shown.partition(b'alias ')[2].strip()


def test_address_label(blue):
    link = blue.create_link('v0', 'veth')
    ip_bytes(b'addr', b'add', b'192.0.2.1/24', b'label', b'v0:\xff', b'dev', b'v0')
    wait_until(lambda: blue.addresses(Link=link.path), 'the address')
    assert blue.addresses(Link=link.path)[0].get('Label') == 'v0:\\xff'


@pytest.mark.parametrize('name', ['a\\x00b', 'x\\x2fy', '\\x00'])
def test_no_way_around_the_checks(manager, blue, name):
    """The escapes of a slash or a NUL are no names either."""
    with refused(contract.INVALID_ARGS):
        blue.create_link(name, 'bridge')
    assert set(kernel.links('blue')) == {1}
    before = set(os.listdir('/run/netns'))
    try:
        created = manager.create(name)
    except Exception as error:
        assert error.name == contract.INVALID_ARGS
    else:       # taken literally: a file of exactly these characters
        assert set(os.listdir('/run/netns')) - before == {name}
        created.call('Delete')
    assert set(os.listdir('/run/netns')) == before


def test_flood_of_names(manager):
    """Hundreds of names come and go at once."""
    names = [f'flood{number}' for number in range(200)]
    kernel.run('ip', 'netns', 'add', 'base')
    for name in names:
        name_namespace('/run/netns/base', name.encode())
    manager.client.settle(lambda: set(names) < set(manager.namespace('base').get('Names')),
                          'all names')
    for name in names:
        unname_namespace(name.encode())
    manager.client.settle(lambda: manager.namespace('base').get('Names') == ['base'], 'one name')
    manager.namespace('base').call('Delete')
