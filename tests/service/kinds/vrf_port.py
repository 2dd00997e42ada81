"""Links in a domain of routing."""

from support.kinds import Kind, Row

KIND = Kind(
    interface='VrfPort', kinds=('vrf',), slave=True, link_kind='veth',
    enum='IFLA_VRF_PORT_',
    prepare=('link add m0 type vrf table 10',),
    create={'Master': '@m0'},
    rows=[
        Row('Table', 'table'),
    ])
