"""The layout of the register's files: which columns they have and what we read from them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import lru_cache


class Unreadable(ValueError):
    """A value the register cannot mean; the message completes "<column> ..."."""


@dataclass(frozen=True)
class Parse:
    """How the values of a column are read: a text of the value, None for none; raises `Unreadable`.

    `plain` is a pattern of values that need no reading, because PostgreSQL understands them as they stand and as
    what `read` makes of them; `plain_or_none` also matches no value. Nearly all rows consist of such values, and are
    passed on whole. The patterns never give back what they have taken, which costs time and would change nothing.
    """

    read: Callable[[str], str | None]
    plain: str
    plain_or_none: str

    def __call__(self, value: str) -> str | None:
        """What the value means; raises `Unreadable`."""
        return self.read(value)


def _parse(read: Callable[[str], str | None], plain: str) -> Parse:
    return Parse(read, plain, f"(?:{plain})?+")


_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
_DATE = re.compile(r"(\d\d)-(\d\d)-(\d{4})", re.ASCII)


def text(longest: int) -> Parse:
    """Words of at most `longest` characters; none is an empty text."""

    def read(value: str) -> str:
        value = value.strip()
        if len(value) > longest:
            raise Unreadable(f"is longer than {longest} characters")
        return value

    # What may be passed on as it stands has no accents, quotes, controls or spaces at its ends.
    return Parse(read, *(f"(?! )[ !#-+.-~-]{{{least},{longest}}}+(?<! )" for least in (1, 0)))


def code(digits: int) -> Parse:
    """Exactly so many digits, leading zeros kept; none is an empty text."""

    def read(value: str) -> str:
        value = value.strip()
        if value and not (len(value) == digits and value.isascii() and value.isdigit()):
            raise Unreadable(f"is not a number of {digits} digits: {value[:20]!r}")
        return value

    return _parse(read, f"[0-9]{{{digits}}}")


def whole(most: int) -> Parse:
    """A whole number from 0 to `most`."""

    def read(value: str) -> str | None:
        value = value.strip()
        if not value:
            return None
        if not (len(value) <= 10 and value.isascii() and value.isdigit() and int(value) <= most):
            raise Unreadable(f"is not a whole number up to {most}: {value[:20]!r}")
        return str(int(value))

    # As many digits as are below `most` whatever they are. Nought often stands for nothing: a row is asked about it.
    return _parse(read, f"[1-9][0-9]{{0,{len(str(most + 1)) - 2}}}+")


@lru_cache(maxsize=2000)
def _percentage(value: str) -> str | None:
    value = value.strip()
    if not value:
        return None
    if not re.fullmatch(r"\d{1,3}(\.\d{1,6})?", value, re.ASCII) or float(value) > 100:
        raise Unreadable(f"is not a percentage: {value[:20]!r}")
    return f"{float(value):.1f}"


# A number from 0 to 100, rounded to one decimal place.
percentage = _parse(_percentage, r"[0-9]{1,2}+(?:\.[0-9])?+")


@lru_cache(maxsize=20_000)
def _day(value: str) -> str | None:
    value = value.strip()
    if not value:
        return None
    match = _DATE.fullmatch(value)
    if not match:
        raise Unreadable(f"is not a date like 31-08-2024: {value[:20]!r}")
    try:
        return dt.date(int(match[3]), int(match[2]), int(match[1])).isoformat()
    except ValueError:
        raise Unreadable(f"is not a day of the calendar: {value!r}") from None


# A day written dd-mm-yyyy. Plain are those of which there is one in every year.
day = _parse(
    _day,
    "(?:(?:0[1-9]|1[0-9]|2[0-8])-(?:0[1-9]|1[0-2])|(?:29|30)-(?:0[13-9]|1[0-2])|31-(?:0[13578]|1[02]))-[12][0-9]{3}",
)


def _day_or_none(value: str) -> str | None:
    try:
        return _day(value)
    except Unreadable:
        return None


# A day that a row can do without.
day_or_none = _parse(_day_or_none, day.plain)


def _postcode(value: str) -> str:
    value = value.strip().upper()
    if len(value) > 10:
        raise Unreadable("is longer than 10 characters")
    match = _POSTCODE.fullmatch(value.replace(" ", ""))
    return f"{match[1]} {match[2]}" if match else value


# A postcode with capitals and its one space; what is no postcode stays as it is.
postcode = _parse(_postcode, "[A-Z]{1,2}+[0-9][A-Z0-9]?+ [0-9][A-Z]{2}")


def one_of(values: str) -> Parse:
    """A number of one digit, plain when it is one of `values`. Whether it is allowed is for the row to say."""
    return _parse(whole(9).read, f"[{values}]")


@dataclass(frozen=True)
class Column:
    """A column we read, the field it fills and how. A required one must stand in every file and row.

    Those not `of_school` are of the row's authority, should it be one we do not know yet, or of the row itself.
    One that means nothing without another, or might contradict what is known of that, is read `only_with` it.
    """

    header: str
    field: str
    parse: Parse
    required: bool = False
    of_school: bool = True
    only_with: str = ""

    def stands_in(self, headers: Container[str]) -> bool:
        """Whether a file with these columns can be asked for it."""
        return self.header in headers and (not self.only_with or self.only_with in headers)

    @property
    def plain(self) -> str:
        """The pattern of its plain values, not empty where one is required."""
        return self.parse.plain if self.required else self.parse.plain_or_none


READ = (
    Column("URN", "urn", whole(899_999_999), required=True),
    Column("LA (code)", "authority_id", code(3), required=True),
    Column("LA (name)", "authority_name", text(100), required=True, of_school=False),
    Column("GOR (name)", "region", text(50), of_school=False),
    Column("EstablishmentName", "name", text(200), required=True),
    Column("EstablishmentNumber", "establishment_number", code(4)),
    Column("EstablishmentStatus (code)", "status", one_of("1234"), required=True),
    Column("TypeOfEstablishment (code)", "type_code", whole(999), required=True),
    Column("TypeOfEstablishment (name)", "type_name", text(100)),
    Column("EstablishmentTypeGroup (code)", "type_group_code", whole(999)),
    Column("EstablishmentTypeGroup (name)", "type_group_name", text(100)),
    Column("PhaseOfEducation (name)", "phase", text(50)),
    Column("StatutoryLowAge", "low_age", whole(120), only_with="StatutoryHighAge"),
    Column("StatutoryHighAge", "high_age", whole(120), only_with="StatutoryLowAge"),
    Column("Street", "street", text(120)),
    Column("Locality", "locality", text(120)),
    Column("Address3", "address3", text(120)),
    Column("Town", "town", text(80)),
    Column("County (name)", "county", text(80)),
    Column("Postcode", "postcode", postcode),
    Column("SchoolWebsite", "website", text(200)),
    Column("TelephoneNum", "telephone", text(30)),
    Column("Trusts (code)", "trust_code", text(10)),
    Column("Trusts (name)", "trust_name", text(150)),
    Column("NumberOfPupils", "pupils", whole(99_999)),
    Column("PercentageFSM", "percent_fsm", percentage),
    Column("Easting", "easting", whole(999_999), only_with="Northing"),
    Column("Northing", "northing", whole(9_999_999), only_with="Easting"),
    Column("OpenDate", "opened_on", day),
    Column("ReasonEstablishmentOpened (name)", "opened_why", text(60)),
    Column("CloseDate", "closed_on", day),
    Column("ReasonEstablishmentClosed (name)", "closed_why", text(60)),
    Column("HeadTitle (name)", "head_title", text(30)),
    Column("HeadFirstName", "head_first_name", text(60)),
    Column("HeadLastName", "head_last_name", text(60)),
    Column("HeadPreferredJobTitle", "head_job_title", text(100)),
    Column("LastChangedDate", "last_changed_on", day_or_none, of_school=False),
)

# What we read of the links file. The name of the other school is the register's own again.
READ_OF_LINKS = (
    Column("URN", "urn", whole(899_999_999), required=True),
    Column("LinkURN", "other_urn", whole(899_999_999), required=True),
    Column("LinkType", "kind", text(80), required=True),
    Column("LinkEstablishedDate", "established_on", day),
)

# The whole layout as of 2025. Columns come and go, so reading goes by name; this list is for writing.
COLUMNS = (
    "URN",
    "LA (code)",
    "LA (name)",
    "EstablishmentNumber",
    "EstablishmentName",
    "TypeOfEstablishment (code)",
    "TypeOfEstablishment (name)",
    "EstablishmentTypeGroup (code)",
    "EstablishmentTypeGroup (name)",
    "EstablishmentStatus (code)",
    "EstablishmentStatus (name)",
    "ReasonEstablishmentOpened (code)",
    "ReasonEstablishmentOpened (name)",
    "OpenDate",
    "ReasonEstablishmentClosed (code)",
    "ReasonEstablishmentClosed (name)",
    "CloseDate",
    "PhaseOfEducation (code)",
    "PhaseOfEducation (name)",
    "StatutoryLowAge",
    "StatutoryHighAge",
    "Boarders (code)",
    "Boarders (name)",
    "NurseryProvision (name)",
    "OfficialSixthForm (code)",
    "OfficialSixthForm (name)",
    "Gender (code)",
    "Gender (name)",
    "ReligiousCharacter (code)",
    "ReligiousCharacter (name)",
    "ReligiousEthos (name)",
    "Diocese (code)",
    "Diocese (name)",
    "AdmissionsPolicy (code)",
    "AdmissionsPolicy (name)",
    "SchoolCapacity",
    "SpecialClasses (code)",
    "SpecialClasses (name)",
    "CensusDate",
    "NumberOfPupils",
    "NumberOfBoys",
    "NumberOfGirls",
    "PercentageFSM",
    "TrustSchoolFlag (code)",
    "TrustSchoolFlag (name)",
    "Trusts (code)",
    "Trusts (name)",
    "SchoolSponsorFlag (name)",
    "SchoolSponsors (name)",
    "FederationFlag (name)",
    "Federations (code)",
    "Federations (name)",
    "UKPRN",
    "FEHEIdentifier",
    "FurtherEducationType (name)",
    "OfstedLastInsp",
    "OfstedSpecialMeasures (code)",
    "OfstedSpecialMeasures (name)",
    "LastChangedDate",
    "Street",
    "Locality",
    "Address3",
    "Town",
    "County (name)",
    "Postcode",
    "SchoolWebsite",
    "TelephoneNum",
    "HeadTitle (name)",
    "HeadFirstName",
    "HeadLastName",
    "HeadPreferredJobTitle",
    "BSOInspectorateName (name)",
    "InspectorateReport",
    "DateOfLastInspectionVisit",
    "NextInspectionVisit",
    "TeenMoth (name)",
    "TeenMothPlaces",
    "CCF (name)",
    "SENPRU (name)",
    "EBD (name)",
    "PlacesPRU",
    "FTProv (name)",
    "EdByOther (name)",
    "Section41Approved (name)",
    "SEN1 (name)",
    "SEN2 (name)",
    "SEN3 (name)",
    "SEN4 (name)",
    "SEN5 (name)",
    "SEN6 (name)",
    "SEN7 (name)",
    "SEN8 (name)",
    "SEN9 (name)",
    "SEN10 (name)",
    "SEN11 (name)",
    "SEN12 (name)",
    "SEN13 (name)",
    "TypeOfResourcedProvision (name)",
    "ResourcedProvisionOnRoll",
    "ResourcedProvisionCapacity",
    "SenUnitOnRoll",
    "SenUnitCapacity",
    "GOR (code)",
    "GOR (name)",
    "DistrictAdministrative (code)",
    "DistrictAdministrative (name)",
    "AdministrativeWard (code)",
    "AdministrativeWard (name)",
    "ParliamentaryConstituency (code)",
    "ParliamentaryConstituency (name)",
    "UrbanRural (code)",
    "UrbanRural (name)",
    "GSSLACode (name)",
    "Easting",
    "Northing",
    "MSOA (name)",
    "LSOA (name)",
    "InspectorateName (name)",
    "SENStat",
    "SENNoStat",
    "BoardingEstablishment (name)",
    "PropsName",
    "PreviousLA (code)",
    "PreviousLA (name)",
    "PreviousEstablishmentNumber",
    "OfstedRating (name)",
    "RSCRegion (name)",
    "Country (name)",
    "UPRN",
    "SiteName",
    "QABName (code)",
    "QABName (name)",
    "EstablishmentAccredited (code)",
    "EstablishmentAccredited (name)",
    "QABReport",
    "CHNumber",
    "MSOA (code)",
    "LSOA (code)",
    "FSM",
    "AccreditationExpiryDate",
)
