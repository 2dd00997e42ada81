"""Domains of routing."""

from support.kinds import Kind, Row

KIND = Kind(
    interface='Vrf', kinds=('vrf',),
    enum='IFLA_VRF_',
    left_out={'IFLA_VRF_PORT_TABLE': 'of ports: vrf_port.py'},
    create={'Table': 10},
    rows=[
        Row('Table', 'table', create=[1, 1000, 4294967295], bad=[0]),
    ])
