"""Random changes, from the service's side and from ip's side; any of them may fail.

A failure is expected now and then (the thing is gone, the name is taken); what matters is that the
bus shows afterwards what the kernel has.
"""

from . import contract, kernel
from .bus import BusError
from .nsd import Address, Link, Route


class Changer:
    """Makes one random change at a time in a few namespaces."""

    def __init__(self, random, namespaces, sides=('service', 'ip')):
        self.random = random
        self.sides = sides
        self.namespaces = namespaces        # name: Namespace
        self.count = 0
        self.history = []

    def new_name(self):
        self.count += 1
        return f'{self.random.choice("abc")}{self.count}'

    def link(self, name):
        """A random link of a namespace that is not lo: its data in ip's words."""
        links = [link for index, link in kernel.links(name).items() if link['ifname'] != 'lo']
        return self.random.choice(links) if links else None

    def prefix(self):
        return f'10.{self.random.randrange(4)}.{self.random.randrange(8)}'

    def step(self):
        """One change; remembers what it was."""
        name = self.random.choice(list(self.namespaces))
        side = self.random.choice(self.sides)
        action = self.random.choice(ACTIONS)
        self.history.append(f'{side} {action} {name}')
        try:
            getattr(self, f'{side}_{action}')(name, self.namespaces[name])
        except BusError as error:
            self.history[-1] += f' ({error})'
            assert error.name.startswith(contract.ERROR) or error.name in (
                contract.INVALID_ARGS, contract.UNKNOWN_OBJECT), error

    def ip(self, *words, ns):
        kernel.ip(*words, ns=ns, check=False)

    def service_link(self, name, link):
        return Link(self.namespaces[name].client,
                    f'{self.namespaces[name].path}/link/{link["ifindex"]}')

    # -- links --------------------------------------------------------------------------------

    def service_create(self, name, namespace):
        other = self.random.choice(list(self.namespaces.values()))
        if self.random.random() < 0.3:
            namespace.create_link(self.new_name(), 'bridge', Up=self.random.random() < 0.7)
        else:
            namespace.create_link(self.new_name(), 'veth', Up=self.random.random() < 0.7,
                                  Peer={'Name': self.new_name(), 'Up': True},
                                  PeerNamespace=other.path)

    def ip_create(self, name, _namespace):
        other = self.random.choice(list(self.namespaces))
        if self.random.random() < 0.3:
            self.ip('link', 'add', self.new_name(), 'type', 'bridge', ns=name)
        else:
            self.ip('link', 'add', self.new_name(), 'type', 'veth', 'peer', 'name',
                    self.new_name(), 'netns', other, ns=name)

    def service_delete(self, name, _namespace):
        if link := self.link(name):
            self.service_link(name, link).delete()

    def ip_delete(self, name, _namespace):
        if link := self.link(name):
            self.ip('link', 'del', 'dev', link['ifname'], ns=name)

    def service_set(self, name, _namespace):
        if link := self.link(name):
            values = {'Mtu': self.random.randrange(1280, 1500), 'Alias': self.new_name(),
                      'Up': self.random.random() < 0.7, 'Group': self.random.randrange(5),
                      'TxQueueLength': self.random.randrange(1000)}
            chosen = self.random.sample(sorted(values), self.random.randrange(1, 4))
            self.service_link(name, link).set(**{key: values[key] for key in chosen})

    def ip_set(self, name, _namespace):
        if link := self.link(name):
            words = self.random.choice([
                ['mtu', self.random.randrange(1280, 1500)], ['alias', self.new_name()], ['up'],
                ['down'], ['group', self.random.randrange(5)], ['promisc', 'on'],
                ['promisc', 'off'], ['name', self.new_name()], ['nomaster'], ['arp', 'off'],
                ['arp', 'on'], ['addrgenmode', 'none'], ['addrgenmode', 'eui64']])
            self.ip('link', 'set', 'dev', link['ifname'], *words, ns=name)

    def service_rename(self, name, _namespace):
        if link := self.link(name):
            self.service_link(name, link).set(Name=self.new_name())

    def ip_rename(self, name, _namespace):
        if link := self.link(name):
            self.ip('link', 'set', 'dev', link['ifname'], 'name', self.new_name(), ns=name)

    def bridges(self, name):
        return [link for link in kernel.links(name).values()
                if link.get('linkinfo', {}).get('info_kind') == 'bridge']

    def service_enslave(self, name, _namespace):
        bridges = self.bridges(name)
        link = self.link(name)
        if bridges and link:
            master = self.service_link(name, self.random.choice(bridges)).path
            self.service_link(name, link).set(Master=self.random.choice([master, master, '/']))

    def ip_enslave(self, name, _namespace):
        bridges = self.bridges(name)
        link = self.link(name)
        if bridges and link:
            self.ip('link', 'set', 'dev', link['ifname'], 'master',
                    self.random.choice(bridges)['ifname'], ns=name)

    def service_move(self, name, _namespace):
        if link := self.link(name):
            target = self.random.choice(list(self.namespaces.values()))
            self.service_link(name, link).move(target)

    def ip_move(self, name, _namespace):
        if link := self.link(name):
            self.ip('link', 'set', 'dev', link['ifname'], 'netns',
                    self.random.choice(list(self.namespaces)), ns=name)

    # -- addresses and routes -----------------------------------------------------------------

    def service_address(self, name, _namespace):
        if link := self.link(name):
            last = self.random.randrange(1, 4)
            address = self.random.choice([f'{self.prefix()}.{last}/24', f'2001:db8::{last}/64'])
            self.service_link(name, link).add_address(address)

    def ip_address(self, name, _namespace):
        if link := self.link(name):
            last = self.random.randrange(1, 4)
            address = self.random.choice([f'{self.prefix()}.{last}/24', f'2001:db8::{last}/64'])
            self.ip('addr', 'add', address, 'dev', link['ifname'], ns=name)

    def service_no_address(self, name, namespace):
        if found := namespace.having(contract.ADDRESS):
            Address(namespace.client, self.random.choice(sorted(found))).delete()

    def ip_no_address(self, name, _namespace):
        if found := kernel.addresses(name):
            index, data = self.random.choice(found)
            self.ip('addr', 'del', f'{data["local"]}/{data["prefixlen"]}', 'dev',
                    kernel.links(name).get(index, {}).get('ifname', 'lo'), ns=name)

    def service_route(self, name, namespace):
        if link := self.link(name):
            namespace.add_route(Destination=f'10.{self.random.randrange(100, 110)}.0.0/16',
                                Link=self.service_link(name, link).path,
                                Metric=self.random.randrange(3),
                                Mode=self.random.choice(['create', 'replace', 'append']))

    def ip_route(self, name, _namespace):
        self.ip('route', self.random.choice(['add', 'replace', 'append']),
                f'10.{self.random.randrange(100, 110)}.0.0/16', 'via',
                f'{self.prefix()}.{self.random.randrange(1, 9)}', 'metric',
                self.random.randrange(3), ns=name)

    def service_no_route(self, name, namespace):
        if found := namespace.having(contract.ROUTE):
            Route(namespace.client, self.random.choice(sorted(found))).delete()

    def ip_no_route(self, name, _namespace):
        self.ip('route', 'del', f'10.{self.random.randrange(100, 110)}.0.0/16', ns=name)


ACTIONS = ['create', 'create', 'delete', 'set', 'set', 'set', 'rename', 'enslave', 'move',
           'address', 'address', 'address', 'no_address', 'route', 'route', 'no_route']
