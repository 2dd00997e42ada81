"""Errors: the right name, and a message that says what was tried, on what, and why not."""

import pytest

from gi.repository import Gio

from support import contract, kernel
from support.bus import BusError, refused
from support.contract import GLib


@pytest.fixture
def link(blue):
    link = blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True}, Up=True)
    link.add_address('10.1.0.1/24')
    return link


def message_of(call, *arguments, **values):
    with pytest.raises(BusError) as caught:
        call(*arguments, **values)
    return caught.value.message


def test_gateway(blue, link):
    """The example of the API page."""
    assert message_of(blue.add_route, Destination='10.9.0.0/16', Gateway='203.0.113.9') == (
        'Cannot add route 10.9.0.0/16 in namespace blue: Nexthop has invalid gateway '
        '(property Gateway)')


def test_gateway_is_unreachable(blue, link):
    with refused(contract.UNREACHABLE, '^Cannot add route 10.9.0.0/16 in namespace blue: '):
        blue.add_route(Destination='10.9.0.0/16', Gateway='203.0.113.9')


def test_mtu(blue, link):
    """The kernel's own text for a value out of its range, and the property."""
    with refused(contract.INVALID_ARGS, 'v0', 'blue', r'\bMtu\b', 'mtu|maximum|range'):
        link.write('Mtu', 100000)


def test_namespace_without_a_name(host, clean_host):
    """The host has no name: it is called what it is."""
    link = clean_host.create_link('hostv', 'veth')
    message = message_of(link.write, 'Mtu', 100000)
    assert 'host' in message and 'hostv' in message


def test_not_found(manager, blue):
    assert 'nowhere' in message_of(manager.namespace, 'nowhere')
    message = message_of(blue.link, 'nolink')
    assert 'nolink' in message and 'blue' in message


def test_exists(manager, blue, link):
    assert 'blue' in message_of(manager.create, 'blue')
    message = message_of(blue.create_link, 'v0', 'bridge')
    assert 'v0' in message and 'blue' in message
    with refused(contract.EXISTS, 'v0'):
        blue.create_link('v0', 'bridge')
    with refused(contract.EXISTS, 'other'):
        blue.create_link('other', 'bridge', Index=link.get('Index'))


def test_unknown_kind(blue):
    with refused(contract.NOT_SUPPORTED, 'nosuchkind', 'blue'):
        blue.create_link('x0', 'nosuchkind')
    assert set(kernel.links('blue')) == {1}


def test_unknown_key_names_what_is_expected(blue, link):
    with refused(contract.INVALID_ARGS, 'Nonsense'):
        link.call('Set', '(a{sv})', {'Nonsense': GLib.Variant('u', 1)})
    with refused(contract.INVALID_ARGS, 'Mtu', r"\bu\b|\"u\"|'u'|uint32", 's'):
        link.call('Set', '(a{sv})', {'Mtu': GLib.Variant('s', '1500')})


@pytest.mark.parametrize('name', ['x' * 16, 'a/b', 'a b', 'a:b', '.', '..', 'a\tb', '\x01'])
def test_bad_link_name(blue, name):
    with refused(contract.INVALID_ARGS):
        blue.create_link(name, 'bridge')
    with refused(contract.INVALID_ARGS):
        blue.create_link('v0', 'veth', Peer={'Name': name})
    assert set(kernel.links('blue')) == {1}


@pytest.mark.parametrize('settings', [
    {'Nonsense': GLib.Variant('s', 'x')}, {'Mtu': GLib.Variant('s', '1500')},
    {'Mtu': GLib.Variant('u', 4294967295)}, {'MacAddress': GLib.Variant('s', 'x')},
    {'Kind': GLib.Variant('s', 'veth')}, {'Flags': GLib.Variant('as', ['UP'])},
    {'Cost': GLib.Variant('u', 4)}, {'OperState': GLib.Variant('s', 'UP')},
    {'Index': GLib.Variant('i', -1)},
    {'HelloTime': GLib.Variant('s', '1')}, {'Master': GLib.Variant('o', '/nonsense')}],
    ids=str)
def test_bad_settings(blue, same_as_kernel, settings):
    """Refused whole: there is no link afterwards, with any of the settings."""
    with refused(contract.INVALID_ARGS, next(iter(settings))):
        blue.create_link('br0', 'bridge', Alias='x', **settings)
    assert set(kernel.links('blue')) == {1}
    same_as_kernel(blue, 'blue')


def test_the_kernel_says_it_in_its_own_words(blue):
    """It names no attribute here, but has a text."""
    with refused(contract.INVALID_ARGS, 'br0', 'blue', 'TxQueues|transmit queues'):
        blue.create_link('br0', 'bridge', TxQueues=0)
    assert set(kernel.links('blue')) == {1}


def test_create_only_in_set(link):
    """What can only be chosen at the creation is read-only afterwards."""
    for key, value in (('TxQueues', GLib.Variant('u', 3)), ('Index', GLib.Variant('i', 9)),
                       ('Peer', GLib.Variant('a{sv}', {})),
                       ('PeerNamespace', GLib.Variant('o', '/'))):
        with pytest.raises(BusError) as caught:
            link.call('Set', '(a{sv})', {key: value})
        assert caught.value.name in (contract.READ_ONLY, contract.INVALID_ARGS)
        assert key in caught.value.message


def test_wrong_signature(client, blue, link):
    for path, interface, member, signature, args in (
            ('/org/netnsd1', contract.MANAGER, 'CreateNamespace', '(s)', ('x',)),
            ('/org/netnsd1', contract.MANAGER, 'CreateNamespace', '(a{sv}s)', ({}, 'x')),
            (blue.path, contract.NAMESPACE, 'CreateLink', '(ss)', ('x', 'bridge')),
            (link.path, contract.LINK, 'Set', '(a{ss})', ({'Mtu': '1'},)),
            (link.path, contract.LINK, 'Delete', '(s)', ('x',))):
        with refused(contract.INVALID_ARGS):
            client.call(path, interface, member, signature, *args)
    assert link.exists()


def test_method_on_the_wrong_object(client, blue, link):
    for path, interface, member in (
            ('/org/netnsd1', contract.NAMESPACE, 'Delete'), (blue.path, contract.LINK, 'Delete'),
            (link.path, contract.NAMESPACE, 'Delete'),
            (link.path, contract.MANAGER, 'ListNamespaces')):
        with pytest.raises(BusError) as caught:
            client.call(path, interface, member)
        assert caught.value.name in (contract.UNKNOWN_METHOD, contract.UNKNOWN_INTERFACE)
    assert link.exists()


def test_method_without_an_interface(client, blue, link):
    """D-Bus allows to leave the interface out; whatever the answer, a non-root gate holds."""
    message = Gio.DBusMessage.new_method_call(
        contract.BUS_NAME, blue.path, None, 'ListProcesses')
    reply, _serial = client.connection.send_message_with_reply_sync(
        message, Gio.DBusSendMessageFlags.NONE, 10_000, None)
    assert reply.get_error_name() in (None, contract.UNKNOWN_METHOD, contract.UNKNOWN_INTERFACE)
