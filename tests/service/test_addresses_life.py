"""What happens to an address while it lives: it changes, is proved, ages, is promoted, expires."""

import pytest

from support import contract, kernel
from support.bus import refused
from support.mirror import Mirror

FOREVER = 4294967295


@pytest.fixture
def pair(blue, red):
    """v0 in blue and v1 in red, each the other's end, up and with a carrier."""
    near = blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True},
                            PeerNamespace=red.path, Up=True)
    return near, red.link('v1')


@pytest.fixture
def link(blue):
    return blue.create_link('v0', 'veth', Peer={'Name': 'v1', 'Up': True}, Up=True)


@pytest.fixture
def mirror(client, blue):
    listening = Mirror(client, blue.path)
    yield listening
    listening.close()
    assert listening.errors == []


def sysctl(name, value, ns='blue'):
    kernel.run('nsenter', f'--net=/run/netns/{ns}', 'sysctl', '-q', '-w', f'{name}={value}')


def members(client, since, path):
    """The signals about the object at the path, in their order."""
    return [event.member for event in client.events[since:]
            if path in (event.path, *event.args[:1]) and event.member != 'reply']


def wait_flags(client, address, wanted):
    """The signal that says which flags the address has now."""
    client.wait_signal(lambda event: event.path == address.path
                       and event.member == 'PropertiesChanged'
                       and 'Flags' in event.args[1] and wanted(set(event.args[1]['Flags'])),
                       f'the flags of {address.path}')


# ---- changes ----

CHANGES = [('192.0.2.1/24', {'Metric': 77}), ('192.0.2.1/24', {'Metric': 0}),
           ('192.0.2.1/24', {'Protocol': '99'}),
           ('192.0.2.1/24', {'ValidLifetime': 900, 'PreferredLifetime': 300}),
           ('2001:db8::1/64', {'Metric': 77}), ('2001:db8::1/64', {'Protocol': '99'}),
           ('2001:db8::1/64', {'ValidLifetime': 900, 'PreferredLifetime': 300}),
           ('2001:db8::1/64', {'Flags': ['nodad', 'home']}),
           ('2001:db8::1/64', {'Flags': ['nodad', 'noprefixroute']}),
           ('2001:db8::1/64', {'Flags': []})]


@pytest.mark.parametrize('address,settings', CHANGES, ids=[f'{a} {s}' for a, s in CHANGES])
def test_set_is_a_change(client, blue, link, mirror, same_as_kernel, address, settings):
    """The same object all the time: nobody hears of a removal, not even the kernel's listeners."""
    more = {'Flags': ['nodad']} if ':' in address else {}
    added = link.add_address(address, Metric=5, **more)
    since = len(client.events)
    added.set(**settings)
    assert members(client, since, added.path) == ['PropertiesChanged']
    shown = added.get_all()
    for key, value in settings.items():
        if 'Lifetime' in key:
            assert value - 5 <= shown[key] <= value
        else:
            assert shown[key] == value
    same_as_kernel(blue, 'blue')
    same_as_kernel(blue, 'blue', mirror.objects)


def test_set_nothing(client, link):
    address = link.add_address('192.0.2.1/24', ValidLifetime=900, PreferredLifetime=300)
    since = len(client.events)
    address.set()
    assert members(client, since, address.path) == []


@pytest.mark.parametrize('address,settings,reason', [
    ('192.0.2.1/24', {'Flags': ['noprefixroute']}, 'Flags'),
    ('2001:db8::1/64', {'Flags': ['nodad', 'autojoin']}, 'autojoin'),
    ('2001:db8::1/64', {'Flags': ['optimistic']}, 'optimistic'),
    ('2001:db8::1/64', {'Metric': 0}, 'Metric')])
def test_set_what_the_kernel_would_ignore(blue, link, same_as_kernel, address, settings, reason):
    more = {'Flags': ['nodad']} if ':' in address else {}
    added = link.add_address(address, Metric=5, **more)
    before = added.get_all()
    with refused(contract.NOT_SUPPORTED, reason):
        added.set(**settings)
    assert added.get_all() == before
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('address,settings,reason', [
    ('192.0.2.1/24', {'Flags': ['nodad']}, 'nodad'),
    ('192.0.2.1/24', {'Flags': ['home']}, 'home'),
    ('192.0.2.1/24', {'Flags': ['mngtmpaddr']}, 'mngtmpaddr'),
    ('192.0.2.1/24', {'Flags': ['optimistic']}, 'optimistic'),
    ('2001:db8::1/64', {'Label': 'v0:x'}, 'Label'),
    ('2001:db8::1/64', {'Scope': 'link'}, 'Scope'),
    ('2001:db8::1/65', {'Flags': ['mngtmpaddr']}, 'Flags|mngtmpaddr'),
    ('2001:db8::1/64', {'Flags': ['autojoin']}, 'join'),
    ('2001:db8::1/64', {'Flags': ['nodad', 'optimistic']}, 'OPTIMISTIC|optimistic')])
