"""Actors of the soak test: processes that make random changes at the same time, each its own way.

An actor is this file, run with the name of its side.  It is told in a line of JSON how many steps
to make, and answers with a line when it has made them, so it rests between two rounds.  Most steps
may fail: the others have changed what they are about.
"""

import json
import os
import pathlib
import random
import socket
import struct
import subprocess
import sys

from gi.repository import GLib

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
# pylint: disable=wrong-import-position
from support import contract, netlink as nl      # noqa: E402
from support.bus import BusError, Client         # noqa: E402
from support.loop import wait_until              # noqa: E402
from support.nsd import Address, Link, Manager, Namespace, Route     # noqa: E402

STEADY = ('one', 'two', 'three')
PASSING = 'four'        # a namespace that comes and goes
NAMES = [f'l{number}' for number in range(12)]
KEPT_STEPS = 40         # that a failure shows


class Actor:
    """Chooses a namespace and an action; subclasses have the actions, step_*."""

    weights = {}

    def __init__(self):
        self.random = random.Random()
        self.history = []
        self.actions = [action for action, times in self.weights.items() for _n in range(times)]

    def begin(self, seed):
        self.random.seed(seed)
        self.history = []

    def end(self):
        pass

    def steps(self, count):
        for _n in range(count):
            action = self.random.choice(self.actions)
            name = self.namespace()
            self.history.append(f'{action} {name}')
            getattr(self, f'step_{action}')(name)

    def note(self, text):
        self.history[-1] += f' {text}'

    def namespace(self):
        return self.random.choice([*STEADY, *STEADY, PASSING])

    def chance(self, probability):
        return self.random.random() < probability

    def name(self):
        return self.random.choice(NAMES)

    def address(self):
        """One of a few, so that they meet, with its prefix length."""
        last = self.random.randrange(1, 6)
        if self.chance(0.6):
            return f'10.0.{self.random.randrange(4)}.{last}', 24
        return f'2001:db8:{self.random.randrange(2)}::{last}', 64

    def destination(self):
        if self.chance(0.6):
            return f'10.{self.random.randrange(100, 108)}.0.0', 16
        return f'2001:db8:{self.random.randrange(100, 104)}::', 48

    def mtu(self):
        """Small ones end IPv6 on a link, and still smaller ones IPv4."""
        return self.random.choice([*range(1280, 1500, 10), 1000, 60])


