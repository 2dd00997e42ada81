"""Interfaces of IPsec."""

from support.kinds import Kind, Row

KIND = Kind(
    interface='Xfrm', kinds=('xfrm',),
    enum='IFLA_XFRM_',
    prepare=('link add p0 type veth peer name p1',),
    create={'IfId': 5},
    rows=[
        # ip prints it as what every link has, not among the data of the kind.
        Row('Link', create=['@p0', '/'], bad=['/nonsense']),
        Row('IfId', 'if_id', convert=lambda text: int(text, 16), create=[1, 4294967295],
            change=[6, 4294967295, 1], bad=[0], ip=['if_id 7']),
        Row('CollectMetadata', lambda data, world: 'external' in data, create=[True],
            needs={'IfId': 0, 'CollectMetadata': True}, alone=True),
    ])