def test_add_what_cannot_be(blue, link, same_as_kernel, address, settings, reason):
    sysctl('net.ipv6.conf.v0.optimistic_dad', 1)
    with refused(contract.INVALID_ARGS, reason):
        link.add_address(address, **settings)
    assert blue.addresses(Link=link.path) == []
    same_as_kernel(blue, 'blue')


def test_changed_by_ip(client, blue, link, mirror, same_as_kernel):
    """`ip address change` is a change on the bus too."""
    fourth = link.add_address('192.0.2.1/24')
    sixth = link.add_address('2001:db8::1/64', Flags=['nodad'])
    since = len(client.events)
    kernel.ip('addr', 'change', '192.0.2.1/24', 'dev', 'v0', 'valid_lft', 900, 'preferred_lft', 0,
              ns='blue')
    kernel.ip('addr', 'change', '2001:db8::1/64', 'dev', 'v0', 'valid_lft', 900, 'preferred_lft',
              0, 'home', 'metric', 9, ns='blue')
    for address in (fourth, sixth):
        wait_flags(client, address, lambda flags: {'dynamic', 'deprecated'} <= flags)
        assert set(members(client, since, address.path)) == {'PropertiesChanged'}
    same_as_kernel(blue, 'blue', mirror.objects)


def test_tentative_address_changed_by_ip(client, blue, mirror, same_as_kernel):
    """The kernel does not tell of it (inet6_addr_modify); the bus does, a moment later."""
    blue.create_link('v0', 'veth', Peer={'Name': 'v1'}, Up=True)    # no carrier, so no proof
    kernel.ip('addr', 'add', '2001:db8::1/64', 'dev', 'v0', ns='blue')
    same_as_kernel(blue, 'blue', mirror.objects)
    kernel.ip('addr', 'change', '2001:db8::1/64', 'dev', 'v0', 'valid_lft', 900, 'preferred_lft',
              300, 'home', ns='blue')
    same_as_kernel(blue, 'blue', mirror.objects)
    kernel.ip('addr', 'change', '2001:db8::1/64', 'dev', 'v0', 'noprefixroute', ns='blue')
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('address', ['192.0.2.1/24', '2001:db8::1/64'])
def test_small_changes_add_up(client, blue, link, mirror, same_as_kernel, address):
    """Each differs by no more than rounding does; a listener must not drift away with them."""
    more = {'Flags': ['nodad']} if ':' in address else {}
    link.add_address(address, ValidLifetime=1000, PreferredLifetime=1000, **more)
    for seconds in range(998, 980, -2):
        kernel.ip('addr', 'change', address, 'dev', 'v0', *more.get('Flags', []), 'valid_lft',
                  seconds, 'preferred_lft', seconds, ns='blue')
        blue.objects()
    same_as_kernel(blue, 'blue', mirror.objects)


# ---- one address for another ----

def test_replace_adds_what_is_not_there(blue, link, same_as_kernel):
    link.add_address('192.0.2.1/24', Replace=True)
    link.add_address('2001:db8::1/64', Replace=True, Flags=['nodad'])
    assert len(blue.addresses(Link=link.path)) == 2
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('address', ['192.0.2.1/24', '2001:db8::1/64'])
def test_replace_is_a_change(client, blue, link, same_as_kernel, address):
    more = {'Flags': ['nodad']} if ':' in address else {}
    added = link.add_address(address, Metric=5, **more)
    since = len(client.events)
    assert link.add_address(address, Replace=True, Metric=6, ValidLifetime=900, **more) == added
    assert members(client, since, added.path) == ['PropertiesChanged']
    assert added.get('Metric') == 6
    same_as_kernel(blue, 'blue')


@pytest.mark.parametrize('address,other,settings', [
    ('2001:db8::1/64', '2001:db8::1/48', {}),
    ('2001:db8::1/64', '2001:db8::1/64', {'Peer': '2001:db8::2'}),
    ('192.0.2.1/24', '192.0.2.1/24', {'Peer': '192.0.2.9/24'})])
def test_replace_of_almost_the_same(blue, link, same_as_kernel, address, other, settings):
    """The kernel takes the two for one and would keep what is there: that is said, not done."""
    more = {'Flags': ['nodad']} if ':' in address else {}
    added = link.add_address(address, **more)
    before = added.get_all()
    with refused(contract.EXISTS, address):
        link.add_address(other, Replace=True, **settings, **more)
    assert added.get_all() == before
    same_as_kernel(blue, 'blue')