class Service(Actor):
    """Through the service, by what its objects were when the round began or a moment ago."""

    weights = {'look': 1, 'get': 2, 'create': 4, 'delete': 2, 'set': 8, 'move': 3, 'address': 6,
               'set_address': 3, 'no_address': 3, 'route': 6, 'no_route': 3, 'pass': 1}

    def __init__(self):
        super().__init__()
        self.client = Client()
        self.manager = Manager(self.client)
        self.spaces = {}
        self.known = {}

    def begin(self, seed):
        super().begin(seed)
        self.client.events.clear()
        self.refresh()

    def refresh(self):
        self.spaces = {name: Namespace(self.client, path)
                       for path, names in self.manager.list().items() for name in names}
        self.known = {}
        for name, space in self.spaces.items():
            try:
                self.known[name] = space.objects()
            except BusError:
                pass

    def steps(self, count):
        for _n in range(count):
            try:
                super().steps(1)
            except (BusError, KeyError, IndexError) as error:
                self.note(f'({error})')
                if isinstance(error, BusError):
                    assert error.name.startswith(contract.ERROR) or error.name in (
                        contract.INVALID_ARGS, contract.UNKNOWN_OBJECT,
                        'org.freedesktop.DBus.Error.LimitsExceeded'), error

    def any(self, name, interface):
        return self.random.choice(sorted(path for path, shown in self.known[name].items()
                                         if interface in shown))

    def link(self, name):
        index = self.random.randrange(2, 20)
        path = f'{self.spaces[name].path}/link/{index}' if self.chance(0.3) else self.any(
            name, contract.LINK)
        self.note(path)
        return Link(self.client, path)

    def step_look(self, _name):
        self.refresh()

    def step_get(self, name):
        self.link(name).get_all()

    def step_create(self, name):
        space = self.spaces[name]
        kind = self.random.choice(['veth', 'veth', 'bridge', 'macvlan', 'vxlan', 'tun'])
        more = {'veth': {'Peer': {'Name': self.name(), 'Up': self.chance(0.7)},
                         'PeerNamespace': self.random.choice(list(self.spaces.values())).path},
                'macvlan': {'Parent': f'{space.path}/link/{self.random.randrange(2, 20)}'},
                'vxlan': {'Id': self.random.randrange(1, 99), 'DestinationPort': 4789}}
        self.note(kind)
        space.create_link(self.name(), kind, Up=self.chance(0.7), **more.get(kind, {}))

    def step_delete(self, name):
        self.link(name).delete()

    def step_set(self, name):
        values = {'Mtu': self.mtu(), 'Alias': f'alias {self.random.randrange(9)}',
                  'Up': self.chance(0.6), 'Group': self.random.randrange(5),
                  'TxQueueLength': self.random.randrange(1000), 'Promiscuous': self.chance(0.5),
                  'Name': self.name(), 'Master': self.random.choice([
                      '/', f'{self.spaces[name].path}/link/{self.random.randrange(2, 20)}']),
                  'IPv6AddressGenerationMode': self.random.choice(['none', 'eui64']),
                  'Arp': self.chance(0.5), 'ProtoDown': False}
        chosen = self.random.sample(sorted(values), self.random.randrange(1, 4))
        self.link(name).set(**{key: values[key] for key in chosen})

    def step_move(self, name):
        self.link(name).move(self.random.choice(list(self.spaces.values())))

    def step_address(self, name):
        address, length = self.address()
        more = {'Replace': self.chance(0.3)}
        if self.chance(0.1):
            more.update(ValidLifetime=self.random.randrange(1, 4), PreferredLifetime=1)
        self.link(name).add_address(f'{address}/{length}', **more)

    def step_set_address(self, name):
        Address(self.client, self.any(name, contract.ADDRESS)).set(
            **self.random.choice([{'Metric': 7}, {'ValidLifetime': 500, 'PreferredLifetime': 0},
                                  {'ValidLifetime': 4294967295, 'PreferredLifetime': 4294967295}]))

    def step_no_address(self, name):
        Address(self.client, self.any(name, contract.ADDRESS)).delete()

    def step_route(self, name):
        address, length = self.destination()
        self.spaces[name].add_route(
            Destination=f'{address}/{length}', Link=self.link(name).path,
            Metric=self.random.randrange(1, 4),
            Mode=self.random.choice(['create', 'replace', 'append']))

    def step_no_route(self, name):
        Route(self.client, self.any(name, contract.ROUTE)).delete()

    def step_pass(self, _name):
        """The passing namespace comes or goes."""
        if PASSING in self.spaces and self.chance(0.6):
            self.spaces.pop(PASSING).call('Delete')
        else:
            self.spaces[PASSING] = self.manager.create(PASSING)


