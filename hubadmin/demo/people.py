"""The demo's people. All are invented."""

from __future__ import annotations

from dataclasses import dataclass

from hubs.models import Role


@dataclass(frozen=True)
class Persona:
    """Somebody whom a visitor of the demo can be, with the hubs and roles she has."""

    key: str
    name: str
    roles: tuple[tuple[str, Role], ...] = ()
    national: bool = False

    @property
    def email(self) -> str:
        """An address that can never exist."""
        return f"{self.key}@people.example"


PERSONAS = (
    Persona("ines.okafor", "Ines Okafor", (("northvale", Role.ADMINISTRATOR),)),
    Persona("tomasz.lindqvist", "Tomasz Lindqvist", (("northvale", Role.HUB_LEAD),)),
    Persona("priya.hartnell", "Priya Hartnell", (("northvale", Role.MASTERY_SPECIALIST),)),
    Persona("nerys.adeyemi", "Nerys Adeyemi", (("northvale", Role.FINANCE),)),
    Persona("bronwen.achebe", "Bronwen Achebe", (("severnmoor", Role.ADMINISTRATOR),)),
    Persona("callum.devereux", "Callum Devereux", (("severnmoor", Role.HUB_LEAD),)),
    Persona("yusuf.brackley", "Yusuf Brackley", (("severnmoor", Role.MASTERY_SPECIALIST),)),
    Persona("lachlan.oduya", "Lachlan Oduya", (("severnmoor", Role.FINANCE),)),
    Persona("marguerite.osei", "Marguerite Osei", (("wealdshore", Role.ADMINISTRATOR),)),
    Persona("dafydd.kowalczyk", "Dafydd Kowalczyk", (("wealdshore", Role.HUB_LEAD),)),
    Persona("aoife.ramanathan", "Aoife Ramanathan", (("wealdshore", Role.MASTERY_SPECIALIST),)),
    Persona("betsan.moreau", "Betsan Moreau", (("wealdshore", Role.FINANCE),)),
    Persona(
        "leonie.farquharson",
        "Leonie Farquharson",
        (("northvale", Role.ADMINISTRATOR), ("severnmoor", Role.ASSISTANT_LEAD)),
    ),
    Persona("sol.whitcombe", "Sol Whitcombe", national=True),
)

GIVEN_NAMES = (
    "Abena", "Alasdair", "Beatrix", "Chidi", "Delphine", "Edmund", "Farida", "Gwilym", "Henrietta", "Ibrahim",
    "Jocasta", "Kwame", "Lucinda", "Mei", "Niamh", "Oluwaseun", "Perpetua", "Quentin", "Rosalind", "Siobhán",
    "Tariq", "Ursula", "Venkat", "Winifred", "Xanthe", "Yolanda", "Zoë",
)  # fmt: skip
FAMILY_NAMES = (
    "Abernethy", "Balogun", "Carstairs", "Drabble", "Ellerslie", "Fotheringay", "Ghoshal", "Hollinrake", "Iwobi",
    "Jessop-Quill", "Kettlewell", "Lovelock", "Mbeki-Rowe", "Nightingale", "O’Shaughnessy", "Pennyfeather",
    "Quarshie", "Ravenscroft", "Szymborska", "Thistlewood", "Umarov", "Vickerstaff", "Wolstenholme", "Yarrow",
)  # fmt: skip