def test_peer_changed_by_ip(client, blue, link, mirror, same_as_kernel):
    """Another peer makes another object of it; the kernel tells of the new one alone."""
    link.add_address('2001:db8::1/128', Peer='2001:db8::2', Flags=['nodad'])
    kernel.ip('addr', 'change', '2001:db8::1', 'peer', '2001:db8::3', 'dev', 'v0', ns='blue')
    same_as_kernel(blue, 'blue', mirror.objects)
    assert [a.get('Peer') for a in blue.addresses(Link=link.path)] == ['2001:db8::3']


def test_label_follows_the_name(blue, link, same_as_kernel):
    plain = link.add_address('192.0.2.1/24')
    more = link.add_address('192.0.3.1/24', Label='v0:more')
    link.set(Up=False)
    link.set(Name='w0')
    assert [plain.get('Label'), more.get('Label')] == ['w0', 'w0:more']
    same_as_kernel(blue, 'blue')


# ---- secondary addresses ----

def several(link):
    return [link.add_address(f'192.0.2.{number}/24') for number in (1, 2, 3)]


def test_the_primary_takes_the_secondaries_along(client, blue, link, mirror, same_as_kernel):
    sysctl('net.ipv4.conf.v0.promote_secondaries', 0)
    addresses = several(link)
    other = link.add_address('192.0.3.1/24')
    assert [a.get('Flags') for a in addresses] == [[], ['secondary'], ['secondary']]
    since = len(client.events)
    addresses[0].delete()
    assert [members(client, since, a.path) for a in addresses] == [['InterfacesRemoved']] * 3
    assert members(client, since, other.path) == []
    same_as_kernel(blue, 'blue', mirror.objects)


def test_the_next_is_promoted(client, blue, link, mirror, same_as_kernel):
    sysctl('net.ipv4.conf.v0.promote_secondaries', 1)
    addresses = several(link)
    since = len(client.events)
    addresses[0].delete()
    assert members(client, since, addresses[1].path) == ['PropertiesChanged']
    assert members(client, since, addresses[2].path) == []
    assert [a.get('Flags') for a in addresses[1:]] == [[], ['secondary']]
    same_as_kernel(blue, 'blue', mirror.objects)
    kernel.ip('addr', 'del', '192.0.2.2/24', 'dev', 'v0', ns='blue')
    wait_flags(client, addresses[2], lambda flags: not flags)
    same_as_kernel(blue, 'blue', mirror.objects)


# ---- duplicate address detection ----

def test_proved_between_namespaces(client, blue, red, pair, same_as_kernel):
    """Tentative first, and then not: a change of Flags and of nothing else."""
    since = len(client.events)
    address = pair[0].add_address('2001:db8::1/64')
    added = next(event.args[1][contract.ADDRESS] for event in client.events[since:]
                 if event.member == 'InterfacesAdded' and event.args[0] == address.path)
    assert added['Flags'] == ['tentative']
    wait_flags(client, address, lambda flags: not flags)
    assert members(client, since, address.path) == ['InterfacesAdded', 'PropertiesChanged']
    same_as_kernel(blue, 'blue')


def test_duplicate_between_namespaces(client, blue, red, pair, same_as_kernel):
    """The other end has it: this one stays tentative, and is a duplicate."""
    near, far = pair
    first = far.add_address('2001:db8::1/64', Flags=['nodad'])
    second = near.add_address('2001:db8::1/64')
    wait_flags(client, second, lambda flags: flags == {'tentative', 'dadfailed'})
    assert first.get('Flags') == ['nodad']
    same_as_kernel(blue, 'blue')
    same_as_kernel(red, 'red')


def test_tentative_until_there_is_a_carrier(client, blue, red, pair, same_as_kernel):
    near, far = pair
    far.set(Up=False)
    client.settle(lambda: near.get('OperState') in ('DOWN', 'LOWERLAYERDOWN'), 'no carrier')
    address = near.add_address('2001:db8::1/64')
    assert address.get('Flags') == ['tentative']
    same_as_kernel(blue, 'blue')
    far.set(Up=True)
    wait_flags(client, address, lambda flags: not flags)
    same_as_kernel(blue, 'blue')


def test_optimistic(client, blue, link, same_as_kernel):
    sysctl('net.ipv6.conf.v0.optimistic_dad', 1)
    address = link.add_address('2001:db8::1/64', Flags=['optimistic'])
    assert set(address.get('Flags')) == {'optimistic', 'tentative'}
    with refused(contract.NOT_SUPPORTED, 'optimistic'):
        address.set(Flags=[])
    wait_flags(client, address, lambda flags: not flags)
    same_as_kernel(blue, 'blue')