class Ip(Actor):
    """ip -batch: lines for one namespace after the other, each as a batch of some lines."""

    weights = {'create': 4, 'delete': 2, 'set': 8, 'move': 2, 'address': 6, 'no_address': 3,
               'route': 6, 'no_route': 3, 'next_hop': 2, 'flush': 1}

    def __init__(self):
        super().__init__()
        self.lines = []
        self.running = []

    def steps(self, count):
        while count > 0:
            size = min(count, self.random.randrange(1, 30))
            count -= size
            self.batch(self.random.choice([*STEADY, PASSING]), size)
            if self.chance(0.1):
                self.passing()

    def batch(self, name, size):
        self.lines = []
        for _n in range(size):
            getattr(self, f'step_{self.random.choice(self.actions)}')(name)
        self.history += [f'{name}: {line}' for line in self.lines]
        self.run('ip', '-n', name, '-force', '-batch', '-', input='\n'.join(self.lines) + '\n')

    def passing(self):
        words = [self.random.choice(['add', 'del']), PASSING]
        self.history.append(f'netns {words}')
        self.run('ip', 'netns', *words)

    @staticmethod
    def run(*command, **options):
        subprocess.run(command, text=True, check=False, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, **options)

    def say(self, *words):
        self.lines.append(' '.join(str(word) for word in words))

    def step_create(self, _name):
        name, other = self.name(), self.name()
        self.say('link', 'add', name, *self.random.choice([
            ['type', 'veth', 'peer', 'name', other],
            ['type', 'veth', 'peer', 'name', other, 'netns', self.namespace()],
            ['type', 'bridge'], ['link', other, 'type', 'macvlan', 'mode', 'bridge'],
            ['type', 'vxlan', 'id', self.random.randrange(1, 99), 'dstport', 4789]]))

    def step_delete(self, _name):
        self.say('link', 'del', self.name())

    def step_set(self, _name):
        self.say('link', 'set', self.name(), *self.random.choice([
            ['up'], ['up'], ['down'], ['mtu', self.mtu()], ['alias', self.name()],
            ['group', self.random.randrange(5)], ['promisc', 'on'], ['promisc', 'off'],
            ['allmulticast', 'on'], ['arp', 'off'], ['arp', 'on'], ['name', self.name()],
            ['master', self.name()], ['nomaster'], ['addrgenmode', 'none'],
            ['addrgenmode', 'eui64'], ['txqueuelen', self.random.randrange(999)],
            ['address', f'02:00:00:00:00:{self.random.randrange(10, 99)}']]))

    def step_move(self, _name):
        self.say('link', 'set', self.name(), 'netns', self.namespace())

    def step_address(self, _name):
        address, length = self.address()
        self.say('addr', self.random.choice(['add', 'add', 'replace']), f'{address}/{length}',
                 'dev', self.name(), *self.random.choice([
                     [], [], ['metric', 9], ['noprefixroute'],
                     ['valid_lft', self.random.randrange(1, 4), 'preferred_lft', 1]]))

    def step_no_address(self, _name):
        address, length = self.address()
        self.say('addr', 'del', f'{address}/{length}', 'dev', self.name())

    def step_route(self, _name):
        address, length = self.destination()
        gateway, _length = self.address()
        self.say('-6' if ':' in address else '-4', 'route',
                 self.random.choice(['add', 'replace', 'append', 'prepend']), f'{address}/{length}',
                 *self.random.choice([
                     ['via', gateway], ['via', gateway], ['dev', self.name()],
                     ['dev', self.name(), 'src', gateway],
                     ['nexthop', 'dev', self.name(), 'nexthop', 'dev', self.name()],
                     ['nhid', self.random.randrange(1, 9)]]),
                 'metric', self.random.randrange(1, 4), *self.random.choice([
                     [], [], ['table', 100], ['mtu', 1300]]))

    def step_no_route(self, _name):
        address, length = self.destination()
        self.say('route', 'del', f'{address}/{length}')

    def step_next_hop(self, _name):
        number = self.random.randrange(1, 9)
        self.say('nexthop', *self.random.choice([
            ['add', 'id', number, 'dev', self.name()],
            ['replace', 'id', number, 'dev', self.name()], ['del', 'id', number],
            ['add', 'id', number, 'group', '1/2']]))

    def step_flush(self, _name):
        self.say('addr', 'flush', 'dev', self.name())


