"""Links whose lower device is in another namespace, tun and tap, and what becomes of them."""

import pytest

from support import contract, kernel
from support.bus import refused
from support.compare import assert_bus_equals_kernel
from support.contract import GLib


@pytest.fixture
def parent(red):
    """The device below, in the namespace red."""
    return red.create_link('p0', 'veth', Peer={'Name': 'p1'})


def upper(namespace, parent, name='m0', **values):
    return namespace.create_link(name, 'macvlan', Parent=parent.path, **values)


def test_parent_elsewhere(blue, red, parent):
    link = upper(blue, parent)
    assert link.get('Parent') == parent.path
    assert link.get('LinkNamespace') == red.path
    assert kernel.link('m0', 'blue')['link_index'] == parent.get('Index')
    assert_bus_equals_kernel(blue, 'blue')
    assert_bus_equals_kernel(red, 'red')


def test_parent_here(blue):
    parent = blue.create_link('p0', 'veth')
    link = upper(blue, parent)
    assert (link.get('Parent'), link.get('LinkNamespace')) == (parent.path, '/')


def test_by_ip(client, blue, red, parent):
    """ip makes it where the parent is, and moves it."""
    kernel.ip('link', 'add', 'link', 'p0', 'name', 'm0', 'netns', 'blue', 'type', 'macvlan',
              ns='red')
    client.settle(lambda: any(blue.find_links(Name='m0')), 'm0 in blue')
    link = blue.link('m0')
    assert (link.get('Parent'), link.get('LinkNamespace')) == (parent.path, red.path)
    assert_bus_equals_kernel(blue, 'blue')


def test_a_namespace_for_what_has_no_parent(blue, red):
    """A tunnel has no device below, but packets that go somewhere."""
    link = blue.create_link('x0', 'vxlan', LinkNamespace=red.path,
                            Id=GLib.Variant('u', 5), Local=GLib.Variant('s', '192.0.2.1'))
    assert (link.get('Parent'), link.get('LinkNamespace')) == ('/', red.path)
    shown = kernel.link('x0', 'blue')
    assert 'link_netnsid' in shown, shown
    assert_bus_equals_kernel(blue, 'blue')


def test_parent_of_one_namespace_and_another(blue, red, parent, new_namespace):
    """One namespace besides that of the call, or none."""
    green = new_namespace('green')
    before = kernel.links('blue')
    with refused(contract.INVALID_ARGS, 'namespace'):
        upper(blue, parent, LinkNamespace=green.path)
    assert kernel.links('blue') == before


def test_lower_link_must_be_there(blue, red, parent):
    """Vxlan.Link is looked for where LinkNamespace says."""
    other = blue.create_link('q0', 'veth')
    with refused(contract.INVALID_ARGS, 'Link'):
        blue.create_link('x0', 'vxlan', LinkNamespace=red.path, Id=GLib.Variant('u', 5),
                         Link=GLib.Variant('o', other.path))
    link = blue.create_link('x0', 'vxlan', Id=GLib.Variant('u', 5),
                            Link=GLib.Variant('o', parent.path),
                            Group=GLib.Variant('s', '239.1.1.1'))
    assert link.get('LinkNamespace') == red.path
    # ip looks that index up where it is itself, and prints a wrong name or none.
    assert link.get('Link', 'org.netnsd1.Link.Vxlan') == parent.path


@pytest.mark.parametrize('value', ['/', '/org/netnsd1', '/org/netnsd1/netns/1/link/1',
                                   '/org/netnsd1/netns/blue'])
def test_bad_parent(blue, value):
    before = kernel.links('blue')
    error = contract.INVALID_ARGS
    if value == '/' or value.endswith('/1/link/1'):
        error = contract.NOT_FOUND
    with refused(error, 'namespace' if value.endswith('/1/link/1') else 'Parent'):
        blue.create_link('m0', 'macvlan', Parent=value)
    assert kernel.links('blue') == before


def test_parent_that_is_gone(blue, red, parent):
    path = parent.path
    parent.delete()
    with refused(contract.NOT_FOUND, 'Parent'):
        blue.create_link('m0', 'macvlan', Parent=path)


@pytest.mark.parametrize('key', ['Parent', 'LinkNamespace'])
def test_pairs_have_no_lower_device(blue, red, parent, key):
    with refused(contract.INVALID_ARGS, key):
        blue.create_link('v0', 'veth', **{key: parent.path if key == 'Parent' else red.path})


@pytest.mark.parametrize('key', ['Parent', 'LinkNamespace'])
def test_peers_have_no_lower_device(blue, red, parent, key):
    before = kernel.links('blue')
    value = GLib.Variant('o', parent.path if key == 'Parent' else red.path)
    for peer in ({key: value}, {f'Link.{key}': value}):
        with refused(contract.INVALID_ARGS, 'Peer', key):
            blue.create_link('v0', 'veth', Peer=peer)
    assert kernel.links('blue') == before


def create(kind, **settings):
    return GLib.Variant('(ssa{sv})', ('m0', kind, settings))