def test_kept_while_the_link_is_down(client, blue, link, mirror, same_as_kernel):
    """keep_addr_on_down: the address stays and is to be proved again, which nobody is told."""
    sysctl('net.ipv6.conf.v0.keep_addr_on_down', 1)
    kept = link.add_address('2001:db8::1/64')
    wait_flags(client, kept, lambda flags: not flags)
    since = len(client.events)
    link.set(Up=False)
    assert kept.get('Flags') == ['tentative']
    link.set(Up=True)
    wait_flags(client, kept, lambda flags: not flags)
    kernel.ip('link', 'set', 'v0', 'down', ns='blue')
    same_as_kernel(blue, 'blue', mirror.objects)
    assert set(members(client, since, kept.path)) == {'PropertiesChanged'}


def test_gone_while_the_link_is_down(client, blue, link, mirror, same_as_kernel):
    lost = link.add_address('2001:db8::1/64', Flags=['nodad'])
    kept = link.add_address('192.0.2.1/24')
    link.set(Up=False)
    assert not lost.exists()
    assert kept.exists()
    same_as_kernel(blue, 'blue', mirror.objects)


# ---- addresses of the kernel's own ----

def test_temporary_addresses(client, blue, link, mirror, same_as_kernel):
    """Privacy extensions: the managed address has temporary ones beside it, which go with it."""
    def temporary():
        return [a for a in blue.addresses(Link=link.path) if 'temporary' in a.get('Flags')]

    sysctl('net.ipv6.conf.v0.use_tempaddr', 2)
    managed = link.add_address('2001:db8::1/64', Flags=['mngtmpaddr', 'nodad'])
    client.settle(temporary, 'a temporary address')
    assert len(temporary()) == 1
    made = temporary()[0]
    assert 'dynamic' in made.get('Flags')
    assert made.get('ValidLifetime') < FOREVER
    client.settle(lambda: 'tentative' not in made.get('Flags'), 'its proof')
    same_as_kernel(blue, 'blue', mirror.objects)
    managed.set(ValidLifetime=500, PreferredLifetime=400)
    assert 495 <= made.get('ValidLifetime') <= 500
    same_as_kernel(blue, 'blue', mirror.objects)
    managed.set(Flags=['nodad'])
    assert not made.exists()
    same_as_kernel(blue, 'blue', mirror.objects)
    managed.set(Flags=['nodad', 'mngtmpaddr'])
    client.settle(temporary, 'a temporary address again')
    managed.delete()
    assert temporary() == []
    same_as_kernel(blue, 'blue', mirror.objects)


@pytest.mark.parametrize('address', ['239.1.2.3/32', 'ff05::1234/128'])
def test_autojoin(client, blue, link, same_as_kernel, address):
    """The address of a group: the link listens to it as long as it has it."""
    group = address.partition('/')[0]

    def groups():
        return {entry['address'] for entry in
                kernel.ip_json('maddr', 'show', 'dev', 'v0', ns='blue')[0]['maddr']
                if 'address' in entry}

    added = link.add_address(address, Flags=['autojoin'])
    client.settle(lambda: added.get('Flags') == ['autojoin'], 'the proof')
    assert group in groups()
    same_as_kernel(blue, 'blue')
    added.delete()
    assert group not in groups()


# ---- the end ----

@pytest.mark.parametrize('address', ['192.0.2.1/24', '2001:db8::1/64'])
def test_deprecated_and_then_gone(client, blue, link, mirror, same_as_kernel, address):
    """Two moments, two signals: no longer preferred, no longer there."""
    more = {'Flags': ['nodad']} if ':' in address else {}
    since = len(client.events)
    added = link.add_address(address, ValidLifetime=2, PreferredLifetime=1, **more)
    wait_flags(client, added, lambda flags: 'deprecated' in flags)
    client.wait_signal(lambda event: event.member == 'InterfacesRemoved'
                       and event.args[0] == added.path, 'its removal')
    seen = members(client, since, added.path)
    assert seen == ['InterfacesAdded', 'PropertiesChanged', 'InterfacesRemoved']
    same_as_kernel(blue, 'blue', mirror.objects)


@pytest.mark.parametrize('address', ['192.0.2.1/24', '2001:db8::1/64'])
def test_saved_from_expiry(client, blue, link, mirror, same_as_kernel, address):
    """A longer life in time: it is not deprecated any more, and the next one of its end is."""
    more = {'Flags': ['nodad']} if ':' in address else {}
    added = link.add_address(address, ValidLifetime=100, PreferredLifetime=1, **more)
    wait_flags(client, added, lambda flags: 'deprecated' in flags)
    added.set(ValidLifetime=FOREVER, PreferredLifetime=FOREVER)
    assert not {'deprecated', 'dynamic'} & set(added.get('Flags'))
    same_as_kernel(blue, 'blue', mirror.objects)
    added.set(ValidLifetime=1, PreferredLifetime=1)
    client.wait_signal(lambda event: event.member == 'InterfacesRemoved'
                       and event.args[0] == added.path, 'its removal')
    same_as_kernel(blue, 'blue', mirror.objects)