class Raw(Actor):
    """Netlink messages, as fast as they go."""

    weights = {'create': 3, 'delete': 1, 'up': 6, 'flag': 2, 'mtu': 4, 'master': 3, 'rename': 2,
               'alternative': 2, 'move': 1, 'address': 8, 'no_address': 6, 'route': 8,
               'no_route': 6}

    def __init__(self):
        super().__init__()
        self.sockets = {}

    def end(self):
        """A socket would keep its namespace alive."""
        for each in self.sockets.values():
            each.close()
        self.sockets = {}

    def steps(self, count):
        for _n in range(count):
            try:
                super().steps(1)
            except OSError as error:    # the passing namespace is not there, or the link is not
                self.note(f'({error})')

    def storm(self, count):
        """More changes of a link than the receive buffer of the daemon holds, and no others."""
        for name in STEADY:
            link = self.socket_of(name)
            link.request(nl.NEWLINK, nl.CREATE | nl.EXCL, nl.ifinfo(), nl.attr(nl.IFNAME, 'storm'),
                         nl.nest(nl.LINKINFO, nl.attr(nl.INFO_KIND, 'bridge')))
            index = socket.if_nametoindex('storm')
            for number in range(count):
                link.request(nl.NEWLINK, 0, nl.ifinfo(index), nl.attr(nl.MTU, 1300 + number % 2))
            link.request(nl.DELLINK, 0, nl.ifinfo(index))

    def socket_of(self, name):
        if name not in self.sockets:
            self.sockets[name] = nl.Socket(name)
        self.sockets[name].enter()
        return self.sockets[name]

    def request(self, name, *message):
        self.note(f'= {self.socket_of(name).request(*message)}')

    def index(self, name):
        """Of a link of the namespace, or sometimes of one that is not there."""
        self.socket_of(name)
        links = [index for index, _name in socket.if_nameindex() if index != 1]
        return self.random.choice(links) if links and self.chance(0.95) else 99

    def step_create(self, name):
        kind = self.random.choice(['bridge', 'veth', 'veth', 'macvlan', 'vxlan'])
        data = {'veth': lambda: nl.nest(nl.INFO_DATA, nl.attr(nl.VETH_INFO_PEER, nl.ifinfo()
                                        + nl.attr(nl.IFNAME, self.name()))),
                'macvlan': lambda: nl.nest(nl.INFO_DATA,
                                           nl.attr(nl.MACVLAN_MODE, nl.MACVLAN_MODE_BRIDGE)),
                'vxlan': lambda: nl.nest(nl.INFO_DATA,
                                         nl.attr(nl.VXLAN_ID, self.random.randrange(1, 99)))}
        lower = [nl.attr(nl.LINK, self.index(name))] if kind == 'macvlan' else []
        self.request(name, nl.NEWLINK, nl.CREATE | nl.EXCL, nl.ifinfo(),
                     nl.attr(nl.IFNAME, self.name()), *lower,
                     nl.nest(nl.LINKINFO, nl.attr(nl.INFO_KIND, kind), data.get(kind, bytes)()))

    def step_delete(self, name):
        self.request(name, nl.DELLINK, 0, nl.ifinfo(self.index(name)))

    def flag(self, name, flag, probability):
        value = flag if self.chance(probability) else 0
        self.request(name, nl.NEWLINK, 0, nl.ifinfo(self.index(name), value, flag))

    def step_up(self, name):
        self.flag(name, nl.IFF_UP, 0.6)

    def step_flag(self, name):
        self.flag(name, self.random.choice([nl.IFF_NOARP, nl.IFF_PROMISC, nl.IFF_ALLMULTI]), 0.5)

    def step_mtu(self, name):
        self.request(name, nl.NEWLINK, 0, nl.ifinfo(self.index(name)), nl.attr(nl.MTU, self.mtu()))

    def step_master(self, name):
        master = 0 if self.chance(0.4) else self.index(name)
        self.request(name, nl.NEWLINK, 0, nl.ifinfo(self.index(name)), nl.attr(nl.MASTER, master))

    def step_rename(self, name):
        self.request(name, nl.NEWLINK, 0, nl.ifinfo(self.index(name)),
                     nl.attr(nl.IFNAME, self.name()))

    def step_alternative(self, name):
        self.request(name, self.random.choice([nl.NEWLINKPROP, nl.DELLINKPROP]),
                     nl.CREATE | nl.EXCL | nl.APPEND, nl.ifinfo(self.index(name)),
                     nl.nest(nl.PROP_LIST, nl.attr(nl.ALT_IFNAME, f'alt-{self.name()}')))

    def step_move(self, name):
        target = self.socket_of(self.namespace()).namespace
        self.request(name, nl.NEWLINK, 0, nl.ifinfo(self.index(name)),
                     nl.attr(nl.NET_NS_FD, target))

    def step_address(self, name):
        address, length = self.address()
        parts = [nl.attr(nl.IFA_LOCAL, nl.packed(address)),
                 nl.attr(nl.IFA_ADDRESS, nl.packed(address))]
        if self.chance(0.2):
            life = self.random.choice([1, 2, 3, 1000])
            parts.append(nl.attr(nl.IFA_CACHEINFO, struct.pack('IIII', life, life, 0, 0)))
        if self.chance(0.2):
            parts.append(nl.attr(nl.IFA_FLAGS, nl.NODAD | nl.NOPREFIXROUTE))
        self.request(name, nl.NEWADDR, nl.CREATE | self.random.choice([nl.EXCL, nl.REPLACE]),
                     nl.ifaddr(address, length, self.index(name)), *parts)

    def step_no_address(self, name):
        address, length = self.address()
        self.request(name, nl.DELADDR, 0, nl.ifaddr(address, length, self.index(name)),
                     nl.attr(nl.IFA_LOCAL, nl.packed(address)))

    def step_route(self, name):
        address, length = self.destination()
        kind = self.random.choice([nl.RTN_UNICAST] * 5 + [nl.RTN_BLACKHOLE, nl.RTN_UNREACHABLE])
        parts = [nl.attr(nl.RTA_DST, nl.packed(address)),
                 nl.attr(nl.RTA_PRIORITY, self.random.randrange(1, 4))]
        if kind == nl.RTN_UNICAST:
            source, _length = self.address()
            near = [nl.attr(nl.RTA_OIF, self.index(name))]
            parts += self.random.choice([
                near, near, [nl.attr(nl.RTA_GATEWAY, nl.packed(source))],
                [*near, nl.attr(nl.RTA_PREFSRC, nl.packed(source))],
                [nl.attr(nl.RTA_MULTIPATH, nl.next_hop(self.index(name))
                         + nl.next_hop(self.index(name), 3))]])
        self.request(name, nl.NEWROUTE,
                     nl.CREATE | self.random.choice([nl.EXCL, nl.REPLACE, nl.APPEND, 0]),
                     nl.rtmsg(address, length, kind), *parts)

    def step_no_route(self, name):
        address, length = self.destination()
        self.request(name, nl.DELROUTE, 0, nl.rtmsg(address, length, 0),
                     nl.attr(nl.RTA_DST, nl.packed(address)))