def test_nobody_reaches_into_another_namespace(user, blue, red, parent):
    """Allowed in blue, and nowhere else: neither by the parent, nor by the namespace alone."""
    before = kernel.links('blue')
    path = GLib.Variant('o', parent.path)
    for call in (create('macvlan', Parent=path),
                 create('macvlan', **{'Link.Parent': path}),
                 create('macvlan', LinkNamespace=GLib.Variant('o', red.path)),
                 create('vxlan', Id=GLib.Variant('u', 5), Link=path)):
        failure = user('news').error_of(blue.path, contract.NAMESPACE, 'CreateLink', call)
        assert failure and failure.name == contract.ACCESS_DENIED, failure
    assert kernel.links('blue') == before
    user('games').call(blue.path, contract.NAMESPACE, 'CreateLink', create('macvlan', Parent=path))
    assert 'm0' in {link['ifname'] for link in kernel.links('blue').values()}


def test_parent_is_followed(client, blue, red, parent, new_namespace):
    """The device below moves, by ip: those above go on showing where it is."""
    green = new_namespace('green')
    link = upper(blue, parent)
    pair = blue.create_link('v0', 'veth', PeerNamespace=red.path, Peer={'Name': 'w0'})
    kernel.ip('link', 'set', 'w0', 'netns', 'green', ns='red')
    client.settle(lambda: pair.get('Peer').startswith(green.path), 'the peer in green')
    assert link.get('Parent') == parent.path
    kernel.ip('link', 'set', 'p0', 'netns', 'green', ns='red')
    client.settle(lambda: link.get('Parent').startswith(green.path), 'the parent in green')
    assert link.get('LinkNamespace') == green.path
    for namespace, name in ((blue, 'blue'), (red, 'red'), (green, 'green')):
        assert_bus_equals_kernel(namespace, name)


def test_upper_link_moves(client, blue, red, parent, new_namespace):
    """The other way round: the link above goes home to the device below, and reads so."""
    link = upper(blue, parent)
    since = len(client.events)
    home = link.move(red, Name='m9')
    assert (home.get('Parent'), home.get('LinkNamespace')) == (parent.path, '/')
    moved = [event.args[0] for event in client.events[since:] if event.member == 'Moved']
    assert moved == [home.path]
    green = new_namespace('green')
    kernel.ip('link', 'set', 'm9', 'netns', 'green', ns='red')
    client.settle(lambda: any(green.find_links(Name='m9')), 'm9 in green')
    assert green.link('m9').get('Parent') == parent.path
    assert_bus_equals_kernel(green, 'green')


@pytest.mark.ends_namespace
def test_namespace_of_the_parent_goes(client, manager, blue, new_namespace):
    """Its links go with it, and those above them."""
    green = new_namespace('green')
    parent = green.create_link('p0', 'veth')
    upper(blue, parent)
    kernel.ip('netns', 'del', 'green')
    client.settle(lambda: not any(blue.find_links(Name='m0')), 'the end of m0')
    assert_bus_equals_kernel(blue, 'blue')


# ---- tun and tap, which no netlink message makes ----

@pytest.mark.parametrize('kind', ['tun', 'tap'])
def test_tun_with_the_settings_of_any_link(client, blue, kind):
    bridge = blue.create_link('br0', 'bridge')
    settings = {'Mtu': 1400, 'Alias': 'program', 'TxQueueLength': 99, 'Up': True}
    if kind == 'tap':
        settings |= {'MacAddress': '02:00:00:00:00:07', 'Master': bridge.path}
    since = len(client.events)
    link = blue.create_link('t0', kind, **settings)
    assert {key: link.get(key) for key in settings} == settings
    assert (link.get('Kind'), link.get('Mode', contract.LINK + '.Tun')) == ('tun', kind)
    added = [event for event in client.events[since:] if event.member == 'InterfacesAdded'
             and event.args[0] == link.path]
    assert added
    assert_bus_equals_kernel(blue, 'blue')
    link.delete()
    assert 't0' not in {shown['ifname'] for shown in kernel.links('blue').values()}


def test_tun_is_taken_back(blue):
    """A setting that the kernel refuses afterwards: there is no link then."""
    before = kernel.links('blue')
    with refused(contract.INVALID_ARGS, 'Mtu'):
        blue.create_link('t0', 'tun', Mtu=4000000000)
    assert kernel.links('blue') == before


def test_tun_names(blue, host):
    link = blue.create_link('', 'tap')
    assert link.get('Name') == 'tap0'
    assert 'tap0' not in {link['ifname'] for link in kernel.links().values()}
    with refused(contract.EXISTS):
        blue.create_link('tap0', 'tun')
    with refused(contract.EXISTS):
        blue.create_link('lo', 'tun')
    for name in ('sixteen-characte', 'a/b', 'a%d'):
        with refused(contract.INVALID_ARGS, 'Name'):
            blue.create_link(name, 'tun')


def test_tun_modes(blue):
    with refused(contract.INVALID_ARGS, 'Mode'):
        blue.create_link('t0', 'tap', Mode=GLib.Variant('s', 'tun'))
    for key in ('Index', 'TxQueues'):
        with refused(contract.INVALID_ARGS, key):
            blue.create_link('t0', 'tap', **{key: 7})
