"""Three corners of an England that does not exist: authorities, towns, streets, names for schools.

Towns, streets and trusts are invented, and no postcode area of these is in use. Tests hold the
codes and postcodes against the real ones.
"""

from __future__ import annotations

from dataclasses import dataclass


def _names(listed: str) -> tuple[str, ...]:
    return tuple(" ".join(name.split()) for name in listed.split(","))


@dataclass(frozen=True)
class Authority:
    """An invented local authority, how many schools it has, and its middle on the national grid in metres."""

    code: str
    name: str
    schools: int
    easting: int
    northing: int
    towns: tuple[str, ...]
    three_tier: bool = False


@dataclass(frozen=True)
class Area:
    """What one of the demo's hubs serves. Telephone numbers are of Ofcom's ranges for drama."""

    hub: str
    region: str
    county: str
    postcode_area: str
    telephone: str
    authorities: tuple[Authority, ...]


# The first town of an authority is its largest, the last a village.
AREAS = (
    Area(
        hub="northvale",
        region="Yorkshire and the Humber",
        county="North Vale",
        postcode_area="NV",
        telephone="01134960{:03}",
        authorities=(
            Authority(
                code="001",
                name="Northvale",
                schools=140,
                easting=437_000,
                northing=468_000,
                towns=_names(
                    """
                    Ashby Marsh, Thornwick Vale, Ellerbridge, Kirkholme, Stavely Moor, Hollinthwaite, Garrowby
                    Cross, Nether Skelby, Birkwith, Low Marrick
                    """
                ),
            ),
            Authority(
                code="002",
                name="Ravensdale",
                schools=110,
                easting=412_000,
                northing=478_000,
                towns=_names(
                    """
                    Ravensbeck, Castle Harden, Wetherscale, Millgarth, Aske Bridge, Swinnerdale, Oxenthorpe,
                    Cold Fellbeck, Hagg End
                    """
                ),
            ),
            Authority(
                code="003",
                name="Kelderham",
                schools=90,
                easting=446_000,
                northing=441_000,
                towns=_names(
                    """
                    Kelderham, Priory Lund, Sandwath, Broughley, Temple Ings, Carrthorpe, Ousemoor Green, Little
                    Wragby Moor
                    """
                ),
            ),
            Authority(
                code="004",
                name="Aldermere",
                schools=80,
                easting=468_000,
                northing=462_000,
                towns=_names(
                    """
                    Aldermere, Wold Newbridge, Staxby, Fimberdale, Lanstoft Cross, Bempley, Thixenby, Duggleton
                    """
                ),
            ),
        ),
    ),
    Area(
        hub="severnmoor",
        region="South West",
        county="Severnmoor",
        postcode_area="SV",
        telephone="01174960{:03}",
        authorities=(
            Authority(
                code="005",
                name="Severnmoor",
                schools=150,
                easting=352_000,
                northing=168_000,
                towns=_names(
                    """
                    Severnport, Abbots Levern, Clevewick, Yattenham, Hallowbridge, Stoke Levern, Pillscombe,
                    Kewstead, Wick St Aldhelm, Upper Backley
                    """
                ),
            ),
            Authority(
                code="006",
                name="Tidemarsh",
                schools=130,
                easting=333_000,
                northing=141_000,
                towns=_names(
                    """
                    Tidemarsh, Bridgeway, Burlham-on-Sea, Zoyford, Athelmoor, Mudgeley Cross, Chedderley, Long
                    Parrett, Nyland Drove
                    """
                ),
            ),
            Authority(
                code="007",
                name="Wyrecombe",
                schools=110,
                easting=372_000,
                northing=132_000,
                towns=_names(
                    """
                    Wyrecombe, Castle Brewham, Frombridge, Sherwick Magna, Templeford, Witchampney, Batwell
                    Regis, East Cranley
                    """
                ),
                three_tier=True,
            ),
        ),
    ),
    Area(
        hub="wealdshore",
        region="South East",
        county="Wealdshore",
        postcode_area="WQ",
        telephone="01632960{:03}",
        authorities=(
            Authority(
                code="008",
                name="Wealdshore",
                schools=160,
                easting=577_000,
                northing=136_000,
                towns=_names(
                    """
                    Wealdhaven, Cranhurst, Tenterbourne, Bethersley, Hawkfold, Rolverton, Benendown,
                    Smardenhurst, St Merrow's Bay, Great Chartley
                    """
                ),
            ),
            Authority(
                code="009",
                name="Hythebourne",
                schools=120,
                easting=602_000,
                northing=141_000,
                towns=_names(
                    """
                    Hythebourne, Sandlow Gate, Romneyfield, Lympton, Saltwell, Bramsted Down, Elhamstead, Monks
                    Stelling
                    """
                ),
            ),
            Authority(
                code="010",
                name="Marlhurst",
                schools=110,
                easting=546_000,
                northing=128_000,
                towns=_names(
                    """
                    Marlhurst, Forest Hartley, Crowbridge, Maresden, Withyfield, Buxhurst Green, Danefold,
                    Chiddingleigh
                    """
                ),
            ),
        ),
    ),
)