def serve(actor):
    """The process of an actor: rounds, as they are asked for."""
    for line in sys.stdin:
        order = json.loads(line)
        actor.begin(order['seed'])
        getattr(actor, order['do'])(order['count'])
        actor.end()
        print(json.dumps(actor.history[-KEPT_STEPS:]), flush=True)


class Cast:
    """The actors, as the test has them."""

    def __init__(self, *sides):
        self.processes = []
        self.histories = {}
        for side in sides:
            process = subprocess.Popen([sys.executable, __file__, side], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True)
            GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, process.stdout.fileno(),
                                  GLib.IOCondition.IN | GLib.IOCondition.HUP, self.on_readable,
                                  (len(self.processes), side))
            self.processes.append(process)

    def on_readable(self, _fd, _condition, which):
        number, side = which
        if line := self.processes[number].stdout.readline():
            self.histories[number, side] = json.loads(line)
        return bool(line)

    def start(self, seed, counts, do='steps'):
        """A round: so many steps for each actor, at the same time."""
        self.histories = {}
        chosen = [n for n, count in enumerate(counts) if count]
        for number in chosen:
            self.processes[number].stdin.write(json.dumps(
                {'seed': seed * len(counts) + number, 'count': counts[number], 'do': do}) + '\n')
            self.processes[number].stdin.flush()
        return chosen

    def act(self, seed, counts, do='steps', timeout=60):
        """A whole round; when it returns, all of them rest."""
        chosen = self.start(seed, counts, do)
        wait_until(lambda: len(self.histories) == len(chosen) or self.dead(),
                   f'the end of a round of {len(chosen)} actors', timeout)
        assert not self.dead(), f'an actor died: {self.dead()}'

    def dead(self):
        return [process.args for process in self.processes if process.poll() is not None]

    def close(self):
        for process in self.processes:
            process.stdin.close()
            process.wait(20)


SIDES = {'service': Service, 'ip': Ip, 'raw': Raw}

if __name__ == '__main__':
    os.environ['LC_ALL'] = 'C'
    serve(SIDES[sys.argv[1]]())
