"""Ipvlans and ipvtaps."""

from support.kinds import Kind, Row


def flags(data, world):
    return next((word for word in ('bridge', 'private', 'vepa') if word in data), None)


KIND = Kind(
    interface='Ipvlan', kinds=('ipvlan', 'ipvtap'),
    enum='IFLA_IPVLAN_',
    prepare=('link add p0 type veth peer name p1',),
    create={'Parent': '@p0'},
    rows=[
        Row('Mode', 'mode', create=['l2', 'l3', 'l3s'], change=['l2', 'l3s', 'l3', 'l2'],
            bad=['nonsense', '3'], ip=['mode l3s']),
        Row('Flags', flags, create=['bridge', 'private', 'vepa'],
            change=['private', 'vepa', 'bridge'], bad=['nonsense', '3'], ip=['mode l2 vepa']),
    ])