STREETS = _names(
    """
    Abbey Road, Acre Lane, Almond Close, Back Lane, Baker's Row, Beacon Hill, Beech Avenue, Bell Street, Birch
    Grove, Bridge Street, Castle Street, Cedar Drive, Chapel Lane, Church Lane, Coronation Road, Croft Road,
    Dale View, Elm Park, Fairfield Road, Farm Close, Field Lane, Foundry Street, Gate Lane, Grange Road, Green
    Lane, Harbour Road, Hawthorn Way, High Street, Hill Rise, Jubilee Avenue, Kiln Lane, King Street, Laburnum
    Road, Larch Road, Lodge Lane, London Road, Lower Green, Maple Road, Market Place, Meadow Way, Mill Lane,
    Moor Road, New Street, Noël Street, Oak Road, Old Station Road, Orchard Way, Park Lane, Pinfold Lane, Poplar
    Avenue, Quarry Road, Queen's Road, Rectory Lane, River View, Rose Hill, School Lane, Shepherd's Walk, Spring
    Gardens, St John's Road, Tanner's Yard, The Crescent, The Green, Union Street, Vicarage Road, Victoria
    Avenue, Wall Lane, Water Lane, Well Street, West View, Willow Road, Windmill Hill, Woodland Drive, York
    Street
    """
)
GREENERY = _names(
    """
    Alder, Ash, Barley, Beech, Birch, Bramble, Brook, Cherry, Clover, Copper, Cornflower, Elder, Fern, Fox,
    Hawthorn, Hazel, Heather, Highfield, Holly, Kestrel, Kingfisher, Larch, Lime, Linden, Maple, Meadow, Mill,
    Moor, Oak, Orchard, Otter, Poplar, River, Rowan, Rush, Skylark, Spring, Stone, Sycamore, Thorn, Westfield,
    Whin, Willow, Wood, Yew
    """
)
LIE = _names(
    """
    bank, brook, croft, dale, field, gate, hill, lands, lea, mead, moor, side, ways, wood
    """
)
ANGLICAN = _names(
    """
    All Saints', Christ Church, Holy Trinity, St Aidan's, St Andrew's, St Barnabas', St Chad's, St Cuthbert's,
    St George's, St Hilda's, St James', St James the Great, St John the Evangelist, St John's, St Luke's, St
    Mark's, St Martin's, St Mary's, St Mary Magdalene, St Matthew's, St Michael and All Angels, St Nicholas, St
    Oswald's, St Paul's, St Peter's, St Stephen's, St Thomas'
    """
)
CATHOLIC = _names(
    """
    Blessed Sacrament, English Martyrs, Holy Cross, Holy Family, Our Lady and St Joseph's, Our Lady of Lourdes,
    Our Lady Star of the Sea, Sacred Heart, SS Peter & Paul, St Anne's, St Bede's, St Bernadette's, St Francis
    of Assisi, St Gregory's, St Joseph's, St Mary's, St Patrick's, St Teresa's, St Thérèse of Lisieux, St
    Wilfrid's
    """
)
TRUSTS = (
    "{} Learning Trust",
    "The {} Multi Academy Trust",
    "{} Schools Partnership",
    "{} and District Education Trust",
)
CHURCH_TRUSTS = {
    "Church of England": "{} Diocesan Schools Trust",
    "Roman Catholic": "St Cuthman Catholic Academy Trust ({})",
}
